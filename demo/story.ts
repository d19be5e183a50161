/**
 * The story: ordinary hours, and what comes between them, again and again.
 *
 * @module
 */

import type { Happening } from "./node.ts";
import { type Scenario, scenario } from "./scenarios/mod.ts";

/** A part of the story. */
interface Chapter {
  /** What happens; nothing in an ordinary one. */
  readonly scenario?: Scenario;
  /** Unix milliseconds. */
  readonly from: number;
  /** Not included. */
  readonly to: number;
  /** So many times faster than the others does it go by. */
  readonly hurry: number;
  /** For people who see it. */
  readonly text: string;
}

/** What a story is about. */
export interface StoryOptions {
  /** When it begins, Unix milliseconds. */
  readonly opening: number;
  /** How many operators there are. */
  readonly operators: number;
  /** The one thing that happens. */
  readonly scenario: string | undefined;
}

const ATTACKS: readonly (readonly [name: string, text: string])[] = [
  ["addr-flood", "Somebody floods the network with made-up addresses, as in July 2021"],
  ["linking-lion", "Short connections from three netgroups, again and again, like LinkingLion's"],
  ["inv-to-send", "More transactions than nodes can announce, as in May 2023: queues grow, nodes get slow"],
  ["stale-block", "Two miners find a block at the same height; one of them loses"],
];
/** A node that has another chain than all others would be another story. */
const OF_THE_CHAIN = ["stale-block", "stale-tip", "block-stall"];
/** Share of the operators whose nodes meet anything else. */
const MET_BY = 2 / 3;
/** Of ordinary hours nobody wants to see every minute. */
const HURRY = 6;
const MINUTES = { first: 20, after: 20, calm: 240 };
const MINUTE_MS = 60_000;

/** A story that has no end. */
export class Story {
  readonly #options: StoryOptions;
  readonly #chapters: Chapter[] = [];
  readonly #happenings: Happening[][];
  #begun: Chapter | undefined;

  /** The story from its beginning. */
  constructor(options: StoryOptions) {
    this.#options = options;
    this.#happenings = Array.from({ length: options.operators }, () => []);
    this.#ordinary(MINUTES.first, "Everything is as usual");
    this.#write();
  }

  /** What happens to an operator's nodes; it grows with the story. */
  happenings(operator: number): readonly Happening[] {
    return this.#happenings[operator]!;
  }

  /** How fast time goes by now. */
  hurry(now: number): number {
    return this.#at(now).hurry;
  }

  /** When the next part begins. */
  nextAfter(now: number): number {
    return this.#at(now).to;
  }

  /** The part that has begun since it was asked last. */
  begunAt(now: number): { text: string; isQuiet: boolean } | undefined {
    const chapter = this.#at(now);
    if (chapter === this.#begun) return undefined;
    this.#begun = chapter;
    return { text: chapter.text, isQuiet: chapter.scenario === undefined };
  }

  #at(now: number): Chapter {
    // Nodes look ten seconds ahead, so what comes is known an hour before.
    if (now + 60 * MINUTE_MS >= this.#end) this.#write();
    return this.#chapters.find(({ to }) => now < to)!;
  }

  get #end(): number {
    return this.#chapters.at(-1)?.to ?? this.#options.opening;
  }

  #write(): void {
    const { scenario: only } = this.#options;
    for (const [name, text] of only === undefined ? ATTACKS : [[only, sentenceOf(only)] as const]) {
      this.#attack(scenario(name), text);
      this.#ordinary(MINUTES.after, "It is over");
      this.#ordinary(MINUTES.calm, "Ordinary hours go by", HURRY);
    }
  }

  #ordinary(minutes: number, text: string, hurry = 1): void {
    this.#chapters.push({ from: this.#end, to: this.#end + minutes * MINUTE_MS, hurry, text });
  }

  #attack(scenario: Scenario, text: string): void {
    const [from, to] = [this.#end, this.#end + (scenario.toMinute - scenario.fromMinute) * MINUTE_MS];
    this.#chapters.push({ scenario, from, to, hurry: 1, text });
    const met = OF_THE_CHAIN.includes(scenario.name) ? 1 : MET_BY;
    const operators = Math.ceil(this.#options.operators * met);
    this.#happenings.slice(0, operators).forEach((own) => own.push({ scenario, from, to }));
  }
}

function sentenceOf(name: string): string {
  const { about } = scenario(name);
  return about[0]!.toUpperCase() + about.slice(1);
}
