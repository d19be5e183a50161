import type { Frame } from "../framing.ts";

/** Core's CMessageHeader::MESSAGE_TYPE_SIZE. */
const TYPE_LENGTH = 12;

/** The longest prefix of a payload: a zero and a type of twelve bytes. */
export const MAX_PREFIX_LENGTH = 1 + TYPE_LENGTH;

/** The types with a byte of their own, in the order of BIP324; 0 is not one of them. */
const SHORT_TYPES = [
  "addr",
  "block",
  "blocktxn",
  "cmpctblock",
  "feefilter",
  "filteradd",
  "filterclear",
  "filterload",
  "getblocks",
  "getblocktxn",
  "getdata",
  "getheaders",
  "headers",
  "inv",
  "mempool",
  "merkleblock",
  "notfound",
  "ping",
  "pong",
  "sendcmpct",
  "tx",
  "getcfilters",
  "cfilter",
  "getcfheaders",
  "cfheaders",
  "getcfcheckpt",
  "cfcheckpt",
  "addrv2",
];

/** What every v2 node understands: the table of BIP324 itself. */
const ID_OF = new Map(SHORT_TYPES.map((type, index) => [type, index + 1]));

/** What is understood here: ids given later (message_type_ids.md beside BIP324) too, for messages we can read. */
const TYPE_OF = new Map<number, string>([
  ...SHORT_TYPES.map((type, index) => [index + 1, type] as const),
  [37, "feature"],
]);

/**
 * The contents of a packet that carries a message: its type, in one byte or thirteen, and its payload.
 *
 * @throws {RangeError} If the command is not 1 to 12 characters of printable ASCII.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeContents } from "./message_types.ts";
 *
 * assertEquals(encodeContents("pong", Uint8Array.of(7)).toHex(), "1307");
 * assertEquals(encodeContents("verack", new Uint8Array()).toHex(), "0076657261636b000000000000");
 * ```
 */
export function encodeContents(command: string, payload: Uint8Array): Uint8Array {
  if (!/^[ -~]{1,12}$/.test(command)) {
    throw new RangeError(
      `Cannot encode command "${command}": expected 1 to 12 characters of printable ASCII`,
    );
  }
  const id = ID_OF.get(command);
  const prefixLength = id === undefined ? MAX_PREFIX_LENGTH : 1;
  const contents = new Uint8Array(prefixLength + payload.length);
  if (id === undefined) new TextEncoder().encodeInto(command, contents.subarray(1));
  else contents[0] = id;
  contents.set(payload, prefixLength);
  return contents;
}

/** The message in the contents of a packet; undefined if its type is not one. */
export function decodeContents(contents: Uint8Array): Frame | undefined {
  const id = contents[0];
  if (id === undefined) return undefined;
  if (id !== 0) {
    const command = TYPE_OF.get(id);
    return command === undefined ? undefined : { command, payload: contents.subarray(1) };
  }
  if (contents.length < MAX_PREFIX_LENGTH) return undefined;
  const command = commandText(contents.subarray(1, MAX_PREFIX_LENGTH));
  return command === undefined ? undefined : { command, payload: contents.subarray(MAX_PREFIX_LENGTH) };
}

/** As in the v1 transport: printable, and nothing but zeros after a zero. */
function commandText(bytes: Uint8Array): string | undefined {
  const text = String.fromCharCode(...bytes);
  return /^([ -~]*)\0*$/.exec(text)?.[1];
}
