import type { Measured, Rule } from "./rule.ts";

/** An alert ends when the level has been this far below the limit … */
const CLEAR_LEVEL = 0.8;
/** … for this long. */
const CLEAR_FOR_MS = 5 * 60_000;
/** Nothing heard for so long is also an end: nobody can say whether it goes on. */
const SILENT_MS = 30 * 60_000;

/** What became of a condition. */
export type Change = "fires" | "clears" | "is silent";

/**
 * When a level becomes an alert and when the alert ends. It must hold for the rule's time before it fires; it must be
 * well below the limit for five minutes before it ends; after that it rests for the cool-down.
 */
export class Condition {
  readonly #holdMs: number;
  readonly #cooldownMs: number;
  #beyondSince: number | undefined;
  #below: number | undefined;
  #heardAt = 0;
  #restsUntil = -Infinity;
  /** What fired, while it fires. */
  firingSince: number | undefined;

  /** A condition that is fine. */
  constructor({ holdMs = 0 }: Pick<Rule, "holdMs">, cooldownMs: number) {
    this.#holdMs = holdMs;
    this.#cooldownMs = cooldownMs;
  }

  /** Nothing that has to be remembered. */
  isIdle(now: number): boolean {
    return this.firingSince === undefined && this.#beyondSince === undefined && now >= this.#restsUntil;
  }

  /** Takes how things stand now; `undefined` when that cannot be said. */
  step(now: number, measured: Measured | undefined): Change | undefined {
    if (measured === undefined) return this.#unheard(now);
    this.#heardAt = now;
    return this.firingSince === undefined ? this.#whileFine(now, measured) : this.#whileFiring(now, measured);
  }

  #whileFine(now: number, { level }: Measured): Change | undefined {
    if (!(level >= 1)) {
      this.#beyondSince = undefined;
      return undefined;
    }
    this.#beyondSince ??= now;
    if (now - this.#beyondSince < this.#holdMs || now < this.#restsUntil) return undefined;
    this.firingSince = this.#beyondSince;
    this.#below = undefined;
    return "fires";
  }

  #whileFiring(now: number, { level }: Measured): Change | undefined {
    if (level >= CLEAR_LEVEL) this.#below = undefined;
    else this.#below ??= now;
    if (this.#below === undefined || now - this.#below < CLEAR_FOR_MS) return undefined;
    return this.#end(now, "clears");
  }

  #unheard(now: number): Change | undefined {
    if (this.firingSince === undefined) this.#beyondSince = undefined;
    else if (now - this.#heardAt >= SILENT_MS) return this.#end(now, "is silent");
    return undefined;
  }

  #end(now: number, change: Change): Change {
    this.firingSince = undefined;
    this.#beyondSince = undefined;
    this.#below = undefined;
    this.#restsUntil = now + this.#cooldownMs;
    return change;
  }
}
