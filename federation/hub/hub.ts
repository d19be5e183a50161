/**
 * A hub: sessions, members, rules and bins around one store. It listens on nothing by itself.
 *
 * @module
 */

import { BIN_SECONDS } from "../../proto/federation/check.ts";
import { encodeFrame } from "../../proto/federation/frame.ts";
import { decode } from "../../proto/federation/frame.ts";
import * as codec from "../../proto/federation/codec.ts";
import type { KeyPair } from "../../proto/federation/keys.ts";
import { type Handshake, hubProof } from "../../proto/federation/proofs.ts";
import {
  type Auth,
  ByeCode,
  type Disclosure,
  NackCode,
  type Rotate,
  type Sightings,
  type Taken,
} from "../../proto/federation/schema.ts";
import { pause } from "../../runtime/backoff.ts";
import type { Log } from "../../runtime/log.ts";
import { reasonOf } from "../../runtime/reason.ts";
import { checkPart, epochAt } from "../sightings/part.ts";
import { Closer } from "./closer.ts";
import { DisclosedNodes } from "./disclosed.ts";
import { Members } from "./members.ts";
import { codeName, createMetrics } from "./metrics.ts";
import { readRules, type Rules } from "./policy.ts";
import { Connection, type Counted, type Host, type Operator } from "./session/connection.ts";
import type { SessionLimits } from "./session/limits.ts";
import { slotText } from "./slot_text.ts";
import { openEpoch } from "./sighting_opener.ts";
import type { Socket } from "./session/socket.ts";
import type { Arrival, ClosedBin, Fate, Store } from "./store/store.ts";

/** Limits of a hub. */
export interface HubLimits extends SessionLimits {
  /** Sessions in all. */
  readonly sessions: number;
  /** Sessions of one operator; a newer one takes the place of the oldest. */
  readonly sessionsPerOperator: number;
  /** Connections that have not proved who they are. */
  readonly handshakes: number;
  /** How long they have for it. */
  readonly handshakeMs: number;
}

/** What a hub is made of. */
export interface HubOptions {
  /** Its store, which has rules in it. */
  readonly store: Store;
  /** Its key. */
  readonly key: KeyPair;
  /** Its limits. */
  readonly limits: HubLimits;
  /** Seconds after its end at which a bin is closed. */
  readonly closeAfterSeconds: number;
  /** Days for which summaries are kept, and taken. */
  readonly keepDays: number;
  /** Days for which closed bins and incidents are kept. */
  readonly keepClosedDays: number;
  /** Its log. */
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** The same for what operators saw. It is another clock only where nodes are made up, and their time goes faster. */
  readonly binClock?: () => number;
  /** How often it is looked whether it is time to close a bin. */
  readonly closeEveryMs?: number;
}

/** How often connections are looked at. */
const LOOK_MS = 5000;
/** How often somebody may have changed members or rules. */
const CHANGES_MS = 1000;
/** How often it may be time to close a bin. */
const CLOSE_MS = 5000;
/** How often old things are deleted. */
const FORGET_MS = 600_000;
/** Opened sightings are kept for so many epochs. */
const KEPT_EPOCHS = 12;
/** Nobody is asked to wait longer, since clocks differ. */
const MOST_WAIT_MS = 3_600_000;
/** Operators send within so many seconds of a bin's beginning. */
const PHASE_SECONDS = 240;
/** Little waits to be stored. */
const FEW_WAITING = 1000;
/** A feed goes to so many at a time, */
const FEED_TOGETHER = 200;
/** with a pause in between: all of it at once would be 160 MB for 10,000 members. */
const FEED_PAUSE_MS = 100;
/** A hub stops within a second, however many are there. */
const DRAIN_MS = 300;
/** Times to come back after: somewhere between the half of it and all of it. */
const RECONNECT_MS: Readonly<Record<number, number>> = {
  [ByeCode.DRAIN]: 60_000,
  [ByeCode.REFUSED]: 3_600_000,
  [ByeCode.PROTOCOL]: 60_000,
  [ByeCode.TOO_MANY_SESSIONS]: 300_000,
  [ByeCode.TOO_FAST]: 120_000,
  [ByeCode.TOO_SLOW]: 60_000,
  [ByeCode.ROTATED]: 2000,
};

/** A hub. */
export class Hub implements Host, AsyncDisposable {
  /** Numbers about it. */
  readonly metrics = createMetrics();
  /** Who may come. */
  readonly members: Members;
  /** What operators show to everybody. */
  readonly disclosed = new DisclosedNodes();
  readonly #options: HubOptions;
  readonly #now: () => number;
  readonly #binClock: () => number;
  readonly #connections = new Set<Connection>();
  /** Those of them that have not proved who they are, the oldest first. */
  readonly #strangers = new Set<Connection>();
  readonly #byOperator = new Map<number, Set<Connection>>();
  readonly #newestBins = new Map<number, number>();
  readonly #closer: Closer;
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  readonly #stop = new AbortController();
  #rules: Rules;
  #policyFrame: Uint8Array<ArrayBuffer>;
  #feedFrame: Uint8Array<ArrayBuffer> | undefined;
  /** Up to which closed bin members have been told. */
  #shown = 0;
  #waiting = 0;
  #version = 0;
  #draining = false;
  #work: Promise<unknown> = Promise.resolve();
  #troubleAt = -Infinity;

  private constructor(options: HubOptions, rules: Rules) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#binClock = options.binClock ?? this.#now;
    this.members = new Members(options.store, options.key);
    this.#rules = rules;
    this.#policyFrame = encodeFrame({ case: "policy", value: rules.signed });
    this.#closer = new Closer({
      store: options.store,
      closeAfterSeconds: options.closeAfterSeconds,
      startedAt: this.#binSeconds(),
      counts: (slot) => this.members.mayStay(slot),
      threshold: () => ({ k: this.#rules.policy.kMember, roots: this.members.roots }),
    });
  }

  /** A hub that works: it reads its members, and begins to close bins. */
  static async open(options: HubOptions): Promise<Hub> {
    const signed = await options.store.policy();
    if (signed === undefined) throw new Error("Cannot start: the store has no policy; run `hub init`");
    const hub = new Hub(options, await readRules(signed));
    hub.#version = await options.store.version();
    await hub.members.reload();
    await hub.#readLastFeed();
    hub.#every(LOOK_MS, () => hub.#look());
    hub.#every(CHANGES_MS, () => hub.noticeChanges());
    hub.#every(options.closeEveryMs ?? CLOSE_MS, () => hub.closeBins());
    hub.#every(options.closeEveryMs ?? CLOSE_MS, () => hub.openSightings());
    hub.#every(FORGET_MS, () => hub.forget());
    return hub;
  }

  /** Limits of a session. */
  get limits(): HubLimits & { readonly lateBins: number } {
    return this.#options.limits;
  }

  /** How long a handshake may take. */
  get handshakeMs(): number {
    return this.#options.limits.handshakeMs;
  }

  /** The rules in force. */
  get rules(): Rules {
    return this.#rules;
  }

  /** Sessions that are open. */
  get sessions(): number {
    let sessions = 0;
    for (const connections of this.#byOperator.values()) sessions += connections.size;
    return sessions;
  }

  /** Summaries that wait for the disk. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Who is connected or has sent something since the start, with the newest bin of each. */
  get operators(): { slot: number; sessions: number; newestBin: number | undefined }[] {
    const slots = new Set([...this.#byOperator.keys(), ...this.#newestBins.keys()]);
    return [...slots].map((slot) => {
      const sessions = this.#byOperator.get(slot)?.size ?? 0;
      return { slot, sessions, newestBin: this.#newestBins.get(slot) };
    });
  }

  /** Connections that have not proved who they are. */
  get handshakes(): number {
    return this.#strangers.size;
  }

  /** Why nobody else is let in just now; `undefined` if somebody may. */
  get full(): "draining" | "sessions" | undefined {
    if (this.#draining) return "draining";
    return this.#connections.size >= this.#options.limits.sessions ? "sessions" : undefined;
  }

  /**
   * Speaks with whoever is behind the socket. Where there are too many strangers the oldest has to go: it had the most
   * time to prove who it is, and whoever wants to keep members out has to be faster than they are.
   */
  accept(socket: Socket): void {
    const connection = new Connection(socket, this);
    this.#connections.add(connection);
    this.#strangers.add(connection);
    if (this.#strangers.size <= this.#options.limits.handshakes) return;
    const [oldest] = this.#strangers;
    this.#strangers.delete(oldest!);
    oldest!.cut();
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#now();
  }

  /** The time that bins go by, milliseconds since 1970. */
  binNow(): number {
    return this.#binClock();
  }

  #seconds(): number {
    return Math.floor(this.#now() / 1000);
  }

  #binSeconds(): number {
    return Math.floor(this.#binClock() / 1000);
  }

  /** Signs what an uplink shall sign; the rules go with it, so that it knows what it agrees to. */
  async challenge(helloNonce: Uint8Array) {
    const { key } = this.#options;
    const challengeNonce = crypto.getRandomValues(new Uint8Array(32));
    const rules = this.#rules;
    const handshake: Handshake = {
      hubKey: key.publicKey,
      helloNonce: helloNonce.slice(),
      challengeNonce,
      policyHash: rules.hash,
    };
    const signature = await key.sign(hubProof(handshake));
    const value = { nonce: challengeNonce, hubKey: key.publicKey, policyHash: rules.hash, signature };
    return { handshake, frames: [encodeFrame({ case: "challenge", value }), this.#policyFrame] };
  }

  /** Who proved what. */
  async prove(auth: Auth, handshake: Handshake): Promise<Operator | undefined> {
    const { sponsors } = this.#rules.policy;
    const member = await this.members.prove(auth, handshake, { sponsors, now: this.#seconds() });
    if (member === undefined) return undefined;
    const resume = await this.#options.store.resume(member.slot);
    const phaseSeconds = member.slot % PHASE_SECONDS;
    return { slot: member.slot, key: auth.operatorKey.slice(), resume, phaseSeconds };
  }

  /** Gives an operator another key. */
  async rotate(rotate: Rotate, operator: Operator, handshake: Handshake): Promise<boolean> {
    const rotated = await this.members.rotate(rotate, operator, { handshake, now: this.#seconds() });
    if (rotated) this.#options.log.info("An operator has another key; the one before it ends in 7 days");
    return rotated;
  }

  /** Stores a summary. */
  async append(arrival: Arrival): Promise<Fate> {
    const since = performance.now();
    this.#waiting++;
    try {
      const fate = await this.#options.store.append(arrival);
      const { slot, bin } = arrival;
      this.#newestBins.set(slot, Math.max(bin, this.#newestBins.get(slot) ?? 0));
      this.metrics.ackSeconds.observe((performance.now() - since) / 1000);
      return fate;
    } catch (error) {
      this.metrics.storeFailures.inc();
      this.#tellTrouble(error);
      throw error;
    } finally {
      this.#waiting--;
    }
  }

  /** Stores a part of an operator's sightings. */
  async takeSightings(slot: number, part: Sightings): Promise<Pick<Taken, "code" | "retryAfterMs">> {
    const outcome = await this.#takeSightings(slot, part).catch((error) => {
      this.#tellTrouble(error);
      throw error;
    });
    this.metrics.sightingParts.inc({
      fate: outcome.code === undefined ? "stored" : codeName("nacked", outcome.code),
    });
    return outcome;
  }

  async #takeSightings(slot: number, part: Sightings): Promise<Pick<Taken, "code" | "retryAfterMs">> {
    const rules = this.#rules.policy.sightings;
    const { sightings } = this.#options.store;
    if (rules === undefined || sightings === undefined) return { code: NackCode.SCHEMA };
    if (checkPart(part, rules) !== undefined) return { code: NackCode.SCHEMA };
    const current = epochAt(this.#seconds(), rules);
    if (part.epoch >= current) {
      const beginsMs = (part.epoch + 1) * rules.epochSeconds * 1000 - this.#now();
      return { code: NackCode.EARLY, retryAfterMs: Math.min(beginsMs, MOST_WAIT_MS) };
    }
    if (part.epoch < current - 1) return { code: NackCode.STALE };
    await sightings.take(slot, part);
    return {};
  }

  /**
   * Opens epochs that are collected: those before the last. What was seen in one is sent in the next, and shown after
   * that.
   */
  async openSightings(): Promise<void> {
    const { store: { sightings }, log } = this.#options;
    const rules = this.#rules.policy.sightings;
    if (rules === undefined || sightings === undefined) return;
    const current = epochAt(this.#seconds(), rules);
    for (const epoch of await sightings.sealedEpochs(current - 2)) {
      const { opened, liars } = await openEpoch(sightings, epoch, {
        k: this.#rules.policy.kMember,
        roots: this.members.roots,
        counts: (slot) => this.members.mayStay(slot),
      });
      await sightings.close(opened, liars);
      this.metrics.sightingLiars.inc(liars.length);
      if (liars.length > 0) {
        log.warn(`Shares that do not fit came from ${liars.map(slotText).join(", ")}; they were left out`);
      }
      log.info(`Members see ${opened.sightings.length} sightings of the epoch of ${dayOf(epoch, rules)}`);
      await sightings.forget(current - KEPT_EPOCHS);
    }
  }

  /** A full disk refuses every summary: one line a minute says so. */
  #tellTrouble(error: unknown): void {
    const now = performance.now();
    if (now - this.#troubleAt < 60_000) return;
    this.#troubleAt = now;
    this.#options.log.error(`Cannot store summaries: ${reasonOf(error)}`);
  }

  /** Takes a minute of a node that its operator shows to everybody. */
  disclose(slot: number, disclosure: Disclosure): void {
    const fate = this.disclosed.take(slot, disclosure, this.#binSeconds());
    this.metrics.disclosures.inc({ fate });
  }

  /** True if what waits to be stored is little. */
  keepsUp(): boolean {
    return this.#waiting < FEW_WAITING;
  }

  /** When an uplink that is sent away may come back: not all at once. */
  reconnectAfterMs(code: number): number {
    const most = RECONNECT_MS[code] ?? 60_000;
    return Math.round(most * (code === ByeCode.DRAIN ? Math.random() : 0.5 + Math.random() / 2));
  }

  /** An operator is there. */
  onReady(connection: Connection): void {
    const { slot } = connection.operator!;
    this.#strangers.delete(connection);
    let own = this.#byOperator.get(slot);
    if (own === undefined) this.#byOperator.set(slot, own = new Set());
    own.add(connection);
    if (own.size > this.#options.limits.sessionsPerOperator) {
      const [oldest] = own;
      oldest!.end(ByeCode.TOO_MANY_SESSIONS);
      this.#leave(oldest!);
    }
    // Revoked while it proved who it is.
    if (!this.members.mayStay(slot)) return connection.end(ByeCode.REFUSED);
    if (this.#feedFrame !== undefined) connection.send(this.#feedFrame);
  }

  /** It is gone. */
  onClosed(connection: Connection): void {
    this.#connections.delete(connection);
    this.#strangers.delete(connection);
    this.#leave(connection);
  }

  #leave(connection: Connection): void {
    const slot = connection.operator?.slot;
    const own = slot === undefined ? undefined : this.#byOperator.get(slot);
    if (own?.delete(connection) && own.size === 0) this.#byOperator.delete(slot!);
  }

  /** Counts what happens in sessions. */
  count(what: Counted, label: number | string = ""): void {
    const { metrics } = this;
    if (what === "received") metrics.frames.inc();
    else if (what === "ignored") metrics.ignored.inc();
    else if (what === "nacked") metrics.nacks.inc({ reason: codeName(what, label) });
    else if (what === "bye") metrics.byes.inc({ reason: codeName(what, label) });
    else metrics.summaries.inc({ fate: what });
  }

  /** Reads members and rules again if a command has changed them. */
  async noticeChanges(): Promise<void> {
    const { store, log } = this.#options;
    const version = await store.version();
    if (version === this.#version) return;
    this.#version = version;
    await this.members.reload();
    for (const [slot, connections] of this.#byOperator) {
      if (this.members.mayStay(slot)) continue;
      log.info("Closing the sessions of a member that was revoked");
      for (const connection of connections) connection.end(ByeCode.REFUSED);
    }
    const rules = await readRules((await store.policy())!);
    if (rules.hash.toHex() === this.#rules.hash.toHex()) return;
    this.#rules = rules;
    this.#policyFrame = encodeFrame({ case: "policy", value: rules.signed });
    log.info(`New policy: ${rules.policy.kMember} operators stand behind each number`);
    await this.sendToAll(this.#policyFrame);
  }

  /** Closes bins that are due, and shows the last of them to the members. */
  async closeBins(): Promise<readonly ClosedBin[]> {
    const { store } = this.#options;
    const closed = await store.leads() ? await this.#closer.close(this.#binSeconds()) : [];
    for (const { bin, operators } of closed) {
      this.#options.log.debug(`Closed bin ${bin} of ${operators} operators`);
    }
    // Perhaps another hub with this store has closed one.
    if (await store.closedThrough() !== this.#shown) {
      await this.#readLastFeed();
      if (this.#feedFrame !== undefined) await this.sendToAll(this.#feedFrame);
    }
    return closed;
  }

  async #readLastFeed(): Promise<void> {
    const { store } = this.#options;
    const through = this.#shown = await store.closedThrough();
    const last = (await store.closedBins(through, through))[0];
    const feed = last && decode(codec.decodeFeed, last.feed);
    if (feed === undefined) return;
    this.#feedFrame = encodeFrame({ case: "feed", value: feed });
    this.metrics.closedThrough.set((through + 1) * BIN_SECONDS);
    this.metrics.openIncidents.set(feed.incidents.filter(({ closed }) => closed === undefined).length);
  }

  /** Deletes what is too old. */
  async forget(): Promise<void> {
    const { store, keepDays, keepClosedDays } = this.#options;
    if (!await store.leads()) return;
    const now = this.#binSeconds();
    const before = (days: number) => Math.floor((now - days * 86_400) / BIN_SECONDS);
    const gone = await store.forget({ summaries: before(keepDays), bins: before(keepClosedDays), now });
    if (gone > 0) this.#options.log.debug(`Deleted ${gone} summaries that were ${keepDays} days old`);
  }

  /** Sends a frame to all members, some at a time. */
  async sendToAll(frame: Uint8Array<ArrayBuffer>): Promise<void> {
    let sent = 0;
    for (const connection of [...this.#connections]) {
      if (!connection.isReady) continue;
      connection.send(frame);
      if (++sent % FEED_TOGETHER === 0) await pause(FEED_PAUSE_MS, this.#stop.signal);
    }
  }

  #look(): Promise<void> {
    const now = this.#now();
    for (const connection of [...this.#connections]) connection.look(now);
    return Promise.resolve();
  }

  /** The page for Prometheus. */
  async page(): Promise<string> {
    const { metrics } = this;
    metrics.sessions.set(this.sessions);
    metrics.handshakes.set(this.handshakes);
    metrics.members.set(this.members.size);
    metrics.waiting.set(this.#waiting);
    metrics.storeBytes.set(await this.#options.store.bytes());
    return await metrics.registry.metrics();
  }

  /**
   * Sends everybody away, to come back one after the other. Those that it does not get to in time, of many thousands on
   * a busy machine, notice by themselves, and come back with a jitter of their own.
   */
  drain(): void {
    this.#draining = true;
    const end = performance.now() + DRAIN_MS;
    for (const connection of [...this.#connections]) {
      if (performance.now() > end) break;
      connection.end(ByeCode.DRAIN);
    }
  }

  /** One thing after the other: closing a bin and reading members share what they work on. */
  #every(milliseconds: number, work: () => Promise<unknown>): void {
    let queued = false;
    const run = () => {
      if (queued) return;
      queued = true;
      this.#work = this.#work.then(async () => {
        queued = false;
        if (!this.#stop.signal.aborted) await work();
      }).catch((error) => {
        this.#options.log.error(`Cannot go on as usual: ${reasonOf(error)}`);
      });
    };
    this.#timers.push(setInterval(run, milliseconds));
  }

  /** Sends everybody away and stops; the store stays open. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#timers.forEach((timer) => clearInterval(timer));
    this.#stop.abort();
    this.drain();
    await this.#work;
  }
}

/** The day on which an epoch began. */
function dayOf(epoch: number, { epochSeconds }: { readonly epochSeconds: number }): string {
  return new Date(epoch * epochSeconds * 1000).toISOString().slice(0, 10);
}
