/**
 * Which answers of the node are worth decoding: a list of all the addresses it knows is some megabytes, and nothing of
 * it is said.
 *
 * @module
 */

import { Reader, Refusal } from "../../proto/reader.ts";
import type { Kind } from "../../proto/subjects.ts";

/** Fields of the event and of what is in it, as in the schema. */
interface Members {
  readonly field: number;
  readonly members: ReadonlySet<number>;
}

const RPC = 2;
const WANTED: Partial<Record<Kind, Members>> = {
  // peer_infos, mempool_info, uptime, blockchain_info
  rpc: { field: RPC, members: new Set([1, 2, 3, 9]) },
  // ping_duration
  p2p: { field: 3, members: new Set([1]) },
};
const NETWORK_INFO: Members = { field: RPC, members: new Set([8]) };

/** Whether an event of this kind holds something that is counted. Bytes that cannot be read do. */
export function isWanted(kind: Kind, bytes: Uint8Array): boolean {
  const wanted = WANTED[kind];
  return wanted === undefined || holds(bytes, wanted);
}

/** Whether an event holds what a node says of its own addresses. Bytes that cannot be read do. */
export function holdsNetworkInfo(bytes: Uint8Array): boolean {
  return holds(bytes, NETWORK_INFO);
}

function holds(bytes: Uint8Array, { field, members }: Members): boolean {
  const reader = new Reader(bytes);
  try {
    while (reader.pos < bytes.length) {
      const tag = reader.tag(bytes.length);
      if (tag !== (field << 3 | 2)) reader.step(tag, bytes.length);
      else if (holdsMember(reader, reader.sub(bytes.length), members)) return true;
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
