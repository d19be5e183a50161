/**
 * The watch over hidden nodes: questions are asked hour after hour, of how many operators say yes, and nothing is heard of
 * them until one sum is surely above a limit. This is AboveThreshold of the sparse vector technique (Dwork and Roth 2014,
 * algorithm 1): whatever is asked, and however often, all answers together are ε-private up to the first alarm. The next
 * alarm needs another watch, which is paid for again.
 *
 * @module
 */

import { PaidWatch } from "./accountant.ts";
import { BoundedSum } from "./bounded.ts";
import { discreteLaplace } from "./gaussian.ts";
import { UNITS } from "./public.ts";

/** One question. */
export interface Question {
  /** What it is about: "stress", or the hash of a block. Not asked twice of the same hour. */
  readonly about: string;
  /** Operators that say yes. */
  readonly sum: BoundedSum;
}

/** Parts of ε, in thousandths: for the noise of the limit and for that of the answers (Lyu, Su, Li 2017). */
const LIMIT_PART = 386;
const ANSWER_PART = 614;
const MILLI = 1000;
/** Questions of a year: one each hour, and one of each block. */
const QUESTIONS = 61_320;
/** How often a whole year in which nobody says yes has an alarm all the same, at most. */
const FALSE_ALARMS = 0.2;
/** An alarm needs this part of all operators, */
const PART_OF_ALL = 3;
/** and where the noise wants more than that, all of them have to be so many times as many. */
const ROOM = 1.5;

/** What the first question is about whose sum is above the limit; `size` is the number of operators, as it is known. */
export function ask(
  watch: PaidWatch,
  { hour, questions, size }: { hour: number; questions: readonly Question[]; size: number },
): string | undefined {
  if (!PaidWatch.is(watch) || watch.end !== undefined) {
    throw new TypeError("Cannot ask a watch that was not paid for, or has ended");
  }
  const { noiseMilli } = watch.entry;
  const { limitScale, answerScale } = scalesOf(noiseMilli);
  // The same for all questions of this watch: that is why those below the limit cost nothing.
  const limit = limitUnits(noiseMilli, size) +
    Number(discreteLaplace(BigInt(limitScale), watch.bits("limit")));
  for (const { about, sum } of questions) {
    const [exact] = BoundedSum.read(sum);
    const bits = watch.bits(JSON.stringify(["answer", hour, about, exact]));
    if (exact! + Number(discreteLaplace(BigInt(answerScale), bits)) >= limit) return about;
  }
  return undefined;
}

/** Operators that it takes for alarms: with fewer, not even all of them together are surely louder than the noise. */
export function operatorsForAlarms(epsilonMilli: number): number {
  return epsilonMilli <= 0 ? Infinity : Math.ceil(ROOM * marginOf(epsilonMilli));
}

/** The limit without its noise. */
function limitUnits(epsilonMilli: number, size: number): number {
  return Math.ceil(Math.max(size / PART_OF_ALL, marginOf(epsilonMilli)) * UNITS);
}

/** Operators that are louder than the noise of a year, but for so many false alarms. */
function marginOf(epsilonMilli: number): number {
  const { limitScale, answerScale } = scalesOf(epsilonMilli);
  const noise = answerScale * Math.log(QUESTIONS / FALSE_ALARMS) + limitScale * Math.log(1 / FALSE_ALARMS);
  return noise / UNITS;
}

/**
 * Scales of the noise, in units, rounded up. An operator moves a sum by UNITS at most; an answer has twice of that, since
 * what it says can move one sum up and another down.
 */
function scalesOf(epsilonMilli: number): { limitScale: number; answerScale: number } {
  return {
    limitScale: Math.ceil(UNITS * MILLI * MILLI / (LIMIT_PART * epsilonMilli)),
    answerScale: Math.ceil(2 * UNITS * MILLI * MILLI / (ANSWER_PART * epsilonMilli)),
  };
}
