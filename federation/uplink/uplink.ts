/**
 * An uplink that runs: events in, a summary every ten minutes, the outbox, the courier, and an ear for its commands.
 *
 * @module
 */

import { vocabularyHash } from "../../proto/federation/metrics.ts";
import { parseKey } from "../../proto/federation/keys.ts";
import type { Summary } from "../../proto/federation/schema.ts";
import { peek } from "../../proto/event.ts";
import { KINDS, nodeOf } from "../../proto/subjects.ts";
import { pause } from "../../runtime/backoff.ts";
import type { Delivery } from "../../runtime/bus/bus.ts";
import { isHere, openBus } from "../../runtime/common_options.ts";
import { addressOf, proxyAddress } from "../../runtime/dial.ts";
import type { Context } from "../../runtime/component.ts";
import { subscribeSubjects } from "../../runtime/context.ts";
import { reasonOf } from "../../runtime/reason.ts";
import { together } from "../../runtime/together.ts";
import { encodeSummary, Summariser } from "../summary/mod.ts";
import { BinClock, MOST_BEHIND } from "./bin_clock.ts";
import { encodeForOutbox } from "./conversation.ts";
import { Courier } from "./courier.ts";
import { Disclosures } from "./disclosures.ts";
import type { Floor } from "./floor.ts";
import { FILES, type Membership, UplinkFolder } from "./folder.ts";
import { dialled, egressProblem, type Route } from "./dial.ts";
import type { options } from "./mod.ts";
import { readKnown } from "./known.ts";
import { OperatorKeys } from "./operator_keys.ts";
import { Outbox } from "./outbox/mod.ts";
import { Remembered } from "./remembered.ts";
import { Reports } from "./report.ts";
import { serviceAt } from "./randomness.ts";
import { Secrets } from "./secrets.ts";
import { Sightings } from "./sightings.ts";

type Own = Context<typeof options>;

/** Of these nothing is said. */
const UNWANTED: readonly string[] = ["addrman", "ipc"];
const WANTED = KINDS.filter((kind) => !UNWANTED.includes(kind));
/** How often commands are listened to, and bins looked at. */
const TICK_MS = 1000;
const EXPIRE_MS = 600_000;
/** A replay waits while so many summaries do: it can be faster than the disk. */
const MANY_UNSAVED = 72;

/** Runs until the signal is aborted. */
export async function runUplink(context: Own): Promise<void> {
  if (context.nodes.includes("*")) {
    throw new Error("Cannot tell which nodes are yours from *: name them, --node alpha,beta");
  }
  await together(context.signal, (signal) => {
    const uplink = new Uplink({ ...context, signal });
    return [uplink.listen(), uplink.work()];
  });
}

/** What is there once a federation has been joined. */
interface Engaged {
  readonly outbox: Outbox;
  readonly courier: Courier;
  readonly reports: Reports;
  readonly keys: OperatorKeys;
  readonly sightings: Sightings | undefined;
}

class Uplink {
  readonly #context: Own;
  readonly #folder: UplinkFolder;
  readonly #secrets: Secrets;
  readonly #summariser: Summariser;
  /** Nodes that are no secret: nothing of them gets into a summary, and nothing of the others gets in here. */
  readonly #disclosures: Disclosures;
  readonly #hasHidden: boolean;
  /** What must not be in the minutes of disclosed nodes: everything that belongs to the others. */
  readonly #hiddenSecrets: Secrets;
  #clock: BinClock;
  /** The latest event, where their time counts and not ours. */
  #eventNow: number | undefined;
  /** Aborted when there is nothing more to do. */
  readonly #done = new AbortController();
  readonly #resources = new AsyncDisposableStack();
  #isLocked = false;
  #engaged: Engaged | undefined;
  #unsaved: Summary[] = [];
  #heardOnBus = false;
  #isDiskFull = false;
  #isOff = false;
  #isAllHeard = false;
  #wasRotating = false;
  #expiredAt = performance.now();

  constructor(context: Own) {
    const { options, nodes, log } = context;
    this.#context = context;
    this.#folder = new UplinkFolder(options.folder);
    const remembered = new Remembered(this.#folder);
    const names = [...nodes.length === 0 ? [""] : nodes, ...options.servers];
    this.#secrets = new Secrets({
      canaries: [...options.canaries, ...nodes],
      addresses: options.nodeAddresses,
    });
    const { disclose, discloseUrls: urls } = options;
    this.#disclosures = new Disclosures({ disclose, urls, nodes: names, now: Date.now() });
    const hidden = names.filter((name) => !this.#disclosures.has(name));
    this.#hasHidden = hidden.length > 0;
    this.#hiddenSecrets = new Secrets({
      canaries: [...options.canaries, ...nodes.filter((name) => hidden.includes(name))],
      addresses: options.nodeAddresses,
    });
    if (disclose.length > 0) {
      context.log.info(
        `Everybody may see ${this.#disclosures.names.join(", ")}; hidden: ${hidden.length} nodes`,
      );
    }
    this.#summariser = new Summariser({
      nodes: hidden,
      policy: remembered.policy ?? { clip: options.maxClip, keysPerNode: options.maxKeysPerNode },
      canaries: this.#secrets.all,
      ...readKnown(options, log),
      onSuspect: (address, behaviour) => {
        if (!this.#isOff) this.#engaged?.sightings?.note(address, behaviour, Date.now());
      },
    });
    this.#clock = new BinClock(Date.now(), { phaseSeconds: remembered.phaseSeconds });
    // What happened before is late: events of an old time must not take the place of what happens now.
    if (!options.eventTime) this.#summariser.close(this.#clock.bin - 1);
    this.#summariser.restore(this.#folder.readJson(FILES.baseline));
  }

  /** Counts events until there are no more. */
  async listen(): Promise<void> {
    const { options, signal, log, count, subscribe } = this.#context;
    const nats = {
      user: options.serverUser,
      password: options.serverPassword,
      passwordFile: undefined,
      creds: options.serverCreds,
      nkeyFile: undefined,
      tlsCa: undefined,
      tlsCert: undefined,
      tlsKey: undefined,
    };
    const names = "WAGGLE_UPLINK_SERVER_PASSWORD";
    const servers = options.servers.map(async (server) => {
      await using bus = await openBus(server, nats, { log, signal, names });
      using subscription = bus.subscribe(subscribeSubjects(WANTED, []));
      signal.addEventListener("abort", () => subscription.close(), { once: true });
      for await (const delivery of subscription) this.#observe(server, delivery);
      count("events that a server sent too fast", subscription.dropped);
    });
    const own = async () => {
      for await (const delivery of subscribe(...WANTED)) {
        this.#heardOnBus = true;
        this.#observe(nodeOf(delivery.subject) ?? "", delivery);
        while (this.#unsaved.length > MANY_UNSAVED && options.eventTime && !signal.aborted) {
          await pause(TICK_MS / 10, signal);
        }
      }
    };
    await Promise.all([
      own(),
      ...servers.map((server) => server.catch((error) => this.#unlessStopped(error))),
    ]);
    if (!options.eventTime) return;
    if (this.#eventNow === undefined) log.warn("No event came whose time can be gone by: nothing is sent");
    else {
      this.#eventNow = this.#clock.sendAt;
      this.#closeBins();
    }
    this.#isAllHeard = true;
  }

  #unlessStopped(error: unknown): void {
    if (!this.#context.signal.aborted) throw error;
  }

  #observe(node: string, { subject, data }: Delivery): void {
    if (subject.endsWith("rpc") && this.#secrets.learn(data)) this.#summariser.canaries = this.#secrets.all;
    const { eventTime } = this.#context.options;
    if (eventTime) this.#passTime(data);
    if (this.#disclosures.has(node)) return this.#disclosures.observe(node, data, this.#now);
    if (subject.endsWith("rpc")) this.#hiddenSecrets.learn(data);
    this.#summariser.observe(node, data);
  }

  /** Closes what is over by the time of this event. */
  #passTime(data: Uint8Array): void {
    const seen = peek(data);
    if (!seen.ok || seen.timestamp > Date.now() + TICK_MS) return;
    if (this.#eventNow === undefined) {
      this.#clock = new BinClock(seen.timestamp, { phaseSeconds: 0, random: () => 0 });
    }
    this.#eventNow = Math.max(this.#eventNow ?? 0, seen.timestamp);
    this.#closeBins();
  }

  /** Looks every second for what is to be done. */
  async work(): Promise<void> {
    const { log } = this.#context;
    const signal = this.#signal;
    await using _resources = this.#resources;
    let isTold = false;
    while (!signal.aborted) {
      if (this.#engaged === undefined && !await this.#engage() && !isTold) {
        isTold = true;
        log.warn("Not a member of a federation: run `uplink keygen`, then `uplink join INVITATION`");
      }
      await this.#tick();
      if (this.#isAllHeard && this.#unsaved.length === 0 && this.#engaged?.outbox.stats().records === 0) {
        log.info("The hub has stored everything");
        this.#done.abort();
      }
      await pause(TICK_MS, signal);
    }
  }

  get #signal(): AbortSignal {
    return AbortSignal.any([this.#context.signal, this.#done.signal]);
  }

  /** Begins to carry, once there is a key and a hub. */
  async #engage(): Promise<boolean> {
    if (!this.#folder.exists()) return false;
    if (!this.#isLocked) {
      const lock = this.#folder.lock();
      if (lock === undefined) {
        throw new Error(
          `Cannot use "${this.#folder.path}": another uplink does, stop that or set --uplink.folder`,
        );
      }
      this.#resources.use(lock);
      this.#isLocked = true;
    }
    const membership = this.#folder.readMembership();
    if (membership === undefined || !this.#folder.has(FILES.seed)) return false;
    await this.#folder.readKey();
    const outbox = this.#resources.use(await Outbox.open(this.#folder.of(FILES.outbox)));
    this.#engaged = await this.#begin(membership, outbox);
    return true;
  }

  async #begin(membership: Membership, outbox: Outbox): Promise<Engaged> {
    const { options, log, count } = this.#context;
    const folder = this.#folder;
    const remembered = new Remembered(folder);
    const keys = new OperatorKeys(folder, { log });
    const sightings = this.#makeSightings(keys, (what, by) => reports.count(what, by));
    const reports = new Reports(folder, {
      count,
      onPolicy: (policy) => {
        remembered.agreed(policy);
        this.#summariser.policy = policy;
        if (sightings !== undefined) sightings.policy = policy;
      },
      onReady: () => {
        log.info("Connected to the hub");
        keys.onReady();
        if (remembered.phaseSeconds === undefined || options.eventTime) return;
        this.#clock.phaseSeconds = remembered.phaseSeconds;
      },
    });
    const route = this.#routeTo(membership.url);
    const { hubKey, invitation } = membership;
    const floor: Floor = options;
    const vocabulary = await vocabularyHash();
    const courier = new Courier({
      folder,
      outbox,
      remembered,
      route,
      surroundings: this.#surroundings(),
      session: async () => ({ hubKey, invitation, floor, vocabulary, ...await keys.current() }),
      onRotated: () => keys.onRotated(),
      onRefused: () => keys.onRefused(),
      findSecret: (frame) => this.#secrets.find(frame),
      sightings,
      telling: reports,
      log,
    });
    courier.isOn = !folder.has(FILES.off);
    const isDirect = dialled(route) === addressOf(route.hub);
    log.info(`The hub is ${route.hub.href}, reached ${isDirect ? "directly" : `through ${dialled(route)}`}`);
    const problem = egressProblem(route, this.#surroundings());
    if (problem !== undefined) log.error(`Does not connect: ${problem}, or say --uplink.accept-egress-leak`);
    const carrying = courier.run(this.#signal);
    // Before the outbox is closed, nobody may read it any more.
    this.#resources.defer(() => carrying);
    return { outbox, courier, reports, keys, sightings };
  }

  /** Sightings, where the operator has named a service; a replay tells of another time. */
  #makeSightings(
    keys: OperatorKeys,
    count: (what: string, by?: number) => void,
  ): Sightings | undefined {
    const { options: { randomness, randomnessKey, sightings, eventTime }, log } = this.#context;
    if (randomness === undefined || randomnessKey === undefined || !sightings || eventTime) return undefined;
    const route = this.#routeTo(new URL(randomness));
    const surroundings = this.#surroundings();
    const signal = this.#signal;
    const key = parseKey("randomness", randomnessKey)!;
    const made = new Sightings({
      folder: this.#folder,
      service: serviceAt({ key, route, surroundings, signal }),
      key: async () => (await keys.current()).key,
      ownAddresses: () => this.#secrets.addresses,
      count,
      log,
    });
    this.#resources.defer(() => made.settle());
    return made;
  }

  #routeTo(hub: URL): Route {
    const { proxy, ca, acceptEgressLeak } = this.#context.options;
    return {
      hub,
      proxy: proxyAddress(proxy),
      ca: ca === undefined ? undefined : Deno.readTextFileSync(ca),
      acceptEgressLeak,
    };
  }

  #surroundings() {
    const { options: { servers }, isBesideBus } = this.#context;
    const heard = () => this.#heardOnBus;
    const secrets = this.#secrets;
    return {
      get isBesideNode(): boolean {
        return servers.some(isHere) || isBesideBus && (servers.length === 0 || heard());
      },
      get nodeAddresses(): ReadonlySet<string> {
        return secrets.addresses;
      },
    };
  }

  async #tick(): Promise<void> {
    this.#isOff = this.#folder.exists() && this.#folder.has(FILES.off);
    if (!this.#context.options.eventTime) this.#closeBins();
    if (!this.#isLocked) return;
    this.#write(() => this.#answerPreview());
    const engaged = this.#engaged;
    if (engaged === undefined) return;
    engaged.courier.isOn = !this.#isOff;
    if (!this.#isOff) engaged.sightings?.work(Date.now());
    if (engaged.sightings?.next(Date.now()) !== undefined) engaged.courier.notify();
    await this.#save(engaged);
    this.#disclose(engaged);
    if (engaged.keys.isRotating && !this.#wasRotating) engaged.courier.reconnect();
    this.#wasRotating = engaged.keys.isRotating;
    if (performance.now() - this.#expiredAt > EXPIRE_MS) {
      this.#expiredAt = performance.now();
      await engaged.outbox.expire().catch((error) => this.#context.log.warn(reasonOf(error)));
    }
    this.#report(engaged);
  }

  #report({ reports, outbox, sightings }: Engaged): void {
    const { records, bytes, acknowledged, dropped, failure } = outbox.stats();
    this.#write(() => {
      reports.write({
        nextBin: this.#clock.bin,
        nextAt: this.#clock.sendAt,
        outbox: { records, bytes, acknowledged, dropped, failure },
        sightings: sightings?.status,
      });
    });
  }

  /** Writes what can be done without: a full disk ends nothing. */
  #write(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#tellDisk(error);
    }
  }

  /** Summaries of bins that are over; nobody gets them while the uplink is off or has no hub. */
  #closeBins(): void {
    const now = this.#now;
    for (let bin = this.#clock.due(now); bin !== undefined; bin = this.#clock.due(now)) {
      const closed = this.#summariser.close(bin);
      if ("blocked" in closed) {
        this.#context.count("summaries blocked");
        this.#context.log.error(`A summary is not sent: ${closed.blocked}`);
      } else if (this.#isWanted) this.#keep(closed.summary);
    }
  }

  /** The time of what is heard: an archive's own in event time, whatever a hub thinks of it. */
  get #now(): number {
    return this.#eventNow ?? Date.now();
  }

  /** The minutes of disclosed nodes, which are lost where nobody takes them. */
  #disclose({ courier, reports }: Engaged): void {
    for (const made of this.#disclosures.due(this.#now)) {
      const problem = "blocked" in made ? made.blocked : this.#hiddenSecrets.find(made.frame);
      if ("frame" in made && problem === undefined) courier.disclose(made.frame);
      else {
        reports.count("minutes of disclosed nodes blocked");
        this.#context.log.error(`A minute of a disclosed node is not sent: ${problem}`);
      }
    }
  }

  get #isWanted(): boolean {
    // Whoever has only disclosed nodes takes no part in what is said of hidden ones.
    if (!this.#hasHidden) return false;
    // A replay may begin before the outbox is open.
    return !this.#isOff && (this.#engaged !== undefined || this.#eventNow !== undefined);
  }

  #keep(summary: Summary): void {
    this.#unsaved.push(summary);
    // A replay may leap over weeks, and waits until they are saved.
    if (this.#unsaved.length > MOST_BEHIND && !this.#context.options.eventTime) {
      this.#unsaved.shift();
      this.#context.count("summaries lost by a full disk");
    }
  }

  async #save({ outbox, courier, reports }: Engaged): Promise<void> {
    const saved: Summary[] = [];
    // More may come in the meantime.
    for (const summary of [...this.#unsaved]) {
      const secret = this.#secrets.find(encodeSummary({ ...summary, sequence: 1 }));
      if (secret !== undefined) {
        this.#context.log.error(`A summary is not sent: it holds ${secret}`);
        reports.count("summaries blocked");
      } else if (await this.#append(outbox, summary)) saved.push(summary);
      else break;
      this.#unsaved.shift();
      courier.notify();
    }
    if (saved.length === 0) return;
    this.#write(() => reports.own(saved));
    this.#write(() => this.#folder.writeJson(FILES.baseline, this.#summariser.save()));
  }

  async #append(outbox: Outbox, summary: Summary): Promise<boolean> {
    try {
      await outbox.append(encodeForOutbox(summary));
      if (this.#isDiskFull) this.#context.log.info("The disk takes summaries again");
      this.#isDiskFull = false;
      return true;
    } catch (error) {
      this.#tellDisk(error);
      return false;
    }
  }

  /** Once, until it works again. */
  #tellDisk(error: unknown): void {
    if (!this.#isDiskFull) {
      this.#context.log.error(`The uplink pauses, nothing else does: ${reasonOf(error)}; free some space`);
    }
    this.#isDiskFull = true;
  }

  /** Somebody wants to see what would be sent. */
  #answerPreview(): void {
    if (!this.#folder.has(FILES.previewRequest)) return;
    const bin = this.#clock.bin;
    const closed = this.#summariser.preview(bin);
    const answer = "blocked" in closed
      ? { blocked: closed.blocked }
      : { frame: encodeSummary({ ...closed.summary, sequence: 1 }).toBase64(), withheld: closed.withheld };
    this.#folder.writeJson(FILES.preview, { bin, sendAt: this.#clock.sendAt, ...answer });
    this.#folder.remove(FILES.previewRequest);
  }
}
