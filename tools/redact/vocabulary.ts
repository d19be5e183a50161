/**
 * Texts that say nothing about who was there, since they come with the programs. What is not written exactly like one of
 * them was chosen by somebody.
 *
 * @module
 */

import { MUTATED_STATES } from "../../proto/mutated_states.ts";

const COMMANDS = [
  ...["version", "verack", "addr", "addrv2", "sendaddrv2", "inv", "getdata", "merkleblock", "getblocks"],
  ...["getheaders", "tx", "headers", "block", "getaddr", "mempool", "ping", "pong", "notfound", "filterload"],
  ...["filteradd", "filterclear", "sendheaders", "feefilter", "sendcmpct", "cmpctblock", "getblocktxn"],
  ...["blocktxn", "getcfilters", "cfilter", "getcfheaders", "cfheaders", "getcfcheckpt", "cfcheckpt"],
  ...["wtxidrelay", "sendtxrcncl", "reject", "alert", "feature", "*other*"],
];

/** Each list of words by its name; the last of a list stands for all other texts, if the list has such a word. */
export const WORDS = {
  // The tracepoint cuts a command at eleven characters.
  command: [
    ...COMMANDS,
    ...COMMANDS.filter(({ length }) => length > 11).map((word) => word.slice(0, 11)),
    "other",
  ],
  network: ["ipv4", "ipv6", "onion", "i2p", "cjdns", "internal", "not_publicly_routable", "all_networks", ""],
  connection: [
    ...["inbound", "outbound-full-relay", "block-relay-only", "manual", "feeler", "addr-fetch"],
    ...["private-broadcast", ""],
  ],
  transport: ["v1", "v2", "detecting", ""],
  permission: [
    ...["bloomfilter", "noban", "forcerelay", "relay", "mempool", "download", "addr", "all", "implicit"],
    ...["blockfilters", "bloom", ""],
  ],
  chain: ["main", "test", "testnet4", "signet", "regtest", ""],
  // "sizelimit" arrives without its last letter.
  removal: ["expiry", "sizelimi", "sizelimit", "reorg", "block", "conflict", "replaced", "unknown", "other"],
  rejection: [
    ...["min relay fee not met", "mempool min fee not met", "insufficient fee", "mempool full"],
    ...["txn-already-in-mempool", "txn-same-nonwitness-data-in-mempool", "txn-already-known"],
    ...["txn-mempool-conflict", "bad-txns-inputs-missingorspent", "bad-txns-spends-conflicting-tx"],
    ...["too-long-mempool-chain", "TRUC-violation", "non-BIP68-final", "bad-txns-nonfinal", "non-final"],
    ...["bad-txns-premature-spend-of-coinbase", "bad-txns-in-belowout", "bad-txns-nonstandard-inputs"],
    ...["bad-witness-nonstandard", "bad-txns-too-many-sigops", "coinbase", "scriptpubkey", "scriptsig-size"],
    ...["scriptsig-not-pushonly", "dust", "multi-op-return", "bare-multisig", "datacarrier", "version"],
    ...["tx-size", "tx-size-small", "bad-txns-vin-empty", "bad-txns-vout-empty", "bad-txns-oversize"],
    ...["bad-txns-inputs-duplicate", "missing-inputs", "replacement-failed", "max-fee-exceeded"],
    ...["package-not-child-with-unconfirmed-parents", "block-script-verify-flag-failed"],
    ...["mempool-script-verify-flag-failed", "non-mandatory-script-verify-flag"],
    ...["mandatory-script-verify-flag-failed", "ephemeral-dust", "unspent-dust", "missing-ephemeral-spends"],
    "other",
  ],
  state: [
    ...["Valid", ...MUTATED_STATES, "bad-blk-length", "bad-cb-missing", "bad-cb-multiple", "bad-cb-amount"],
    ...["bad-cb-height", "bad-cb-length", "bad-blk-sigops", "bad-blk-weight", "bad-diffbits", "high-hash"],
    ...["time-too-old", "time-too-new", "time-timewarp-attack", "bad-version", "bad-prevblk"],
    ...["prev-blk-not-found", "bad-txns-nonfinal", "bad-txns-BIP30", "bad-txns-inputs-missingorspent"],
    ...["bad-txns-in-belowout", "block-script-verify-flag-failed", "mandatory-script-verify-flag-failed"],
    ...["duplicate-invalid", "other"],
  ],
  thread: [
    ...["net", "msghand", "addcon", "opencon", "dnsseed", "i2paccept", "torcontrol", "scheduler", "init"],
    ...["shutoff", "http", "loadblk", "initload", "txindex", "coinstatsindex", "mapport", "qt-init", "main"],
    ...["basic block filter index", "other"],
  ],
  agent: [
    ...["core-24", "core-25", "core-26", "core-27", "core-28", "core-29", "core-30", "core-31", "core-other"],
    ...["knots", "btcd", "bcoin", "bitcoinj", "libbitcoin", "light-wallet", "crawler", "other-agent"],
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** The name of a list. */
export type Word = keyof typeof WORDS;

/** For texts that begin with a word and go on with numbers: "min relay fee not met, 100 < 141". */
const MAY_GO_ON: ReadonlySet<Word> = new Set<Word>(["rejection", "state"]);
const NUMBERED: ReadonlySet<Word> = new Set<Word>(["thread"]);

const SETS = new Map(Object.entries(WORDS).map(([name, words]) => [name, new Set<string>(words)]));

/** The word of the list that a text is, or the one that stands for all others. An empty text stays empty. */
export function wordOf(list: Word, text: string): string {
  const words = SETS.get(list)!;
  if (text === "" || words.has(text)) return text;
  const start = MAY_GO_ON.has(list)
    ? /^[^,(]*/.exec(text)![0].trim()
    : NUMBERED.has(list)
    ? text.replace(/[.\d]+$/, "")
    : text;
  return words.has(start) ? start : WORDS[list].at(-1)!;
}
