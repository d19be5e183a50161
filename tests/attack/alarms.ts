/**
 * The boolean between releases: is this node a honeynode? The attacker brings so many nodes under stress that the sum is
 * just below its limit, and the candidate on top of them, hour after hour. If the candidate is one, the alarm comes
 * sooner. He reads in which hour it came, and does it again as long as there are alarms.
 *
 * What a node under stress says, what operators' summaries add up to, the watch and its noise are the real code.
 *
 * @module
 */

import * as codec from "../../proto/federation/codec.ts";
import { encodeEvent } from "../../proto/event.ts";
import { encode } from "../../proto/federation/frame.ts";
import { Anomaly } from "../../proto/federation/schema.ts";
import { message, peers } from "../../federation/summary/_network.ts";
import { Summariser } from "../../federation/summary/mod.ts";
import { Accountant, PaidWatch } from "../../federation/release/accountant.ts";
import { BoundedSum } from "../../federation/release/bounded.ts";
import { questionsOf, STRESS } from "../../federation/release/hours.ts";
import { UNITS } from "../../federation/release/public.ts";
import { ask, operatorsForAlarms, type Question as Asked } from "../../federation/release/watch.ts";
import { type Advantage, advantageOf } from "./membership.ts";
import { MemoryLedger } from "./release.ts";
import { times } from "./world.ts";

/** What is tried. */
export interface AlarmAttack {
  /** What an alarm may tell, in thousandths. */
  readonly epsilonMilli: number;
  /** Alarms that he waits for. */
  readonly alarms: number;
  /** How far below its limit he brings the sum, in operators. */
  readonly below: number;
  /** Guesses: half of them to learn from, half that count. */
  readonly trials: number;
  /** The same seed gives the same answer. */
  readonly seed: number;
}

/** The noise as good as none. */
export const NO_NOISE_EPSILON = 10_000_000;
/** He waits for an alarm for so many hours at most. */
const MOST_HOURS = 200;
const HOUR = 500_000;
const BIN = HOUR * 6;
const PINGS = 2500;

/** How much better than chance he tells a honeynode from another node. */
export async function alarmAdvantage(attack: AlarmAttack): Promise<Advantage> {
  const size = operatorsForAlarms(attack.epsilonMilli) + 10;
  const limit = Math.max(size / 3, operatorsForAlarms(attack.epsilonMilli) / 1.5);
  const primed = Math.floor(limit - attack.below);
  const [without, marked] = [await hourOf(size, primed, false), await hourOf(size, primed, true)];
  const read = (isMember: boolean, seed: number) =>
    hours(isMember ? marked : without, { ...attack, size, seed });
  // An alarm comes sooner, and what he can work out at home is that: all of it tells the same.
  return await advantageOf(read, { ...attack, known: [-1, -1, 1] });
}

/** In which hours alarms came: their sum, that of their logarithms, and how many came at once. */
async function hours(
  questions: readonly Asked[],
  { epsilonMilli, alarms, size, seed }: AlarmAttack & { size: number },
): Promise<number[]> {
  const budget = { releases: 0, perGroup: 0, alarms: Infinity };
  const key = new TextEncoder().encode(`noise of the simulator ${seed}`);
  const accountant = new Accountant({ ledger: new MemoryLedger(), budget, key });
  const told = [0, 0, 0] as [number, number, number];
  for (let alarm = 0; alarm < alarms; alarm++) {
    const watch = await accountant.watch(alarm, epsilonMilli);
    if (!PaidWatch.is(watch)) throw new Error(watch.refused);
    let hour = 0;
    while (hour < MOST_HOURS && ask(watch, { hour, questions, size }) === undefined) hour++;
    await accountant.end(watch, { from: alarm, to: alarm, alarm: STRESS });
    told[0] += hour;
    told[1] += Math.log(1 + hour);
    if (hour === 0) told[2]++;
  }
  return told;
}

/** What the hub asks of an hour in which some operators are under stress, and the candidate's too if it is one. */
async function hourOf(operators: number, stressed: number, isMember: boolean): Promise<Asked[]> {
  const [calm, stress] = [summary(false), summary(true)];
  const source = {
    closedThrough: () => Promise.resolve(BIN + 5),
    closedBins: () => Promise.resolve([]),
    async *summaries() {
      for (let slot = 0; slot < operators; slot++) {
        const isCandidate = slot === operators - 1;
        const body = isCandidate && isMember || slot < stressed ? stress : calm;
        yield await Promise.resolve({ slot, body });
      }
    },
  };
  const questions = await questionsOf(source, HOUR);
  const [exact] = BoundedSum.read(questions[0]!.sum);
  // Otherwise what is done to the candidate would not be what it is about.
  if (exact !== (stressed + Number(isMember)) * UNITS) throw new Error(`Stress does not show: ${exact}`);
  return questions;
}

/** A bin of an operator with two nodes that is used to calm, as it is stored. */
function summary(isStressed: boolean): Uint8Array {
  const nodes = ["a", "b"];
  const summariser = new Summariser({ nodes, policy: { clip: 64, keysPerNode: 64 }, canaries: [] });
  summariser.restore([[Anomaly.PING_STRESS, ...times(20, () => 100)]]);
  const [peer] = peers(1);
  nodes.forEach((node, i) => {
    for (let ping = 0; ping < (isStressed && i === 0 ? PINGS : 10); ping++) {
      const at = BIN * 600_000 + 60_000 + ping;
      summariser.observe(node, encodeEvent(message(peer!, { command: "ping", at, size: 8 })));
    }
  });
  const closed = summariser.close(BIN);
  if (!("summary" in closed)) throw new Error(closed.blocked);
  return encode(codec.encodeSummary, { ...closed.summary, sequence: 1 });
}
