import { event } from "./event.ts";
import { p2pMessage } from "./p2p_message.ts";
import type { Target } from "./target.ts";
import { v1Stream } from "./v1_stream.ts";

/** All targets: a new one is a file and a line here. */
export const TARGETS: readonly Target[] = [
  event,
  p2pMessage,
  v1Stream,
];
