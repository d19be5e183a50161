/**
 * Alarms between releases: asks the watch about every hour, once, and says what there is to say in public. Interrupted
 * anywhere, an hour is not asked again with other noise, and no watch is paid for twice.
 *
 * @module
 */

import { writeWhole } from "../../runtime/files.ts";
import { Accountant, PaidWatch } from "./accountant.ts";
import type { Source } from "./collected.ts";
import { BINS_OF_HOUR, questionsOf, STRESS } from "./hours.ts";
import { FileLedger } from "./ledger.ts";
import { type DelayedBlock, LATE_SECONDS, type LiveStress, type NoStress } from "./live.ts";
import { noiseKey } from "./noise_key.ts";
import { knownSize } from "./numbers.ts";
import { budgetOf, type Dial } from "./plan.ts";
import { ask, operatorsForAlarms } from "./watch.ts";

/** What alarms need of a policy. */
export type AlarmRules = Pick<Dial, "alarmsPerYear" | "alarmEpsilonMilli">;

/** What alarms are made with. */
export interface AlarmOptions {
  /** Keeps the ledger. */
  readonly accountant: Accountant;
  /** Where summaries are. */
  readonly source: Source;
  /** The rules in force. */
  readonly rules: AlarmRules;
  /** Unix seconds. */
  readonly now: number;
}

const HOUR = 3600;
/** An alarm about the network lasts so long, whatever happens. */
const ALARM_SECONDS = 86_400;
/** Hours that are older are not asked any more: what was said of them would help nobody. */
const OLDEST_HOURS = 24;
/** Late blocks are shown for so long. */
const SHOWN_SECONDS = 7 * 86_400;

/** What may be said of alarms. Only watches that were paid for make a boolean, and nobody but they. */
export class Told {
  /** About the network. */
  readonly stress: LiveStress;
  /** Blocks that came late. */
  readonly delayed: readonly DelayedBlock[];

  private constructor(stress: LiveStress, delayed: readonly DelayedBlock[]) {
    this.stress = stress;
    this.delayed = delayed;
  }

  /** Whether it is one; an object that looks like one is none. */
  static is(value: unknown): value is Told {
    return value instanceof Told;
  }

  /** Nothing can be said at all. */
  static nothing(reason: NoStress, { alarmsPerYear }: AlarmRules): Told {
    return new Told({ on: null, reason, alarmsPerYear }, []);
  }

  /** What the watch says, or why there is none. */
  static of(watch: PaidWatch | NoStress, { accountant, rules, now }: AlarmOptions): Told {
    const delayed = accountant.alarms
      .filter(({ alarm, to }) => alarm !== STRESS && to > now - SHOWN_SECONDS)
      .map(({ alarm, from }) => ({ hash: Uint8Array.fromHex(alarm!).reverse().toHex(), bin: from }))
      .reverse();
    const { alarmsPerYear, alarmEpsilonMilli } = rules;
    if (typeof watch === "string") return new Told({ on: null, reason: watch, alarmsPerYear }, delayed);
    if (!PaidWatch.is(watch)) throw new TypeError("Cannot say what was not paid for");
    const alarm = alarmAt(watch, now);
    if (watch.end !== undefined && alarm === undefined) {
      throw new TypeError("Cannot ask a watch that has ended");
    }
    const left = accountant.watchesLeft(now, alarmEpsilonMilli);
    return new Told({
      ...{ on: alarm !== undefined, since: alarm?.since ?? null, until: alarm?.until ?? null },
      ...{ alarmsLeft: watch.end === undefined ? left + 1 : left, alarmsPerYear },
    }, delayed);
  }
}

/** Alarms of a hub that keeps its ledger in this folder. */
export async function alarmsIn(
  folder: string,
  { source, dial, now }: { source: Source; dial: Dial; now: number },
): Promise<Told> {
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  using ledger = await FileLedger.open(folder);
  const accountant = new Accountant({ ledger, budget: budgetOf(dial), key: await noiseKey(folder) });
  return await tellAlarms(`${folder}/asked`, { accountant, source, rules: dial, now });
}

/** Asks what is due, and says what may be said. `path` has the last hour that was asked. */
export async function tellAlarms(path: string, options: AlarmOptions): Promise<Told> {
  const { accountant, rules, now } = options;
  const epsilonMilli = rules.alarmsPerYear === 0 ? 0 : rules.alarmEpsilonMilli;
  const last = accountant.lastWatch;
  // A watch of other rules is asked no more; what it cost stays spent.
  if (last !== undefined && last.end === undefined && last.entry.noiseMilli !== epsilonMilli) {
    await accountant.end(last, { from: now, to: now, alarm: "" });
  }
  const size = knownSize(accountant);
  const isEnough = size >= operatorsForAlarms(epsilonMilli);
  await askHours(path, { ...options, size: isEnough ? size : undefined });
  const after = accountant.lastWatch;
  if (after !== undefined && alarmAt(after, now) !== undefined) return Told.of(after, options);
  if (epsilonMilli === 0) return Told.of("off", options);
  if (!isEnough) return Told.of("too small", options);
  const watch = await accountant.watch(now, epsilonMilli);
  return Told.of(PaidWatch.is(watch) ? watch : "budget", options);
}

/** Asks the hours that are over and late enough; without a size they are passed over. */
async function askHours(
  path: string,
  { accountant, source, rules, now, size }: AlarmOptions & { size: number | undefined },
): Promise<void> {
  const closedHours = Math.floor((await source.closedThrough() + 1) / BINS_OF_HOUR);
  const due = Math.min(closedHours, Math.floor((now - LATE_SECONDS) / HOUR)) - 1;
  const asked = await readHour(path);
  // Where nothing is known of what was asked, it begins with what comes.
  if (asked === undefined) return await writeHour(path, due);
  for (let hour = Math.max(asked + 1, due - OLDEST_HOURS); hour <= due; hour++) {
    if (size !== undefined && hour * HOUR >= quietUntil(accountant.lastWatch)) {
      const watch = await accountant.watch(hour * HOUR, rules.alarmEpsilonMilli);
      if (PaidWatch.is(watch)) await askHour(watch, { accountant, source, hour, size });
    }
    // After the alarm is in the ledger, and before anybody hears that there was none.
    await writeHour(path, hour);
  }
}

async function askHour(
  watch: PaidWatch,
  { accountant, source, hour, size }: { accountant: Accountant; source: Source; hour: number; size: number },
): Promise<void> {
  const questions = await questionsOf(source, hour);
  const alarm = ask(watch, { hour, questions, size });
  if (alarm === undefined) return;
  const { from } = questions.find(({ about }) => about === alarm)!;
  await accountant.end(watch, { from, to: (hour + 1) * HOUR, alarm });
}

/** Until then there is nothing to ask: an alarm was raised in the hour, or is still on. */
function quietUntil(watch: PaidWatch | undefined): number {
  const { alarm = "", to = 0 } = watch?.end ?? {};
  return alarm === "" ? 0 : alarm === STRESS ? to + ALARM_SECONDS : to;
}

/** The alarm about the network that is on at a time. */
function alarmAt(watch: PaidWatch, now: number): { since: number; until: number } | undefined {
  const until = quietUntil(watch);
  return watch.end?.alarm === STRESS && now < until ? { since: watch.end.from, until } : undefined;
}

async function readHour(path: string): Promise<number | undefined> {
  try {
    const hour = Number(await Deno.readTextFile(path));
    return Number.isSafeInteger(hour) ? hour : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function writeHour(path: string, hour: number): Promise<void> {
  await writeWhole(path, `${hour}\n`);
}
