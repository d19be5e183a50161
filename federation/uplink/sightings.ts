/**
 * The operator's side of sightings: remembers which addresses did what nobody honest does, asks the randomness service
 * once in each epoch, and has as many sealed parts for the hub as everybody else. Whatever was seen, the service and
 * the hub get the same number of the same things.
 *
 * @module
 */

import * as codec from "../../proto/federation/codec.ts";
import { decode, encode } from "../../proto/federation/frame.ts";
import type { KeyPair } from "../../proto/federation/keys.ts";
import {
  NackCode,
  type Policy,
  type SightingRules,
  type Sightings as Part,
  type Taken,
} from "../../proto/federation/schema.ts";
import { parseIp } from "../../proto/subnet.ts";
import type { Log } from "../../runtime/log.ts";
import { BrokenLog, checkLog, entryText, type KeyEntry, parseEntry, parseLog } from "../sightings/key_log.ts";
import { blind, type Blinded, finish, inputOf } from "../sightings/oprf.ts";
import { epochAt, partsOf, PER_PART } from "../sightings/part.ts";
import { ask, parseAnswer } from "../sightings/question.ts";
import { MOST_K, seal } from "../sightings/share.ts";
import { encodeSighting, networkOf, REPORTED, SIGHTING_BYTES } from "../sightings/sighting.ts";
import { FILES, type UplinkFolder } from "./folder.ts";

/** How the service is spoken with. */
export interface Service {
  /** Its Ed25519 key, from the operator. */
  readonly key: Uint8Array;
  /** Its announcements from an epoch on. */
  keyLog(from: number): Promise<string>;
  /** Its answer to a question. */
  evaluate(question: string): Promise<string>;
}

/** What sightings need. */
export interface SightingsOptions {
  /** Where they are kept. */
  readonly folder: UplinkFolder;
  /** Whom to ask. */
  readonly service: Service;
  /** Who asks. */
  key(): Promise<KeyPair>;
  /** Addresses of the operator's nodes, which are never reported. */
  ownAddresses(): ReadonlySet<string>;
  /** Counts something. */
  count(what: string, by?: number): void;
  /** Where lines go. */
  readonly log: Log;
  /** From 0 up to and without 1. */
  readonly random?: () => number;
}

/** Sealed parts that wait for the hub. */
interface Pending {
  readonly epoch: number;
  /** Seconds after the end of the epoch at which they are sent: not everybody at once. */
  readonly afterSeconds: number;
  /** Encoded; those that the hub has are gone. */
  parts: Uint8Array[];
}

/** What is asked in an epoch. */
interface Question {
  readonly epoch: number;
  readonly contents: readonly Uint8Array<ArrayBuffer>[];
  readonly asked: readonly Blinded[];
}

/** More are not remembered, and more than that no operator sends. */
const MOST_SUSPECTS = 4096;
/** In which share of an epoch the service is asked: late, so that much was seen, and not at its end. */
const ASK = { from: 0.5, until: 0.9 } as const;
/** In which share of the next epoch parts are sent. */
const SEND_UNTIL = 0.4;
const FIRST_RETRY_SECONDS = 60;
/** Whatever goes wrong is tried again at least so often in an epoch. */
const LEAST_TRIES = 40;
const MOST_RETRY_MS = 3_600_000;
/** A code below says no for ever, but that of what comes too early. */
const FIRST_TEMPORARY_CODE = 16;

/** Sightings of an operator. */
export class Sightings {
  readonly #options: SightingsOptions;
  readonly #random: () => number;
  /** Encoded sightings, in hex, with the epoch in which they were seen last. */
  #suspects: Map<string, number>;
  #known: KeyEntry | undefined;
  #askedEpoch: number;
  #pending: Pending[];
  #rules: (SightingRules & { readonly k: number }) | undefined;
  #askAt: { readonly epoch: number; readonly seconds: number } | undefined;
  #asking: Promise<void> | undefined;
  #question: Question | undefined;
  #failures = 0;
  #notBefore = 0;
  #sendNotBefore = 0;
  #trouble: string | undefined;
  #isChanged = false;

  /** What was seen before goes on. */
  constructor(options: SightingsOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    const saved = (options.folder.readJson(FILES.sightings) ?? {}) as Record<string, unknown>;
    this.#suspects = new Map(pairs(saved.suspects));
    this.#known = parseEntry(saved.known);
    this.#askedEpoch = typeof saved.askedEpoch === "number" ? saved.askedEpoch : -1;
    this.#pending = pendingIn(saved.pending);
  }

  /** Rules of the hub; without sightings in them nothing is asked and nothing sent. */
  set policy({ sightings, kMember: k }: Policy) {
    const isOurs = sightings !== undefined &&
      sightings.randomnessKey.toHex() === this.#options.service.key.toHex();
    this.#rules = isOurs && sightings.epochSeconds > 0 && k <= MOST_K ? { ...sightings, k } : undefined;
    if (sightings === undefined) this.#trouble = "the hub wants none";
    else if (!isOurs) this.#trouble = "the hub wants another randomness service than --uplink.randomness-key";
    else this.#trouble = k > MOST_K ? `the hub wants more than ${MOST_K} operators for each` : undefined;
  }

  /** How it goes, for people. */
  get status(): string {
    const parts = this.#pending.reduce((sum, { parts }) => sum + parts.length, 0);
    const waiting = parts === 0 ? "" : `, ${parts} sealed parts wait for the hub`;
    const trouble = this.#trouble === undefined ? "" : `; ${this.#trouble}`;
    const key = this.#known === undefined ? "" : `; the service's key is ${this.#known.key.toHex()}`;
    return `${this.#suspects.size} sightings to ask about${waiting}${key}${trouble}`;
  }

  /** An address showed a behaviour. */
  note(address: Uint8Array, behaviour: number, now: number): void {
    if (this.#rules === undefined || !REPORTED.has(behaviour)) return;
    const network = networkOf(address);
    if (this.#isOwn(network)) return this.#options.count("sightings of own addresses, not reported");
    const sighting = encodeSighting({ network, behaviour }).toHex();
    if (!this.#suspects.has(sighting) && this.#suspects.size >= MOST_SUSPECTS) {
      return this.#options.count("sightings beyond the bound");
    }
    this.#suspects.set(sighting, epochAt(now / 1000, this.#rules));
    this.#isChanged = true;
  }

  #isOwn(network: Uint8Array): boolean {
    for (const text of this.#options.ownAddresses()) {
      const own = parseIp(text);
      if (own !== undefined && networkOf(own).toHex() === network.toHex()) return true;
    }
    return false;
  }

  /** Asks the service when it is time; to be called every second (Unix milliseconds). Never rejects. */
  work(now: number): void {
    if (this.#isChanged) this.#save();
    const rules = this.#rules;
    if (rules === undefined || this.#asking !== undefined) return;
    const seconds = now / 1000;
    const epoch = epochAt(seconds, rules);
    this.#forgetOld(epoch);
    if (this.#askAt?.epoch !== epoch) {
      const share = ASK.from + this.#random() * (ASK.until - ASK.from);
      this.#askAt = { epoch, seconds: (epoch + share) * rules.epochSeconds };
    }
    if (epoch <= this.#askedEpoch || seconds < this.#askAt.seconds || seconds < this.#notBefore) return;
    this.#asking = this.#ask(epoch, rules)
      .then(() => this.#failures = 0, (error) => this.#failed(error, { now, rules }))
      .then(() => this.#asking = undefined);
  }

  /** Ends when nothing is under way. */
  async settle(): Promise<void> {
    await this.#asking;
  }

  async #ask(epoch: number, { k, perEpoch, epochSeconds }: SightingRules & { k: number }): Promise<void> {
    const { service, log } = this.#options;
    const key = await this.#keyOf(epoch, epochSeconds);
    const { contents, asked } = this.#question = this.#prepare(epoch, partsOf({ perEpoch }) * PER_PART);
    const blinded = asked.map(({ blinded }) => blinded);
    const text = await service.evaluate(
      await ask(await this.#options.key(), service.key, { epoch, blinded }),
    );
    const answer = parseAnswer(text);
    if (answer === undefined) throw new Error("the service answered something else");
    const sealed = finish(asked, answer, key).map((output, i) => seal(output, contents[i]!, { k }));
    const parts = Array.from({ length: sealed.length / PER_PART }, (_, part) => {
      return encode(codec.encodeSightings, {
        ...{ epoch, part, key },
        sealed: sealed.slice(part * PER_PART, (part + 1) * PER_PART),
      });
    });
    const afterSeconds = Math.floor(this.#random() * SEND_UNTIL * epochSeconds);
    this.#pending.push({ epoch, afterSeconds, parts });
    this.#askedEpoch = epoch;
    for (const content of contents) this.#suspects.delete(content.toHex());
    this.#question = undefined;
    this.#trouble = undefined;
    this.#save();
    this.#options.count("epochs sealed");
    log.debug(`Sealed the sightings of epoch ${epoch}`);
  }

  /** The key of an epoch, from a log that goes on from what is known. */
  async #keyOf(epoch: number, epochSeconds: number): Promise<Uint8Array> {
    const { service } = this.#options;
    const entries = parseLog(await service.keyLog(this.#known?.epoch ?? 0));
    if (entries === undefined) throw new Error("the service has no key log");
    const last = await checkLog(service.key, entries, this.#known);
    this.#known = last;
    this.#save();
    if (last.epochSeconds !== epochSeconds) {
      throw new Error(`the hub has epochs of ${epochSeconds} seconds, the service of ${last.epochSeconds}`);
    }
    if (last.epoch !== epoch) throw new Error("the service is in another epoch: one of both clocks is wrong");
    return last.key;
  }

  /**
   * What is asked about, filled up with what nobody else can have, in random order. An answer that got lost is asked
   * for with the same question, which costs nothing.
   */
  #prepare(epoch: number, count: number): Question {
    if (this.#question?.epoch === epoch && this.#question.contents.length === count) return this.#question;
    const seen = shuffled([...this.#suspects.keys()], this.#random).slice(0, count);
    const left = this.#suspects.size - seen.length;
    if (left > 0) this.#options.count("sightings that did not fit", left);
    const padding = Array.from({ length: count - seen.length }, () => {
      return crypto.getRandomValues(new Uint8Array(SIGHTING_BYTES));
    });
    const contents = shuffled([...seen.map((text) => Uint8Array.fromHex(text)), ...padding], this.#random);
    return { epoch, contents, asked: contents.map((content) => blind(inputOf(epoch, content))) };
  }

  #failed(error: unknown, { now, rules }: { now: number; rules: SightingRules }): void {
    const why = error instanceof Error ? error.message : String(error);
    const most = Math.min(FIRST_RETRY_SECONDS * 2 ** this.#failures, rules.epochSeconds / LEAST_TRIES);
    this.#failures = Math.min(this.#failures + 1, 20);
    this.#notBefore = now / 1000 + most * (0.5 + this.#random() / 2);
    this.#options.count("questions to the randomness service that failed");
    if (this.#trouble === why) return;
    this.#trouble = why;
    const line = `Cannot seal sightings: ${why}`;
    if (error instanceof BrokenLog) this.#options.log.error(`${line}; tell the other members`);
    else this.#options.log.warn(`${line}; it is tried again`);
  }

  /** The part that may be sent now; `undefined` if there is none. */
  next(now: number): Part | undefined {
    const rules = this.#rules;
    if (rules === undefined || now < this.#sendNotBefore) return undefined;
    const seconds = now / 1000;
    const due = this.#pending.find(({ epoch, afterSeconds, parts }) => {
      return parts.length > 0 && seconds >= (epoch + 1) * rules.epochSeconds + afterSeconds;
    });
    return due && decode(codec.decodeSightings, due.parts[0]!);
  }

  /** What became of a part. */
  answered({ epoch, part, code, retryAfterMs = 60_000 }: Taken, now: number): void {
    const pending = this.#pending.find((each) => each.epoch === epoch);
    if (pending === undefined) return;
    if (code !== undefined && code >= FIRST_TEMPORARY_CODE || code === NackCode.EARLY) {
      this.#sendNotBefore = now + Math.min(retryAfterMs, MOST_RETRY_MS);
      return;
    }
    pending.parts = pending.parts.filter((bytes) => decode(codec.decodeSightings, bytes)?.part !== part);
    this.#pending = this.#pending.filter(({ parts }) => parts.length > 0);
    this.#options.count(code === undefined ? "parts of sightings sent" : "parts of sightings refused");
    this.#save();
  }

  /** What the hub would not take any more, and what was seen long ago. */
  #forgetOld(current: number): void {
    const late = this.#pending.filter(({ epoch }) => epoch < current - 1);
    const lost = late.reduce((sum, { parts }) => sum + parts.length, 0);
    if (lost > 0) this.#options.count("parts of sightings that came too late", lost);
    this.#pending = this.#pending.filter(({ epoch }) => epoch >= current - 1);
    for (const [sighting, epoch] of this.#suspects) if (epoch < current - 1) this.#suspects.delete(sighting);
    if (late.length > 0) this.#save();
  }

  #save(): void {
    this.#isChanged = false;
    try {
      this.#options.folder.writeJson(FILES.sightings, {
        suspects: [...this.#suspects],
        known: this.#known && JSON.parse(entryText(this.#known)),
        askedEpoch: this.#askedEpoch,
        pending: this.#pending.map(({ parts, ...rest }) => {
          return { ...rest, parts: parts.map((part) => part.toBase64()) };
        }),
      }, { sync: true });
    } catch {
      // A full disk ends nothing; what is in memory goes on.
      this.#options.count("sightings not written");
    }
  }
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const all = [...items];
  for (let i = all.length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1));
    [all[i], all[other]] = [all[other]!, all[i]!];
  }
  return all;
}

function pairs(saved: unknown): [string, number][] {
  if (!Array.isArray(saved)) return [];
  return saved.filter((each): each is [string, number] => {
    return Array.isArray(each) && typeof each[0] === "string" && /^[0-9a-f]{20}$/.test(each[0]) &&
      Number.isSafeInteger(each[1]);
  }).slice(0, MOST_SUSPECTS);
}

function pendingIn(saved: unknown): Pending[] {
  if (!Array.isArray(saved)) return [];
  return saved.flatMap((each) => {
    const { epoch, afterSeconds, parts } = Object(each) as Record<string, unknown>;
    if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(afterSeconds) || !Array.isArray(parts)) {
      return [];
    }
    const bytes = parts.filter((part) => typeof part === "string").map((part) => Uint8Array.fromBase64(part));
    return [{ epoch: epoch as number, afterSeconds: afterSeconds as number, parts: bytes }];
  });
}
