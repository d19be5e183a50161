/**
 * A hub for tests of alarms, in whose hours operators say what they are told to. Run as a program it has a year of hours
 * asked, says each one that is done, and goes on where it was: for the test that kills it.
 *
 * @module
 */

import * as codec from "../../proto/federation/codec.ts";
import { encode } from "../../proto/federation/frame.ts";
import { Anomaly, Delay, type Summary } from "../../proto/federation/schema.ts";
import { alarmsIn } from "./alarms.ts";
import type { Dial } from "./plan.ts";

/** The first hour. */
export const FIRST = 500_000;
/** Operators of the hub. */
export const MEMBERS = 40;
const HASH = new Uint8Array(32).fill(7);
/** So little noise that nothing is left to chance here; how much is right for a federation is tested elsewhere. */
export const DIAL: Dial = {
  ...{ noiseMilli: 15_000, releasesPerYear: 12, groups: ["peers"] },
  ...{ alarmsPerYear: 2, alarmEpsilonMilli: 10_000 },
};

/** A hub in whose hours operators say what they are told to. */
export class Hub {
  through = FIRST * 6 - 1;
  readonly stressed = new Set<number>();
  readonly late = new Set<number>();
  readonly asked: number[] = [];

  closedThrough(): Promise<number> {
    return Promise.resolve(this.through);
  }

  async *summaries(bin: number) {
    const hour = Math.floor(bin / 6);
    if (bin % 6 === 0) this.asked.push(hour);
    for (let slot = 1; slot <= MEMBERS; slot++) {
      const summary: Summary = {
        ...{ sequence: 1, bin, schema: 1, thin: false, sources: [1], values: [], tips: [] },
        blocks: this.late.has(hour) && bin % 6 === 2 ? [{ hash: HASH, delay: Delay.ABOVE_15_S }] : [],
        anomalies: this.stressed.has(hour) ? [Anomaly.PING_STRESS] : [],
      };
      yield await Promise.resolve({ slot, body: encode(codec.encodeSummary, summary) });
    }
  }

  closedBins(from: number, to: number) {
    const bins = Array.from({ length: to - from + 1 }, (_, i) => from + i);
    const bin = (at: number) => {
      const isLate = this.late.has(Math.floor(at / 6)) && at % 6 === 2;
      const blocks = isLate ? [{ hash: HASH, shares: [0, 0, 0, 0, 32] }] : [];
      const feed = { bin: at, quartiles: [], blocks, tips: [], incidents: [] };
      return { bin: at, feed: encode(codec.encodeFeed, feed) };
    };
    return Promise.resolve(bins.map(bin));
  }
}

/** Lets the hours up to one be over and asks what is due. */
export function after(folder: string, hub: Hub, hours: number, dial: Dial = DIAL) {
  hub.through = (FIRST + hours) * 6 - 1;
  return alarmsIn(folder, { source: hub, dial, now: (FIRST + hours) * 3600 + 600 });
}

if (import.meta.main) {
  const [folder, hours] = Deno.args;
  const hub = new Hub();
  for (let hour = 3; hour < Number(hours); hour += 30) hub.stressed.add(FIRST + hour);
  const dial = { ...DIAL, alarmsPerYear: 1000 };
  const asked = await Deno.readTextFile(`${folder}/asked`).then(Number, () => FIRST - 1);
  for (let hour = asked + 1 - FIRST; hour <= Number(hours); hour++) {
    await after(folder!, hub, hour, dial);
    Deno.stdout.writeSync(new TextEncoder().encode(`${hour}\n`));
  }
}
