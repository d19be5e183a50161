/** All golden events that are written and read. */

import type { Golden } from "./golden.ts";
import { messages } from "./messages.ts";
import { ipc, log, p2p } from "./others.ts";
import { rpc } from "./rpc.ts";
import { addrman, connections, mempool, validation } from "./tracepoints.ts";

/** All of them. */
export const all: Golden[] = [
  ...messages,
  ...connections,
  ...mempool,
  ...validation,
  ...addrman,
  ...rpc,
  ...p2p,
  ...log,
  ...ipc,
];
