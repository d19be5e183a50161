import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { Accountant, costOf, Noised } from "./accountant.ts";
import { BoundedSum, countOperators } from "./bounded.ts";
import { figuresOf } from "./figures.ts";
import type { Entry, Ledger } from "./ledger.ts";
import { budgetOf, type Dial } from "./plan.ts";
import { groupOf, UNITS } from "./public.ts";
import { type Epoch, epochAt } from "./schedule.ts";
import { noTotals } from "./totals.ts";

class Memory implements Ledger {
  readonly entries: Entry[] = [];
  fails = false;

  async append(entry: Entry): Promise<void> {
    // A disk takes its time.
    await Promise.resolve();
    if (this.fails) throw new Error("The disk is full");
    this.entries.push(entry);
  }
}

const NOISE = 13_400;
const KEY = new Uint8Array(32).fill(1);
const DIAL: Dial = {
  ...{ noiseMilli: NOISE, releasesPerYear: 12, groups: ["peers", "agents"] },
  ...{ alarmsPerYear: 2, alarmEpsilonMilli: 200 },
};

function make(ledger = new Memory(), key = KEY) {
  return { ledger, accountant: new Accountant({ ledger, key, budget: budgetOf(DIAL) }) };
}

const operators = (count: number) => countOperators(Array.from({ length: count }, noTotals));

function months(count: number): Epoch[] {
  const epochs = [epochAt(Date.UTC(2026, 0) / 1000, "monthly")];
  while (epochs.length < count) epochs.push(epochAt(epochs.at(-1)!.to, "monthly"));
  return epochs;
}

const query = (epoch: Epoch, group = "peers", sum = operators(20)) => ({
  epoch,
  group,
  sum,
  noiseMilli: NOISE,
});

function taken(answer: Noised | { readonly refused: string }): Noised {
  assert(Noised.is(answer), JSON.stringify(answer));
  return answer;
}

Deno.test("what was bought is given again, and costs nothing", async () => {
  const { ledger, accountant } = make();
  const [epoch] = months(1);
  const first = taken(await accountant.noise(query(epoch!)));
  const again = taken(await accountant.noise(query(epoch!, "peers", operators(3))));
  assertEquals(again.entry, first.entry);
  assertEquals(ledger.entries.length, 1);
  assertEquals(first.entry.cost, costOf(NOISE));
});

Deno.test("a year's releases can be paid for, one more cannot, and a year later there is one again", async () => {
  const { accountant } = make();
  const epochs = months(14);
  for (const epoch of epochs.slice(0, 12)) taken(await accountant.noise(query(epoch)));
  const week = epochAt(epochs[11]!.from, "weekly");
  assertEquals(await accountant.noise(query(week)), { refused: "the year's budget of this number is spent" });
  taken(await accountant.noise(query(epochs[12]!)));
});

Deno.test("another number does not fit into a budget that others have spent", async () => {
  const { accountant, ledger } = make();
  for (const epoch of months(12)) {
    for (const group of ["operators", "peers", "agents"]) taken(await accountant.noise(query(epoch, group)));
  }
  const spent = ledger.entries.length;
  const answer = await accountant.noise(query(months(12)[5]!, "behaviours"));
  assertEquals(answer, { refused: "the year's budget is spent" });
  assertEquals(ledger.entries.length, spent);
});

Deno.test("many at once do not get the last of the budget twice", async () => {
  const { accountant } = make();
  const answers = await Promise.all(
    months(20).map((epoch, i) => {
      return accountant.noise(query({ ...epoch, to: months(1)[0]!.to + i }));
    }),
  );
  assertEquals(answers.filter(Noised.is).length, 12);
});

Deno.test("what cannot be written down is not given", async () => {
  const { ledger, accountant } = make();
  ledger.fails = true;
  const [epoch] = months(1);
  assertEquals(await accountant.noise(query(epoch!)).catch((error) => error.message), "The disk is full");
  assertEquals(accountant.bought(epoch!, "peers"), undefined);
});

Deno.test("no noise, no number", async () => {
  const { accountant } = make();
  for (const noiseMilli of [0, -1, NaN, Infinity]) {
    const answer = await accountant.noise({ ...query(months(1)[0]!), noiseMilli });
    assertEquals(answer, { refused: "there is no noise" });
  }
});

Deno.test("two hubs with one key and the same sums say the same; with other sums the noise is another", async () => {
  const [epoch] = months(1);
  const values = async (key: Uint8Array<ArrayBuffer>, count: number) =>
    taken(await make(new Memory(), key).accountant.noise(query(epoch!, "peers", operators(count)))).entry
      .values[0]!;
  const other = new Uint8Array(32).fill(2);
  assertEquals(await values(KEY, 20), await values(KEY, 20));
  assertNotEquals(await values(KEY, 21) - await values(KEY, 20), UNITS);
  assertNotEquals(await values(other, 20), await values(KEY, 20));
});

Deno.test("nobody but the accountant makes a number that a release takes: neither by type nor at run time", () => {
  const entry: Entry = {
    ...{ from: 0, to: 1, group: "peers", noiseMilli: NOISE, cost: 0 },
    ...{ values: [1], limits: [0] },
  };
  const look = { name: "peers", group: groupOf("peers"), centre: undefined };
  // @ts-expect-error The constructor is private
  const made: () => Noised = () => new Noised(entry);
  // @ts-expect-error An object that looks like one has not been paid for
  assertThrows(() => figuresOf(look, { noised: { entry }, operators: 20, kPublic: 5 }), TypeError);
  // @ts-expect-error Neither has a plain number
  assertThrows(() => figuresOf(look, { noised: 7, operators: 20, kPublic: 5 }), TypeError);
  // @ts-expect-error A sum that was not bounded is none: its constructor is private, too
  const sum: () => BoundedSum = () => new BoundedSum([1_000_000]);
  assertEquals(typeof made, typeof sum);
  assert(!Noised.is(Object.create(Noised.prototype)));
});

Deno.test("a number that noise carried out of 0 to 1 keeps an interval as wide as the noise", async () => {
  const { accountant } = make();
  let atTheEdge = 0;
  for (const epoch of months(12)) {
    const noised = taken(await accountant.noise(query(epoch, "peers", operators(1))));
    const group = groupOf("peers");
    const look = { name: "peers", group, centre: group.centre };
    const { noise, numbers } = figuresOf(look, { noised, operators: 1, kPublic: 5 });
    for (const { value, low, high } of numbers) {
      if (value !== 0 && value !== 1) continue;
      atTheEdge++;
      assert(high! - low! >= Math.min(1, 1.9 * noise.deviation), `${low} to ${high} at ${noise.deviation}`);
    }
  }
  assert(atTheEdge > 10, `${atTheEdge}`);
});
