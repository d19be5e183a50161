import type { Kind } from "./subjects.ts";

/** The groups of events that people choose from, by the names of the Rust tools' flags. */
export const GROUPS = {
  "messages": "message",
  "connections": "connection",
  "mempool": "mempool",
  "validation": "validation",
  "addrman": "addrman",
  "rpc": "rpc",
  "p2p-extractor": "p2p",
  "log-extractor": "log",
  "ipc": "ipc",
} as const satisfies Record<string, Kind>;

/** A group's name. */
export type Group = keyof typeof GROUPS;
