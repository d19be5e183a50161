/**
 * Who may sign in. Whoever cannot is told so in the same words and after the same time, whatever was wrong, so that
 * nobody learns whose keys are members'.
 *
 * @module
 */

import {
  challengeText,
  isAnswer,
  parseAnswer,
  parseChallenge,
  readHubToken,
} from "../../proto/federation/sign_in.ts";
import { Challenges } from "./challenges.ts";
import type { Door } from "./sources.ts";

/** What signing in needs. */
export interface SignInOptions {
  readonly door: Door;
  readonly hubKey: Uint8Array<ArrayBuffer>;
  now(): number;
}

/** What came of it. `again`: the challenge or the token was not good (any more), which has nothing to do with a key. */
export type Outcome = { readonly as: "member"; readonly slot: number } | { readonly as: "hub" } | {
  readonly as: "nobody" | "again";
};

/** A refusal comes after this time, however short the work was. */
const REFUSAL_MS = 300;
/** Attempts a minute that are looked at: of one member, and of all others together. No address is asked for. */
const PER_MEMBER = 30;
const OF_STRANGERS = 600;
const MINUTE_MS = 60_000;
/** A token of the hub ends soon; one that claims more is none. */
const LONGEST_TOKEN_SECONDS = 600;

/** Lets people in. */
export class SignIn {
  readonly #options: SignInOptions;
  readonly #challenges = new Challenges();
  readonly #attempts = new Map<number | undefined, number>();
  #attemptsSince = 0;
  /** Tokens that have been used, until they would have ended. */
  readonly #usedTokens = new Map<string, number>();

  /** Nobody is in. */
  constructor(options: SignInOptions) {
    this.#options = options;
  }

  /** A line to sign, for the browser that a cookie calls `visit`. */
  async challenge(visit: string): Promise<string> {
    return challengeText(await this.#challenges.make(visit, this.#options.now()));
  }

  /** What an answer to a challenge is worth. */
  async member(lines: { challenge: string; answer: string }, visit: string): Promise<Outcome> {
    return await evenly(() => this.#member(lines, visit));
  }

  async #member(lines: { challenge: string; answer: string }, visit: string): Promise<Outcome> {
    const { door, hubKey, now } = this.#options;
    const challenge = parseChallenge(lines.challenge);
    if (challenge === undefined || !await this.#challenges.check(challenge, visit, now())) {
      return { as: "again" };
    }
    const answer = parseAnswer(lines.answer);
    if (answer === undefined) return { as: "nobody" };
    const slot = await door.find(answer.key);
    if (!this.#mayTry(slot)) return { as: "nobody" };
    if (!await isAnswer(answer, challenge, hubKey) || slot === undefined) return { as: "nobody" };
    return this.#challenges.use(challenge, now()) ? { as: "member", slot } : { as: "again" };
  }

  /** What a token of the hub is worth. */
  async hub(line: string): Promise<Outcome> {
    return await evenly(() => this.#hub(line));
  }

  async #hub(line: string): Promise<Outcome> {
    const { hubKey, now } = this.#options;
    if (!this.#mayTry(undefined)) return { as: "nobody" };
    const token = await readHubToken(line, hubKey);
    if (token === undefined) return { as: "nobody" };
    const seconds = now() / 1000;
    const isInTime = token.expires >= seconds && token.expires <= seconds + LONGEST_TOKEN_SECONDS;
    const nonce = token.nonce.toHex();
    if (!isInTime || this.#usedTokens.has(nonce)) return { as: "again" };
    for (const [used, expires] of this.#usedTokens) if (expires < seconds) this.#usedTokens.delete(used);
    this.#usedTokens.set(nonce, token.expires);
    return { as: "hub" };
  }

  #mayTry(slot: number | undefined): boolean {
    const now = this.#options.now();
    if (Math.abs(now - this.#attemptsSince) > MINUTE_MS) {
      this.#attempts.clear();
      this.#attemptsSince = now;
    }
    const attempts = (this.#attempts.get(slot) ?? 0) + 1;
    this.#attempts.set(slot, attempts);
    return attempts <= (slot === undefined ? OF_STRANGERS : PER_MEMBER);
  }
}

/** Only a success is quick. */
async function evenly(work: () => Promise<Outcome>): Promise<Outcome> {
  const wait = Promise.withResolvers<void>();
  const timer = setTimeout(wait.resolve, REFUSAL_MS);
  const outcome = await work().catch((): Outcome => ({ as: "nobody" }));
  if (outcome.as === "member" || outcome.as === "hub") clearTimeout(timer);
  else await wait.promise;
  return outcome;
}
