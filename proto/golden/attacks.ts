/** Events of 5 MB, made to become far more memory than they are long. */

import { decodeEvent, peek } from "../event.ts";
import { base128, bytes, message, sub, text, varint } from "./assemble.ts";
import { run } from "./golden.ts";

/** Bytes of an attack, about. */
export const SIZE = 5 * 1024 * 1024;

/** A list at the end of a path of field numbers, and what it is filled with. */
export interface Attack {
  /** What there is 5 MB of. */
  name: string;
  /** Field numbers from the envelope to what holds the elements. */
  path: number[];
  /** What it is filled with. */
  element: Uint8Array;
  /** Where in an element three bytes of a map's key are, which then differ from element to element. */
  keyAt?: number;
}

const MESSAGE = [1, 1];
const RPC = 2;
const PEER = [RPC, 1, 1];

/** The attacks. */
export const attacks: Attack[] = [
  { name: "empty items of an inv", path: [...MESSAGE, 4], element: sub(1) },
  { name: "empty items of a getdata", path: [...MESSAGE, 5], element: sub(1) },
  { name: "empty items of a notfound", path: [...MESSAGE, 14], element: sub(1) },
  { name: "items of an inv that say error", path: [...MESSAGE, 4], element: sub(1, varint(15, 1)) },
  { name: "unknown items of an inv that are empty", path: [...MESSAGE, 4], element: sub(1, sub(7)) },
  { name: "items of an inv with one byte", path: [...MESSAGE, 4], element: sub(1, bytes(1, run(1, 1))) },
  { name: "empty headers", path: [...MESSAGE, 7], element: sub(1) },
  { name: "empty entries of an addr", path: [...MESSAGE, 8], element: sub(1) },
  { name: "empty entries of an addrv2", path: [...MESSAGE, 9], element: sub(1) },
  { name: "unknown entries of an addrv2 that are empty", path: [...MESSAGE, 9], element: sub(1, sub(8)) },
  { name: "empty locators of a getheaders", path: [...MESSAGE, 11], element: bytes(2, run(0, 0)) },
  { name: "locators of one byte of a getheaders", path: [...MESSAGE, 11], element: bytes(2, run(0, 1)) },
  { name: "locators of one byte of a getblocks", path: [...MESSAGE, 12], element: bytes(2, run(0, 1)) },
  { name: "short ids of a compact block", path: [...MESSAGE, 16], element: bytes(3, run(0, 6)) },
  { name: "empty prefilled transactions of a compact block", path: [...MESSAGE, 16], element: sub(4) },
  { name: "prefilled transactions with an empty one each", path: [...MESSAGE, 16], element: sub(4, sub(2)) },
  { name: "empty transactions of a block", path: [...MESSAGE, 18], element: sub(2) },
  {
    name: "transactions of a block with one byte",
    path: [...MESSAGE, 18],
    element: sub(2, bytes(3, run(0, 1))),
  },
  { name: "empty transactions of a blocktxn", path: [...MESSAGE, 20], element: sub(2) },
  { name: "indexes of a getblocktxn", path: [...MESSAGE, 19], element: varint(2, 1) },
  { name: "packed large indexes of a getblocktxn", path: [...MESSAGE, 19, 2], element: base128(2 ** 33) },
  {
    name: "packed small and large indexes of a getblocktxn",
    path: [...MESSAGE, 19, 2],
    element: message(base128(1), base128(1), base128(1), base128(2 ** 33)),
  },
  { name: "empty packed lists of a getblocktxn", path: [...MESSAGE, 19], element: sub(2) },
  { name: "filter headers of one byte", path: [...MESSAGE, 27], element: bytes(3, run(0, 1)) },
  { name: "filter hashes of one byte", path: [...MESSAGE, 25], element: bytes(4, run(0, 1)) },
  { name: "flags of a merkleblock", path: [...MESSAGE, 30], element: varint(3, 1) },
  { name: "hashes of one byte of a merkleblock", path: [...MESSAGE, 30], element: bytes(4, run(0, 1)) },
  { name: "metadata over and over", path: [...MESSAGE], element: sub(1) },
  { name: "pings over and over", path: [...MESSAGE], element: sub(2) },
  { name: "versions over and over", path: [...MESSAGE], element: sub(13) },
  { name: "eBPF envelopes over and over", path: [], element: sub(1) },
  { name: "unknown fields of the envelope", path: [], element: sub(15) },
  { name: "unknown fields of a message", path: [...MESSAGE, 13], element: sub(15) },
  { name: "empty peers", path: [RPC, 1], element: sub(1) },
  { name: "peers with an empty map entry", path: [RPC, 1], element: sub(1, sub(34)) },
  { name: "empty permissions of a peer", path: PEER, element: text(32, "") },
  { name: "permissions of one letter of a peer", path: PEER, element: text(32, "a") },
  { name: "permissions of three letters of a peer", path: PEER, element: text(32, "abc") },
  { name: "permissions of 13 letters of a peer", path: PEER, element: text(32, "a".repeat(13)) },
  { name: "permissions of 41 letters of a peer", path: PEER, element: text(32, "a".repeat(41)) },
  { name: "permissions of one wide letter of a peer", path: PEER, element: text(32, "é") },
  { name: "bytes sent per message of a peer", path: PEER, element: sub(34, text(1, "key")), keyAt: 5 },
  { name: "bytes received per message of a peer", path: PEER, element: sub(35, text(1, "key")), keyAt: 5 },
  { name: "networks of a getaddrmaninfo answer", path: [RPC, 6], element: sub(1, text(1, "key")), keyAt: 4 },
  { name: "empty networks of a getnetworkinfo answer", path: [RPC, 8], element: sub(12) },
  { name: "empty local addresses of a getnetworkinfo answer", path: [RPC, 8], element: sub(15) },
  { name: "warnings of a getblockchaininfo answer", path: [RPC, 9], element: text(15, "abc") },
  { name: "empty orphans", path: [RPC, 10], element: sub(1) },
  { name: "orphans with an empty transaction", path: [RPC, 10], element: sub(1, sub(7)) },
  { name: "the same bucket over and over", path: [RPC, 11], element: sub(1) },
  { name: "empty entries of a bucket", path: [RPC, 11, 1, 2], element: sub(1, varint(1, 2 ** 20)), keyAt: 3 },
  { name: "errors of an estimatesmartfee answer", path: [RPC, 12], element: text(5, "abc") },
  { name: "empty addresses of an announcement", path: [3, 2], element: sub(1) },
  { name: "empty items of an announcement", path: [3, 3], element: sub(1) },
  { name: "members of a log event over and over", path: [4], element: sub(4) },
];

/** The event. */
export function build({ path, element, keyAt }: Attack): Uint8Array {
  const body = new Uint8Array(SIZE - SIZE % element.length);
  body.set(element);
  for (let length = element.length; length < body.length; length *= 2) body.copyWithin(length, 0, length);
  if (keyAt !== undefined) numberKeys(body, element.length, keyAt);
  const member = path.reduceRight((inner: Uint8Array, number) => sub(number, inner), body);
  return message(member, varint(10, 1));
}

/** Gives every element a key of its own: letters that differ, their top bit kept for the varints among them. */
function numberKeys(body: Uint8Array, length: number, keyAt: number): void {
  for (let i = 0; i * length < body.length; i++) {
    const at = i * length + keyAt;
    body[at] = body[at]! & 0x80 | 33 + i % 90;
    body[at + 1] = body[at + 1]! & 0x80 | 33 + Math.floor(i / 90) % 90;
    body[at + 2] = body[at + 2]! & 0x80 | 33 + Math.floor(i / 8100) % 90;
  }
}

// On its own this reads all of them, or those named, one after the other, in whatever memory it was given.
if (import.meta.main) {
  for (const attack of attacks) {
    if (Deno.args.length > 0 && !Deno.args.includes(attack.name)) continue;
    const data = build(attack);
    console.log(attack.name);
    decodeEvent(data);
    peek(data);
  }
}
