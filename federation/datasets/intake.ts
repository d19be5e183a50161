/**
 * What a hub answers to those who contribute data sets. Each request says by itself who sends it and where its bytes
 * belong, so that either side may be killed between any two of them.
 *
 * @module
 */

import { contributorOf, isCodeOf, parseContributionCode } from "../../proto/federation/contribution.ts";
import { sleep } from "../../runtime/backoff.ts";
import { Bucket } from "../../runtime/bucket.ts";
import type { Log } from "../../runtime/log.ts";
import { inspect } from "./inspect.ts";
import { bytesOf, checkSizes, idOf, isId, MOST_OFFER_BYTES, parseOffer, Refused } from "./offer.ts";
import type { Entry, Shelf, ShelfLimits, State } from "./shelf.ts";

/** Where contributors post to: `/contribute/offer`, `/contribute/ID/NAME?at=OFFSET`, `/contribute/ID`. */
export const CONTRIBUTE_PATH = "/contribute/";
/** Bytes of a file that are sent at once. */
export const MOST_CHUNK_BYTES = 1024 * 1024;

/** What a contributor is told of its data set. */
export interface Progressed {
  /** Its name. */
  readonly id: string;
  /** How far it has come. */
  readonly state: State | "released";
  /** Bytes of each file that have come. */
  readonly have: Readonly<Record<string, number>>;
  /** Why it was refused. */
  readonly why?: string | undefined;
}

/** What a contributor is told when something is not done. */
export interface Refusal {
  /** A machine word. */
  readonly refused: string;
  /** A sentence. */
  readonly why: string;
  /** When it may be tried again. */
  readonly afterMs?: number;
}

/** What an intake needs. */
export interface IntakeOptions {
  /** Where data sets go. */
  readonly shelf: Shelf;
  /** How much is taken. */
  readonly limits: ShelfLimits & {
    /** Bytes a minute of a contributor. */
    readonly bytesPerMinute: number;
  };
  /** The hub's key. */
  readonly hubKey: Uint8Array;
  /** What a member is called; `undefined` for everybody else. */
  readonly member: (key: Uint8Array) => Promise<string | undefined>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Its log. */
  readonly log: Log;
}

const REQUESTS_PER_MINUTE = 3000;
const OFFERS_PER_MINUTE = 30;
/** Contributors whose rates are remembered; only members and codes of the hub have any. */
const MOST_REMEMBERED = 10_000;
const LOOK_AGAIN_MS = 60_000;
/** Looking at a data set may keep others waiting so long before it waits itself. */
const AT_ONCE_MS = 5;
const STATUS: Readonly<Record<string, number>> = {
  unauthorized: 401,
  gone: 404,
  "not-yours": 409,
  "too-large": 413,
  "too-fast": 429,
};

/** Takes data sets. */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #rates = new Map<string, { offers: Bucket; requests: Bucket; bytes: Bucket }>();
  #working: Promise<unknown> = Promise.resolve();
  #wake = () => {};

  /** One that has been asked nothing yet. */
  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** How long the body of a request may be: pieces of files are taken from those who may send them. */
  async mostBytes({ pathname }: URL, authorization: string | undefined): Promise<number> {
    const [, , id = "", name] = pathname.split("/");
    if (name === undefined || !isId(id)) return MOST_OFFER_BYTES;
    return await this.#from(authorization, id) === undefined ? 0 : MOST_CHUNK_BYTES;
  }

  /** Answers a request. */
  async answer(request: Request): Promise<Response> {
    try {
      return Response.json(await this.#answer(request));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { word: refused, message: why } = error;
      const afterMs = error instanceof TooFast ? error.afterMs : undefined;
      const body: Refusal = { refused, why, ...afterMs !== undefined && { afterMs } };
      return Response.json(body, { status: STATUS[refused] ?? 400 });
    }
  }

  async #answer(request: Request): Promise<Progressed | { size: number }> {
    const { pathname, searchParams } = new URL(request.url);
    const [, , id = "", name] = pathname.split("/");
    const line = request.headers.get("authorization") ?? undefined;
    if (id === "offer") return await this.#offer(await request.text(), line);
    const from = isId(id) ? await this.#from(line, id) : undefined;
    if (from === undefined) throw unauthorized();
    const rates = this.#ratesOf(from);
    hold(rates.requests, 1, this.#options.now());
    const entry = await this.#entry(id, from);
    if (name === undefined) return await this.#oneByOne(() => this.#finish(entry));
    const at = searchParams.get("at") ?? "";
    if (!/^\d{1,15}$/.test(at)) throw new Refused("malformed", "it is not said where the bytes belong");
    const bytes = await request.bytes();
    hold(rates.bytes, bytes.length, this.#options.now());
    return { size: await this.#oneByOne(() => this.#options.shelf.append(entry, name, Number(at), bytes)) };
  }

  async #offer(text: string, line: string | undefined): Promise<Progressed> {
    const { shelf, limits, now, log } = this.#options;
    const offer = parseOffer(text);
    const id = idOf(offer);
    const from = await this.#from(line, id);
    if (from === undefined) throw unauthorized();
    hold(this.#ratesOf(from).offers, 1, now());
    checkSizes(offer, limits);
    if ((await shelf.listed()).some((listed) => listed.id === id)) return { id, state: "released", have: {} };
    return await this.#oneByOne(async () => {
      const code = parseContributionCode(line ?? "");
      const isNew = await shelf.find(id) === undefined;
      // Whoever has begun in time may end.
      if (isNew && code !== undefined) {
        if (code.expires < now() / 1000) {
          throw new Refused("expired", "the code is void: ask for another one");
        }
        await shelf.useCode(code.nonce.toHex(), id, code.expires);
      }
      const entry = await shelf.take(offer, from, limits);
      if (isNew) log.info(`Data set ${id} of ${bytesOf(offer)} bytes arrives`);
      return await this.#progressed(entry);
    });
  }

  async #finish(entry: Entry): Promise<Progressed> {
    if (entry.state !== "arriving") return await this.#progressed(entry);
    const finished = await this.#options.shelf.finish(entry);
    this.#wake();
    return await this.#progressed(finished);
  }

  async #progressed(entry: Entry): Promise<Progressed> {
    const { id, state, why } = entry;
    return { id, state, have: state === "arriving" ? await this.#options.shelf.have(entry) : {}, why };
  }

  async #entry(id: string, from: string): Promise<Entry> {
    const entry = await this.#options.shelf.find(id);
    if (entry === undefined) throw new Refused("gone", "there is no such data set any more: offer it again");
    if (entry.from !== from) {
      throw new Refused("not-yours", "somebody else contributes this data set already");
    }
    return entry;
  }

  /** Who sends a line for a data set: a member, or a code. Nothing else is known of anybody. */
  async #from(line: string | undefined, id: string): Promise<string | undefined> {
    const { hubKey, member } = this.#options;
    const code = parseContributionCode(line ?? "");
    if (code !== undefined) {
      return await isCodeOf(hubKey, code) ? `code ${code.nonce.toHex().slice(0, 12)}` : undefined;
    }
    const key = await contributorOf(line ?? "", hubKey, Uint8Array.fromHex(id));
    return key === undefined ? undefined : await member(key);
  }

  #ratesOf(from: string) {
    let rates = this.#rates.get(from);
    if (rates === undefined) {
      if (this.#rates.size >= MOST_REMEMBERED) this.#rates.clear();
      const { now, limits } = this.#options;
      rates = {
        offers: new Bucket(OFFERS_PER_MINUTE, now()),
        requests: new Bucket(REQUESTS_PER_MINUTE, now()),
        bytes: new Bucket(Math.max(limits.bytesPerMinute, MOST_CHUNK_BYTES), now()),
      };
      this.#rates.set(from, rates);
    }
    return rates;
  }

  /** Sizes are looked at and changed by one request at a time. */
  #oneByOne<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#working.then(work);
    this.#working = done.catch(() => {});
    return done;
  }

  /** Looks at what has come, one after the other, and deletes what nobody finishes, until it is told to stop. */
  async run(signal: AbortSignal): Promise<void> {
    const { log, shelf } = this.#options;
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => this.#wake = resolve);
      try {
        for (const entry of await shelf.entries()) {
          if (entry.state === "checking") await this.#check(entry, signal);
        }
        const gone = await shelf.expire();
        if (gone > 0) log.info(`Deleted ${gone} data sets that nobody finished`);
      } catch (error) {
        if (signal.aborted) return;
        log.error(`Cannot look at data sets: ${error instanceof Error ? error.message : error}`);
      }
      await Promise.race([woken, sleep(LOOK_AGAIN_MS, signal).catch(() => {})]);
    }
  }

  async #check(entry: Entry, signal: AbortSignal): Promise<void> {
    const { shelf, log } = this.#options;
    try {
      const manifest = await inspect(shelf.filesOf(entry.id), entry.offer, { signal, pause: gently(signal) });
      await shelf.accept(entry, manifest);
      log.info(
        `Data set ${entry.id} has come; look at it with \`hub datasets show ${entry.id.slice(0, 8)}\``,
      );
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      await shelf.refuse(entry, error.message);
      log.warn(`Refused data set ${entry.id}: ${error.message}`);
    }
  }
}

/** Not now. */
class TooFast extends Refused {
  constructor(readonly afterMs: number) {
    super("too-fast", "that is faster than the hub takes it");
  }
}

function hold(bucket: Bucket, amount: number, now: number): void {
  const early = bucket.take(amount, now);
  if (early === 0) return;
  // It is not done, so it does not count.
  bucket.take(-amount, now);
  throw new TooFast(early);
}

function unauthorized(): Refused {
  return new Refused("unauthorized", "neither a member's signature nor a code of this hub");
}

/** Waits as long as it has worked. */
function gently(signal: AbortSignal): () => Promise<void> {
  let since = performance.now();
  return async () => {
    const worked = performance.now() - since;
    if (worked < AT_ONCE_MS) return;
    await sleep(worked, signal);
    since = performance.now();
  };
}
