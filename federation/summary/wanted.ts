/**
 * Which answers of the node are worth decoding: a list of all the addresses it knows is some megabytes, and nothing of
 * it is said.
 *
 * @module
 */

import { Reader, Refusal } from "../../proto/reader.ts";
import type { Kind } from "../../proto/subjects.ts";

/** Fields of the event and of what is in it, as in the schema. */
const WANTED: Partial<Record<Kind, { readonly field: number; readonly members: ReadonlySet<number> }>> = {
  // peer_infos, mempool_info, uptime, blockchain_info
  rpc: { field: 2, members: new Set([1, 2, 3, 9]) },
  // ping_duration
  p2p: { field: 3, members: new Set([1]) },
};

/** Whether an event of this kind holds something that is counted. Bytes that cannot be read do. */
export function isWanted(kind: Kind, bytes: Uint8Array): boolean {
  const wanted = WANTED[kind];
  if (wanted === undefined) return true;
  const reader = new Reader(bytes);
  try {
    while (reader.pos < bytes.length) {
      const tag = reader.tag(bytes.length);
      if (tag !== (wanted.field << 3 | 2)) reader.step(tag, bytes.length);
      else if (holdsMember(reader, reader.sub(bytes.length), wanted.members)) return true;
    }
    return false;
  } catch (error) {
    if (error instanceof Refusal) return true;
    throw error;
  }
}

function holdsMember(reader: Reader, end: number, members: ReadonlySet<number>): boolean {
  while (reader.pos < end) {
    const tag = reader.tag(end);
    if (members.has(tag >>> 3)) return true;
    reader.step(tag, end);
  }
  return false;
}
