import type { Codec } from "./_codec.ts";
import { addr, addrv2 } from "./address.ts";
import { block } from "./block.ts";
import { blocktxn, cmpctblock, getblocktxn, sendcmpct } from "./compact_block.ts";
import { cfcheckpt, cfheaders, cfilter, getcfcheckpt, getcfheaders, getcfilters } from "./compact_filter.ts";
import { filterclear, getaddr, mempool, sendaddrv2, sendheaders, verack, wtxidrelay } from "./empty.ts";
import { filteradd, filterload, merkleblock } from "./filter.ts";
import { feature, feefilter, sendtxrcncl, version } from "./handshake.ts";
import { getblocks, getheaders, headers } from "./header.ts";
import { getdata, inv, notfound } from "./inventory.ts";
import { alert, reject } from "./legacy.ts";
import type { KnownMessage } from "./message.ts";
import { ping, pong } from "./ping.ts";
import { tx } from "./transaction.ts";

/** How each message type is read and written: a new type is a line here and a file of its own. */
const CODECS: { readonly [M in KnownMessage as M["type"]]: Codec<M> } = {
  addr,
  addrv2,
  alert,
  block,
  blocktxn,
  cfcheckpt,
  cfheaders,
  cfilter,
  cmpctblock,
  feature,
  feefilter,
  filteradd,
  filterclear,
  filterload,
  getaddr,
  getblocks,
  getblocktxn,
  getcfcheckpt,
  getcfheaders,
  getcfilters,
  getdata,
  getheaders,
  headers,
  inv,
  mempool,
  merkleblock,
  notfound,
  ping,
  pong,
  reject,
  sendaddrv2,
  sendcmpct,
  sendheaders,
  sendtxrcncl,
  tx,
  verack,
  version,
  wtxidrelay,
};

/** The codecs by command: a Map, because the command is a stranger's text and may be "constructor". */
export const BY_COMMAND = new Map(Object.entries(CODECS) as [string, Codec<KnownMessage>][]);
