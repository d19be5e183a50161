/**
 * All that is looked at, in the order of telling.
 *
 * @module
 */

import type { Check } from "../../runtime/preset.ts";
import { checkBus } from "./bus.ts";
import type { Sight } from "./check.ts";
import { checkEbpf } from "./ebpf.ts";
import { checkEgress, checkListeners } from "./leaks.ts";
import { checkLog } from "./log.ts";
import { checkClock, checkDisk } from "./machine.ts";
import { checkNode } from "./node.ts";
import { checkP2p } from "./p2p.ts";
import { checkRpc } from "./rpc.ts";

type Look = (sight: Sight) => readonly Check[] | Promise<readonly Check[]>;

/** What each extractor needs. */
const EXTRACTORS: Readonly<Record<string, Look>> = {
  ebpf: checkEbpf,
  rpc: checkRpc,
  p2p: checkP2p,
  log: checkLog,
};
const REST: readonly Look[] = [checkListeners, checkBus, checkEgress, checkClock, checkDisk];

/** Looks at everything but what is left out. */
export async function examine(sight: Sight, without: readonly string[]): Promise<Check[]> {
  const extractors = Object.entries(EXTRACTORS).filter(([name]) => !without.includes(name)).map(([, look]) =>
    look
  );
  const checks = await Promise.all(
    [checkNode, ...extractors, ...REST].map(async (look) => await look(sight)),
  );
  return checks.flat().filter(({ about }) => !without.includes(about));
}
