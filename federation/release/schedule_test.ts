import { assert, assertEquals } from "@std/assert";
import { BIN_SECONDS } from "../../proto/federation/check.ts";
import {
  type Cadence,
  CADENCES,
  DELAY_SECONDS,
  type Epoch,
  epochAt,
  epochName,
  releaseTime,
  YEAR_SECONDS,
} from "./schedule.ts";

const START = Date.UTC(2026, 0, 1) / 1000;
const cadences = Object.keys(CADENCES) as Cadence[];

function epochs(cadence: Cadence, years: number): Epoch[] {
  const all = [epochAt(START, cadence)];
  while (all.at(-1)!.to < START + years * 366 * 86_400) all.push(epochAt(all.at(-1)!.to, cadence));
  return all;
}

for (const cadence of cadences) {
  Deno.test(`${cadence}: epochs follow each other without a gap, in whole bins, and each holds its own times`, () => {
    const all = epochs(cadence, 5);
    all.forEach((epoch, i) => {
      assertEquals(epoch.from, all[i - 1]?.to ?? epoch.from);
      assertEquals([epoch.from % BIN_SECONDS, epoch.to % BIN_SECONDS], [0, 0]);
      assertEquals(epochAt(epoch.to - 1, cadence), epoch);
    });
    assertEquals(new Set(all.map(epochName)).size, all.length);
  });

  Deno.test(`${cadence}: a release is made at noon, 48 to 72 hours after its epoch, whatever is in it`, () => {
    for (const epoch of epochs(cadence, 5)) {
      const after = releaseTime(epoch) - epoch.to;
      assert(after >= DELAY_SECONDS && after < DELAY_SECONDS + 86_400);
      assertEquals(releaseTime(epoch) % 86_400, 43_200);
    }
  });

  Deno.test(`${cadence}: no year of the budget holds more releases than a year has`, () => {
    const all = epochs(cadence, 5);
    for (const { to } of all) {
      const inYear = all.filter((other) => other.to > to - YEAR_SECONDS && other.to <= to);
      assert(inYear.length <= CADENCES[cadence].perYear, `${inYear.length}`);
    }
  });
}

Deno.test("epochs have names that people can read", () => {
  const time = Date.UTC(2026, 9, 7, 13) / 1000;
  assertEquals(cadences.map((cadence) => epochName(epochAt(time, cadence))), [
    "2026-10",
    "2026-10-05--2026-10-11",
    "2026-10-07",
  ]);
});
