import type { OfType } from "./_codec.ts";
import { BY_COMMAND } from "./_codecs.ts";
import { Reader, Refusal, type RefusalReason } from "./_reader.ts";
import { Writer } from "./_writer.ts";
import type { Addr, AddrV2 } from "./address.ts";
import type { Block } from "./block.ts";
import type { BlockTxn, CmpctBlock, GetBlockTxn, SendCmpct } from "./compact_block.ts";
import type {
  CFCheckpt,
  CFHeaders,
  CFilter,
  GetCFCheckpt,
  GetCFHeaders,
  GetCFilters,
} from "./compact_filter.ts";
import type { FilterClear, GetAddr, Mempool, SendAddrV2, SendHeaders, Verack, WtxidRelay } from "./empty.ts";
import type { FilterAdd, FilterLoad, MerkleBlock } from "./filter.ts";
import type { Feature, FeeFilter, SendTxRcncl, Version } from "./handshake.ts";
import type { GetBlocks, GetHeaders, Headers } from "./header.ts";
import type { GetData, Inv, NotFound } from "./inventory.ts";
import type { Alert, Reject } from "./legacy.ts";
import type { Ping, Pong } from "./ping.ts";
import type { Tx } from "./transaction.ts";

/** A message of a type that is not in the table. */
export interface Unknown extends OfType<"unknown"> {
  /** The command on the wire. */
  readonly command: string;
  /** The whole payload. */
  readonly payload: Uint8Array;
}

/** A message of a type that is in the table; `type` is the command on the wire. */
export type KnownMessage =
  | Addr
  | AddrV2
  | Alert
  | Block
  | BlockTxn
  | CFCheckpt
  | CFHeaders
  | CFilter
  | CmpctBlock
  | Feature
  | FeeFilter
  | FilterAdd
  | FilterClear
  | FilterLoad
  | GetAddr
  | GetBlocks
  | GetBlockTxn
  | GetCFCheckpt
  | GetCFHeaders
  | GetCFilters
  | GetData
  | GetHeaders
  | Headers
  | Inv
  | Mempool
  | MerkleBlock
  | NotFound
  | Ping
  | Pong
  | Reject
  | SendAddrV2
  | SendCmpct
  | SendHeaders
  | SendTxRcncl
  | Tx
  | Verack
  | Version
  | WtxidRelay;

/** Any message. */
export type Message = KnownMessage | Unknown;

/** What became of a payload. */
export type Decoded =
  | {
    readonly ok: true;
    readonly message: Message;
    /** Bytes behind the message. */
    readonly trailingBytes: number;
    /** Whether encoding the message gives other bytes than those it was read from. */
    readonly nonCanonical: boolean;
  }
  | {
    readonly ok: false;
    readonly reason: RefusalReason;
    /** Where in the payload the reason lies. */
    readonly offset: number;
  };

/** The commands that are decoded; any other gives an {@linkcode Unknown}. */
export const KNOWN_COMMANDS: ReadonlySet<string> = new Set(BY_COMMAND.keys());

/**
 * Reads a payload. Never throws, whatever the bytes are, and takes no more memory than they justify.
 *
 * The message consists of views of the payload and of lists that read from it on demand: it is valid as
 * long as nobody writes into the payload, and it keeps the whole payload alive.
 *
 * @example Usage
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { decodeMessage } from "./mod.ts";
 *
 * const decoded = decodeMessage("ping", Uint8Array.of(18, 0, 0, 0, 0, 0, 0, 0));
 * assert(decoded.ok && decoded.message.type === "ping");
 * assertEquals(decoded.message.nonce, 18n);
 *
 * assertEquals(decodeMessage("ping", Uint8Array.of(18)), { ok: false, reason: "truncated", offset: 0 });
 * ```
 */
export function decodeMessage(command: string, payload: Uint8Array): Decoded {
  const codec = BY_COMMAND.get(command);
  if (codec === undefined) {
    const message: Unknown = { type: "unknown", command, payload };
    return { ok: true, message, trailingBytes: 0, nonCanonical: false };
  }
  const reader = new Reader(payload);
  try {
    const message = codec.decode(reader);
    return { ok: true, message, trailingBytes: reader.remaining, nonCanonical: reader.nonCanonical };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ok: false, reason: error.reason, offset: error.offset };
  }
}

/**
 * Writes the payload of a message. The payload of a decoded message comes out as it was, unless it was
 * reported as non-canonical or had trailing bytes.
 *
 * @throws {RangeError} If a field of the message does not fit its place on the wire.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeMessage } from "./mod.ts";
 *
 * assertEquals(encodeMessage({ type: "feefilter", feeRate: 1000n }).toHex(), "e803000000000000");
 * ```
 */
export function encodeMessage(message: Message): Uint8Array {
  const writer = new Writer();
  if (message.type === "unknown") writer.bytes(message.payload);
  else BY_COMMAND.get(message.type)!.encode(message, writer);
  return writer.finish();
}
