/**
 * What is published in the simulator: the real accountant and the real numbers, with a ledger in memory, and with
 * defences that can be switched off.
 *
 * @module
 */

import { Accountant } from "../../federation/release/accountant.ts";
import { valuesOf } from "../../federation/release/bounded.ts";
import type { Figures } from "../../federation/release/figures.ts";
import type { Entry, Ledger } from "../../federation/release/ledger.ts";
import { knownSize, numbersOf } from "../../federation/release/numbers.ts";
import { type Group, GROUPS } from "../../federation/release/public.ts";
import { type Epoch, epochAt } from "../../federation/release/schedule.ts";
import type { Totals } from "../../federation/release/totals.ts";
import { times } from "./world.ts";

/** How numbers are protected. */
export interface Defences {
  /** Standard deviation of the noise, in thousandths of the diameter. */
  readonly noiseMilli: number;
  /** Operators behind a number that has a threshold. */
  readonly kPublic: number;
  /** What is published. */
  readonly groups: Readonly<Record<string, Group>>;
}

/** The real noise as good as none: without any the accountant gives nothing. */
export const NO_NOISE = 0.001;

/** A ledger that is gone afterwards. */
export class MemoryLedger implements Ledger {
  readonly entries: Entry[] = [];

  append(entry: Entry): Promise<void> {
    this.entries.push(entry);
    return Promise.resolve();
  }
}

/** The public pages of a federation: one release after the other. */
export class Publisher {
  readonly #defences: Defences;
  readonly #accountant: Accountant;
  #epoch: Epoch = epochAt(1_700_000_000, "monthly");

  /** The same seed publishes the same. */
  constructor(defences: Defences, seed: number) {
    this.#defences = defences;
    this.#accountant = new Accountant({
      ledger: new MemoryLedger(),
      // How much a year may cost is tested elsewhere; here as much is published as the attacker wants.
      budget: { releases: Infinity, perGroup: Infinity, alarms: Infinity },
      key: new TextEncoder().encode(`noise of the simulator ${seed}`),
    });
  }

  /** The size by which sums were divided: the intervals give it away, and it is noisy. */
  get size(): number {
    return knownSize(this.#accountant);
  }

  /** What everybody can read after an epoch. */
  async publish(operators: readonly Totals[]): Promise<readonly Figures[]> {
    const epoch = this.#epoch;
    this.#epoch = epochAt(epoch.to, "monthly");
    const numbers = await numbersOf(this.#accountant, {
      ...{ epoch, operators },
      ...this.#defences,
      members: operators.length,
    });
    return "figures" in numbers ? numbers.figures : [];
  }
}

/** The groups, with centres where a federation of this kind has them after some releases: the attacker's best case. */
export function settled(operators: readonly Totals[], groups: Readonly<Record<string, Group>> = GROUPS) {
  return Object.fromEntries(
    Object.entries(groups).map(([name, group]): [string, Group] => {
      if (group.centre === undefined) return [name, group];
      const values = operators.flatMap((totals) => [valuesOf(group, totals) ?? []]).filter(({ length }) =>
        length > 0
      );
      if (values.length === 0) return [name, group];
      const centre = times(
        group.parts.length,
        (i) => values.reduce((sum, each) => sum + each[i]!, 0) / values.length,
      );
      return [name, { ...group, centre }];
    }),
  );
}
