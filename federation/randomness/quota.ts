/**
 * How much each operator has asked in an epoch. It is on the disk before anything is answered, so that a restart gives
 * nobody more.
 *
 * @module
 */

import { appendLine, erase, readLines } from "./files.ts";

/** What may be asked in an epoch. */
export interface Allowed {
  /** Elements of one operator. */
  readonly perOperator: number;
  /** Operators: whoever keeps the list of members could put in more than there are. */
  readonly operators: number;
}

/** What became of a question. `again` costs nothing: it is the same question as before. */
export type Charge = "taken" | "again" | "spent" | "full";

const FILE = /^quota-(\d+)\.jsonl$/;

/** The accounts of one epoch. */
export class Quota {
  readonly #path: string;
  readonly #allowed: Allowed;
  readonly #spent = new Map<string, { elements: number; readonly questions: Set<string> }>();

  /** Those of an epoch in a folder; those of other epochs are erased. */
  constructor(folder: string, epoch: number, allowed: Allowed) {
    this.#path = `${folder}/quota-${epoch}.jsonl`;
    this.#allowed = allowed;
    for (const { name } of Deno.readDirSync(folder)) {
      const own = FILE.exec(name)?.[1];
      if (own !== undefined && Number(own) !== epoch) erase(`${folder}/${name}`);
    }
    for (const line of readLines(this.#path)) {
      const { operator, question, elements } = JSON.parse(line);
      this.#note(operator, question, elements);
    }
  }

  /** How many operators have asked. */
  get operators(): number {
    return this.#spent.size;
  }

  /** Takes a question of an operator, who may have several keys, from what that has left. */
  charge(
    { keys, key, question, elements }: {
      readonly keys: readonly string[];
      readonly key: string;
      readonly question: string;
      readonly elements: number;
    },
  ): Charge {
    const accounts = keys.flatMap((each) => this.#spent.get(each) ?? []);
    if (accounts.some(({ questions }) => questions.has(question))) return "again";
    const spent = accounts.reduce((sum, account) => sum + account.elements, 0);
    if (spent + elements > this.#allowed.perOperator) return "spent";
    if (accounts.length === 0 && this.#spent.size >= this.#allowed.operators) return "full";
    appendLine(this.#path, JSON.stringify({ operator: key, question, elements }));
    this.#note(key, question, elements);
    return "taken";
  }

  #note(operator: string, question: string, elements: number): void {
    const account = this.#spent.get(operator) ?? { elements: 0, questions: new Set() };
    account.elements += elements;
    account.questions.add(question);
    this.#spent.set(operator, account);
  }
}
