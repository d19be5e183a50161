/**
 * What the service answers: its key log to everybody, evaluations to operators. It neither keeps nor prints who came
 * from where, and what it evaluates is blinded.
 *
 * @module
 */

import { keyText } from "../../proto/federation/keys.ts";
import { memberHash, type MemberList, parseMemberList } from "../../proto/federation/member_list.ts";
import { Bucket } from "../../runtime/bucket.ts";
import { EXPOSITION_TYPE, family } from "../../runtime/exposition.ts";
import type { Log } from "../../runtime/log.ts";
import { reasonOf } from "../../runtime/reason.ts";
import { entryText } from "../sightings/key_log.ts";
import { evaluate } from "../sightings/oprf.ts";
import {
  answerText,
  elementsOf,
  isAskedBy,
  parseQuestion,
  type Question,
  questionBytes,
} from "../sightings/question.ts";
import { EpochKeys, NoKey } from "./epoch_keys.ts";
import { type Allowed, Quota } from "./quota.ts";

/** What a service is made of. */
export interface ServiceOptions extends Allowed {
  /** Where it keeps its keys and accounts. */
  readonly folder: string;
  /** File with the operators that may ask. */
  readonly members: string;
  /** The service's public key. */
  readonly publicKey: Uint8Array;
  /** The keys of epochs. */
  readonly keys: EpochKeys;
  /** Elements in one question. */
  readonly batch: number;
  /** Questions of one operator in a minute. */
  readonly perMinute: number;
  /** Where lines go. */
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** What is counted; there is nothing of a client in it. */
const OUTCOMES = [
  "answered",
  "again",
  "malformed",
  "too-large",
  "unknown",
  "wrong-epoch",
  "spent",
  "full",
  "too-fast",
  "no-key",
  "broken",
] as const;
type Outcome = typeof OUTCOMES[number];

/** Refusals: a status, and words that begin with one for machines. */
const REFUSALS: Readonly<Record<Exclude<Outcome, "answered" | "again">, readonly [number, string]>> = {
  malformed: [400, "malformed: not a question"],
  "too-large": [413, "too-large: more than is taken at once"],
  unknown: [403, "unknown: no operator on the list signed this"],
  "wrong-epoch": [409, "wrong-epoch: look at the key log, and at the clock"],
  spent: [429, "spent: no more in this epoch"],
  full: [429, "full: more operators than expected in this epoch"],
  "too-fast": [429, "too-fast: wait a minute"],
  "no-key": [503, "no-key: there is none for this epoch"],
  broken: [503, "broken: the service has trouble, try again"],
};

/** How often the list of members is looked at. */
const LIST_MS = 1000;

/** A randomness service without a listener. */
export class Service {
  readonly #options: ServiceOptions;
  readonly #now: () => number;
  readonly #counts = new Map<Outcome, number>(OUTCOMES.map((outcome) => [outcome, 0]));
  readonly #buckets = new Map<string, Bucket>();
  #elements = 0;
  #quota: { readonly epoch: number; readonly of: Quota } | undefined;
  #list: MemberList | undefined;
  #operators = new Map<string, readonly string[]>();
  #listedAt = -Infinity;
  #listTime = 0;
  #listTrouble: string | undefined;

  /** One that has answered nothing yet. */
  constructor(options: ServiceOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#readList();
  }

  /** Turns keys and accounts when an epoch is over; to be called every second. */
  async tick(): Promise<void> {
    await this.#options.keys.expire(this.#seconds());
    const epoch = await this.#epoch();
    // The accounts of the epoch before are erased, also when nobody asks.
    if (epoch !== undefined) this.#quotaOf(epoch);
    // Of operators that are not on the list any more.
    if (this.#buckets.size > this.#operators.size) this.#buckets.clear();
    if (this.#now() - this.#listedAt > LIST_MS) this.#readList();
  }

  /** Answers a request. */
  async answer(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/evaluate") {
      return request.method === "POST" ? await this.#evaluate(request) : text("Ask with POST\n", 405);
    }
    if (request.method !== "GET" && request.method !== "HEAD") return text("That is not done here\n", 405);
    if (pathname === "/key-log") return await this.#keyLog(Number(searchParams.get("from") ?? 0));
    if (pathname === "/metrics") return text(this.#metrics(), 200, EXPOSITION_TYPE);
    if (pathname === "/health") return Response.json({ status: "up" });
    if (pathname === "/") return text(this.#about());
    return text("There is nothing here\n", 404);
  }

  async #keyLog(from: number): Promise<Response> {
    // So that the key of now is in it, whoever asks first.
    await this.#options.keys.expire(this.#seconds()).catch(() => {});
    const entries = this.#options.keys.entries(Number.isSafeInteger(from) ? from : 0);
    const service = keyText("randomness", this.#options.publicKey);
    return json(`{"service":"${service}","entries":[${entries.map(entryText).join(",\n")}]}`);
  }

  async #evaluate(request: Request): Promise<Response> {
    const body = await bodyOf(request, questionBytes(this.#options.batch));
    if (body === undefined) return this.#refuse("too-large");
    const question = parseQuestion(body);
    if (question === undefined) return this.#refuse("malformed");
    const elements = elementsOf(question.blinded);
    if (elements.length > this.#options.batch) return this.#refuse("too-large");
    const operator = await this.#operatorOf(question);
    if (operator === undefined) return this.#refuse("unknown");
    try {
      return await this.#answerTo(question, { ...operator, elements });
    } catch (error) {
      if (error instanceof NoKey) return this.#refuse("no-key");
      this.#options.log.error(`Cannot answer: ${reasonOf(error)}`);
      return this.#refuse("broken");
    }
  }

  async #answerTo(
    { epoch, blinded }: Question,
    { key, keys, elements }: { key: string; keys: readonly string[]; elements: readonly Uint8Array[] },
  ): Promise<Response> {
    const current = await this.#options.keys.current(this.#seconds());
    if (current.epoch !== epoch) return this.#refuse("wrong-epoch");
    let bucket = this.#buckets.get(keys[0]!);
    if (bucket === undefined) {
      this.#buckets.set(keys[0]!, bucket = new Bucket(this.#options.perMinute, this.#now()));
    }
    if (bucket.take(1, this.#now()) > 0) return this.#refuse("too-fast");
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", blinded)).toHex();
    const charge = this.#quotaOf(epoch).charge({ key, keys, question: hash, elements: elements.length });
    if (charge === "spent" || charge === "full") return this.#refuse(charge);
    let evaluation;
    try {
      evaluation = evaluate(current.key, elements);
    } catch {
      // No elements of the group; what they took of the quota is gone.
      return this.#refuse("malformed");
    }
    this.#count(charge === "again" ? "again" : "answered");
    this.#elements += elements.length;
    return json(answerText(evaluation));
  }

  /** The operator on the list that signed a question, with the hashes of all its keys. */
  async #operatorOf(question: Question): Promise<{ key: string; keys: readonly string[] } | undefined> {
    if (this.#list === undefined) return undefined;
    const key = (await memberHash(this.#list.hubKey, question.operator)).toHex();
    const keys = this.#operators.get(key);
    if (keys === undefined || !await isAskedBy(question, this.#options.publicKey)) return undefined;
    return { key, keys };
  }

  #quotaOf(epoch: number): Quota {
    if (this.#quota?.epoch !== epoch) {
      this.#quota = { epoch, of: new Quota(this.#options.folder, epoch, this.#options) };
    }
    return this.#quota.of;
  }

  /** Read again whenever the file is another; one that cannot be read changes nothing. */
  #readList(): void {
    const { members, log } = this.#options;
    this.#listedAt = this.#now();
    try {
      const time = Deno.statSync(members).mtime?.getTime() ?? 0;
      if (time === this.#listTime) return;
      this.#list = parseMemberList(Deno.readTextFileSync(members));
      this.#listTime = time;
      this.#operators = new Map(this.#list.operators.flatMap((keys) => keys.map((key) => [key, keys])));
      this.#listTrouble = undefined;
      log.info(`${this.#list.operators.length} operators of ${keyText("hub", this.#list.hubKey)} may ask`);
    } catch (error) {
      const isMissing = error instanceof Deno.errors.NotFound;
      const why = isMissing ? "there is none" : reasonOf(error);
      if (why === this.#listTrouble) return;
      this.#listTrouble = why;
      log.warn(
        `Cannot read the list of operators "${members}": ${why}; the hub's operator makes it with \`hub members --hub.hashes\``,
      );
    }
  }

  #refuse(outcome: keyof typeof REFUSALS): Response {
    this.#count(outcome);
    const [status, error] = REFUSALS[outcome];
    return Response.json({ error }, { status, headers: { "cache-control": "no-store" } });
  }

  #count(outcome: Outcome): void {
    this.#counts.set(outcome, this.#counts.get(outcome)! + 1);
  }

  #metrics(): string {
    const counts = [...this.#counts].map(([outcome, value]) => ({ labels: { outcome }, value }));
    const one = (value: number) => [{ value }];
    const name = (rest: string) => `waggle_randomness_${rest}`;
    return [
      family(name("questions_total"), "counter", "Questions by what became of them", counts),
      family(name("elements_total"), "counter", "Blinded elements evaluated", one(this.#elements)),
      family(name("operators"), "gauge", "Operators that may ask", one(this.#list?.operators.length ?? 0)),
      family(
        name("operators_asked"),
        "gauge",
        "Operators that have asked in this epoch",
        one(this.#quota?.of.operators ?? 0),
      ),
      family(
        name("epoch"),
        "gauge",
        "The last epoch with a key",
        one(this.#options.keys.entries(0).at(-1)?.epoch ?? 0),
      ),
    ].join("");
  }

  #about(): string {
    return `A randomness service for sightings, ${keyText("randomness", this.#options.publicKey)}\n` +
      "GET /key-log, POST /evaluate, GET /metrics, GET /health\n";
  }

  async #epoch(): Promise<number | undefined> {
    return await this.#options.keys.current(this.#seconds()).then(({ epoch }) => epoch, () => undefined);
  }

  #seconds(): number {
    return Math.floor(this.#now() / 1000);
  }
}

/** The body of a request; `undefined` if it is too long. */
async function bodyOf(request: Request, most: number): Promise<string | undefined> {
  if (Number(request.headers.get("content-length") ?? 0) > most) return undefined;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > most) return undefined;
    chunks.push(chunk);
  }
  return await new Blob(chunks as Uint8Array<ArrayBuffer>[]).text();
}

function text(body: string, status = 200, type = "text/plain; charset=utf-8"): Response {
  return new Response(body, { status, headers: { "content-type": type, "cache-control": "no-store" } });
}

function json(body: string): Response {
  return text(body, 200, "application/json");
}
