import { backoff, sleep } from "../../runtime/backoff.ts";
import { type RoundParts, Rounds } from "./rounds.ts";
import { Said } from "./said.ts";
import { Schedule } from "./schedule.ts";

/** What polling needs. */
export interface PollParts extends RoundParts {
  /** Time between two rounds of the frequent calls. */
  intervalMs: number;
  /** Time between two rounds of the slow calls. */
  slowIntervalMs: number;
}

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 60_000;

/** Polls until the signal is aborted. */
export async function poll(parts: PollParts): Promise<void> {
  const { signal } = parts.context;
  try {
    await pollForever(parts);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function pollForever(parts: PollParts): Promise<never> {
  const { intervalMs, slowIntervalMs, context: { signal, count, log } } = parts;
  const schedule = new Schedule({ frequent: intervalMs, slow: slowIntervalMs }, performance.now());
  const rounds = new Rounds(parts);
  const said = new Said();
  for (let failures = 0;;) {
    await sleep(schedule.waitMs(performance.now()), signal);
    const groups = schedule.due(performance.now());
    if (groups.length === 0) continue; // the timer was early
    if (await rounds.run(groups) === "gone") {
      await backoff(failures++, {
        // A node that is away is not asked less often than one that answers.
        firstMs: Math.min(FIRST_RETRY_MS, intervalMs),
        maxMs: Math.min(LAST_RETRY_MS, intervalMs),
        signal,
      });
      schedule.startOver(performance.now());
      continue;
    }
    failures = 0;
    const skipped = schedule.finish(groups, performance.now());
    if (skipped > 0) {
      count("rounds skipped", skipped);
      if (said.isNew("rounds", "late")) {
        log.warn(`The node is slower than the interval: ${skipped} rounds skipped`);
      }
    } else said.settle("rounds");
  }
}
