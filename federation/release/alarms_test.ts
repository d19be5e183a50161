import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Accountant, PaidWatch } from "./accountant.ts";
import { after, DIAL, FIRST, Hub, MEMBERS } from "./_made_up_hub.ts";
import { type AlarmRules, tellAlarms, Told } from "./alarms.ts";
import { BoundedSum, countShares } from "./bounded.ts";
import { FileLedger } from "./ledger.ts";
import { budgetOf } from "./plan.ts";
import { OPERATORS, UNITS } from "./public.ts";
import { writeLive } from "./site.ts";
import { ask, operatorsForAlarms } from "./watch.ts";

const HOUR = 3600;
const DAY = 24;
/** What was released before, so that it is known how many there are. */
async function known(folder: string, operators = MEMBERS): Promise<void> {
  using ledger = await FileLedger.open(folder);
  const values = [operators * UNITS];
  await ledger.append({ from: 0, to: 1, group: OPERATORS, noiseMilli: 1, cost: 1, values, limits: [0] });
}

async function withFolder(run: (folder: string, hub: Hub) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "waggle-alarms-" });
  try {
    await Deno.writeFile(`${folder}/noise.key`, new Uint8Array(32).fill(1));
    await run(folder, new Hub());
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function entries(folder: string) {
  using ledger = await FileLedger.open(folder);
  return ledger.entries.filter(({ group }) => group === "alarms");
}

Deno.test("an alarm lasts a day, ends by itself, and costs one of those of the year", async () => {
  await withFolder(async (folder, hub) => {
    await known(folder);
    const calm = { on: false, since: null, until: null, alarmsLeft: 2, alarmsPerYear: 2 };
    assertEquals((await after(folder, hub, 0)).stress, calm);
    assertEquals((await after(folder, hub, 5)).stress, calm);
    hub.stressed.add(FIRST + 5);
    const on = { on: true, since: (FIRST + 5) * HOUR, until: (FIRST + 6 + DAY) * HOUR };
    assertEquals((await after(folder, hub, 6)).stress, { ...on, alarmsLeft: 1, alarmsPerYear: 2 });
    assertEquals((await after(folder, hub, 5 + DAY)).stress, { ...on, alarmsLeft: 1, alarmsPerYear: 2 });
    assertEquals((await after(folder, hub, 7 + DAY)).stress, { ...calm, alarmsLeft: 1 });
    assertEquals((await entries(folder)).map(({ alarm, cost }) => [alarm, cost > 0]), [
      [undefined, true],
      ["stress", false],
      [undefined, true],
    ]);
  });
});

Deno.test("once the alarms of a year are used up nothing is said, until the first of them is a year old", async () => {
  await withFolder(async (folder, hub) => {
    await known(folder);
    await after(folder, hub, 0);
    for (const hour of [1, 2 + 2 * DAY]) {
      hub.stressed.add(FIRST + hour);
      assertEquals((await after(folder, hub, hour + 1)).stress.on, true);
    }
    const budget = { on: null, reason: "budget", alarmsPerYear: 2 } as const;
    assertEquals((await after(folder, hub, 5 * DAY)).stress, budget);
    hub.stressed.add(FIRST + 6 * DAY);
    assertEquals((await after(folder, hub, 6 * DAY + 1)).stress, budget, "nobody is asked any more");
    assertEquals((await entries(folder)).length, 4);
    assertEquals((await after(folder, hub, 364 * DAY)).stress, budget);
    assertEquals((await after(folder, hub, 364 * DAY + 3)).stress.on, false);
  });
});

Deno.test("a watch that goes on counts in every year", async () => {
  await withFolder(async (folder, hub) => {
    await known(folder);
    await after(folder, hub, 0);
    hub.stressed.add(FIRST + 400 * DAY).add(FIRST + 403 * DAY);
    await after(folder, hub, 399 * DAY);
    const { stress } = await after(folder, hub, 400 * DAY + 1);
    assertEquals([stress.on, "alarmsLeft" in stress && stress.alarmsLeft], [true, 1]);
    await after(folder, hub, 402 * DAY + 2);
    assertEquals((await after(folder, hub, 403 * DAY + 1)).stress.on, true);
    assertEquals((await after(folder, hub, 405 * DAY)).stress.on, null);
  });
});

Deno.test("interrupted anywhere, no hour is asked with other noise and no watch is paid for twice", async () => {
  await withFolder(async (folder, hub) => {
    await known(folder);
    hub.stressed.add(FIRST + 3);
    await after(folder, hub, 0);
    for (let hours = 1; hours <= 6; hours++) {
      const before = await Deno.readFile(`${folder}/asked`);
      const told = await after(folder, hub, hours);
      const book = await entries(folder);
      // Killed before the hour was noted: everything else is on the disk.
      await Deno.writeFile(`${folder}/asked`, before);
      assertEquals(await after(folder, hub, hours), told);
      assertEquals(await entries(folder), book);
    }
    const asked = hub.asked.length;
    await after(folder, hub, 6);
    assertEquals(hub.asked.length, asked, "what was noted is not asked again");
    await Deno.remove(`${folder}/asked`);
    await after(folder, hub, 6);
    assertEquals(hub.asked.length, asked, "nor is anything where nothing is known");
  });
});

Deno.test("killed again and again, the ledger is that of a run that nobody interrupted", async () => {
  const hours = 240;
  const run = (folder: string) =>
    new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--quiet",
        new URL("_made_up_hub.ts", import.meta.url).pathname,
        folder,
        String(hours),
      ],
      stdout: "piped",
    }).spawn();
  await withFolder(async (whole) => {
    await known(whole);
    const { stdout, status } = run(whole);
    await Array.fromAsync(stdout);
    assertEquals((await status).code, 0);
    const expected = await entries(whole);
    assert(expected.length > 10, `${expected.length}`);
    await withFolder(async (folder) => {
      await known(folder);
      for (let kills = 0; kills < 8; kills++) {
        const child = run(folder);
        const reader = child.stdout.getReader();
        // Some hours more each time, and then in the middle of whatever it does.
        for (let read = 0; read <= kills; read++) if ((await reader.read()).done) break;
        child.kill("SIGKILL");
        await child.status;
        await reader.cancel();
      }
      const last = run(folder);
      await Array.fromAsync(last.stdout);
      assertEquals((await last.status).code, 0);
      assertEquals(await entries(folder), expected);
    });
  });
});

Deno.test("a block that everybody has late is told with its bin, and is no stress", async () => {
  await withFolder(async (folder, hub) => {
    await known(folder);
    await after(folder, hub, 0);
    hub.late.add(FIRST + 1);
    const { stress, delayed } = await after(folder, hub, 2);
    assertEquals(delayed, [{ hash: "07".repeat(32), bin: (FIRST * 6 + 8) * 600 }]);
    assertEquals(stress, { on: false, since: null, until: null, alarmsLeft: 1, alarmsPerYear: 2 });
    assertEquals((await after(folder, hub, 2 + 8 * DAY)).delayed, []);
  });
});

Deno.test("without alarms in the policy, and in a small federation, there is no boolean and no debit", async () => {
  await withFolder(async (folder, hub) => {
    const none = { ...DIAL, alarmsPerYear: 0 };
    hub.stressed.add(FIRST);
    assertEquals((await after(folder, hub, 1, none)).stress, { on: null, reason: "off", alarmsPerYear: 0 });
    assertEquals((await after(folder, hub, 1)).stress, {
      ...{ on: null, reason: "too small", alarmsPerYear: 2 },
    });
    await known(folder, operatorsForAlarms(DIAL.alarmEpsilonMilli) - 1);
    assertEquals((await after(folder, hub, 3)).stress.on, null);
    assertEquals(await entries(folder), []);
    await known(folder, 10 * operatorsForAlarms(DIAL.alarmEpsilonMilli));
    assertEquals((await after(folder, hub, 4)).stress.on, false);
  });
});

Deno.test("another policy ends the watch; what it cost stays spent", async () => {
  await withFolder(async (folder, hub) => {
    await known(folder);
    await after(folder, hub, 0);
    assertEquals((await after(folder, hub, 1, { ...DIAL, alarmsPerYear: 0 })).stress.on, null);
    const { stress } = await after(folder, hub, 2);
    assertEquals("alarmsLeft" in stress && stress.alarmsLeft, 1);
    assertEquals((await after(folder, hub, 3, { ...DIAL, alarmEpsilonMilli: 9000 })).stress.on, null);
  });
});

Deno.test("no boolean without a debit on the disk: neither by type nor at run time", async () => {
  await withFolder(async (folder, hub) => {
    const full = { entries: [], append: () => Promise.reject(new Error("The disk is full")) };
    const accountant = new Accountant({ ledger: full, budget: budgetOf(DIAL), key: new Uint8Array(32) });
    await assertRejects(() => accountant.watch(0, DIAL.alarmEpsilonMilli), Error, "The disk is full");
    assertEquals(accountant.lastWatch, undefined);
    const rules: AlarmRules = DIAL;
    const options = { accountant, source: hub, rules, now: 0 };
    const look = { entry: { noiseMilli: 1 }, end: undefined, bits: () => () => 0n };
    // @ts-expect-error An object that looks like one has not been paid for
    assertThrows(() => Told.of(look, options), TypeError);
    const questions = [{ about: "stress", sum: countShares([]) }];
    // @ts-expect-error Neither can it be asked
    assertThrows(() => ask(look, { hour: 1, questions, size: 50 }), TypeError);
    // @ts-expect-error The constructors are private
    const made: () => unknown = () => [new PaidWatch(), new Told()];
    const document = { at: 0, chain: { tip: null, forks: [], invalid: [] }, disclosed: [] };
    const told = { stress: { on: true }, delayed: [] };
    // @ts-expect-error A document takes no other booleans
    await assertRejects(() => writeLive(folder, { ...document, told }), TypeError);
    assertEquals(typeof made, "function");
    await known(folder);
    await tellAlarms(`${folder}/asked`, { ...options, now: FIRST * HOUR });
  });
});

Deno.test("with the noise of the default policy a calm year is calm, and all of them together are heard", async () => {
  const epsilonMilli = 200;
  const size = operatorsForAlarms(epsilonMilli);
  assert(size > 300 && size < 400, `${size}`);
  const budget = { releases: 0, perGroup: 0, alarms: Infinity };
  const everybody = Array.from({ length: size }, () => ({ share: 1, isThin: false }));
  let [falseAlarms, heard] = [0, 0];
  const years = 20;
  for (let seed = 0; seed < years; seed++) {
    const ledger = {
      entries: [],
      append: (entry: never) => Promise.resolve(void ledger.entries.push(entry)),
    };
    const accountant = new Accountant({ ledger, budget, key: new Uint8Array(32).fill(seed + 50) });
    const watch = await accountant.watch(0, epsilonMilli);
    assert(PaidWatch.is(watch));
    const nobody = [{ about: "stress", sum: countShares([]) }];
    for (let hour = 0; hour < 500; hour++) if (ask(watch, { hour, questions: nobody, size })) falseAlarms++;
    if (ask(watch, { hour: 501, questions: [{ about: "stress", sum: countShares(everybody) }], size })) {
      heard++;
    }
  }
  assertEquals([falseAlarms, heard], [0, years]);
});

Deno.test("an operator counts one at most in a sum, whatever it says, and with one node a half", () => {
  const sum = (share: number, isThin = false) => countShares([{ share, isThin }]);
  for (const share of [1, 7, Infinity, NaN, -3]) assert(read(sum(share)) <= UNITS && read(sum(share)) >= 0);
  assertEquals([read(sum(1)), read(sum(1, true)), read(sum(0.5))], [UNITS, UNITS / 2, UNITS / 2]);
});

function read(sum: BoundedSum): number {
  return BoundedSum.read(sum)[0]!;
}
