/**
 * The anomalies: a new one is a constant in a file and a line here; the README's table is made from this list.
 *
 * @module
 */

import type { Rule } from "../rule.ts";
import { addrFlood } from "./addresses.ts";
import { blockStall, compactBlockFailures, mutatedBlocks, staleTip } from "./blocks.ts";
import { evictionStorm, massConnect, misbehaviorSpike } from "./connections.ts";
import { invToSend, pingBacklog } from "./load.ts";
import { inboundDrop, lowDiversity, outboundDrop, v2ShareDrop } from "./peers.ts";
import { nodeRestart } from "./restart.ts";

/** All of them. */
export const RULES: readonly Rule[] = [
  addrFlood,
  massConnect,
  evictionStorm,
  misbehaviorSpike,
  inboundDrop,
  outboundDrop,
  v2ShareDrop,
  lowDiversity,
  invToSend,
  pingBacklog,
  blockStall,
  compactBlockFailures,
  mutatedBlocks,
  staleTip,
  nodeRestart,
];
