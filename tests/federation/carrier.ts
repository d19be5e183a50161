/**
 * The sending half of an uplink for tests: a folder, an outbox and a courier that carries to a real hub, without events
 * and without waiting for bins.
 *
 * @module
 */

import { Courier, type CourierOptions } from "../../federation/uplink/courier.ts";
import { encodeForOutbox, type Phase, type Telling } from "../../federation/uplink/conversation.ts";
import type { Floor } from "../../federation/uplink/floor.ts";
import { UplinkFolder } from "../../federation/uplink/folder.ts";
import { OperatorKeys } from "../../federation/uplink/operator_keys.ts";
import { Outbox } from "../../federation/uplink/outbox/mod.ts";
import { Remembered } from "../../federation/uplink/remembered.ts";
import { encodeInvitation } from "../../proto/federation/invitation.ts";
import type { KeyPair } from "../../proto/federation/keys.ts";
import { vocabularyHash } from "../../proto/federation/metrics.ts";
import type { Feed, Policy, Summary } from "../../proto/federation/schema.ts";
import { logFor } from "../../runtime/log.ts";
import { summary } from "./client.ts";
import { FLOOR } from "./floor.ts";
import type { TestHub } from "./hub.ts";

/** What can be other than usual. */
export type CarrierOptions = Partial<CourierOptions> & {
  readonly path?: string;
  readonly floor?: Floor;
  /** Told of every number as it comes. */
  readonly onAcknowledged?: (sequence: number) => void;
};

/** Makes a folder with a key that is invited by a hub. */
export async function joinedFolder(hub: TestHub, path?: string): Promise<UplinkFolder> {
  const folder = new UplinkFolder(path ?? await Deno.makeTempDir());
  await folder.makeKey();
  folder.writeMembership({
    url: new URL(`${hub.url.replace(/^http/, "ws")}/uplink`),
    hubKey: hub.key.publicKey,
    invitation: encodeInvitation(await hub.invitation()),
  });
  return folder;
}

/** Carries until it is disposed of. */
export class Carrier implements AsyncDisposable, Telling {
  readonly phases: string[] = [];
  readonly counts = new Map<string, number>();
  readonly feeds: Feed[] = [];
  readonly policies: Policy[] = [];
  readonly lines: string[] = [];
  acked = 0;
  isReady = false;
  readonly folder: UplinkFolder;
  readonly outbox: Outbox;
  readonly courier: Courier;
  readonly keys: OperatorKeys;
  readonly #stop = new AbortController();
  readonly #run: Promise<void>;
  readonly #onAcknowledged: (sequence: number) => void;

  private constructor(folder: UplinkFolder, outbox: Outbox, vocabulary: Uint8Array, options: CarrierOptions) {
    const { url, hubKey, invitation } = folder.readMembership()!;
    const log = logFor("uplink", ({ level, message }) => this.lines.push(`${level}: ${message}`));
    this.folder = folder;
    this.outbox = outbox;
    this.#onAcknowledged = options.onAcknowledged ?? (() => {});
    this.keys = new OperatorKeys(folder, { log });
    const floor = options.floor ?? FLOOR;
    this.courier = new Courier({
      folder,
      outbox,
      remembered: new Remembered(folder),
      route: { hub: url, proxy: undefined, acceptEgressLeak: false },
      surroundings: { isBesideNode: true, nodeAddresses: new Set() },
      session: async () => ({ hubKey, invitation, floor, vocabulary, ...await this.keys.current() }),
      onRotated: () => this.keys.onRotated(),
      onRefused: () => this.keys.onRefused(),
      findSecret: () => undefined,
      waits: { firstMs: 5, mostMs: 40, refusedMs: 50, mostAskedMs: 20 },
      ...options,
      telling: this,
      log,
    });
    this.#run = this.courier.run(this.#stop.signal);
  }

  /** Starts one in a folder. */
  static async start(folder: UplinkFolder, options: CarrierOptions = {}): Promise<Carrier> {
    return new Carrier(folder, await Outbox.open(folder.of("outbox")), await vocabularyHash(), options);
  }

  phase(phase: Phase, why?: string): void {
    this.phases.push(why === undefined ? phase : `${phase}: ${why}`);
    this.isReady = phase === "connected";
  }

  policy(policy: Policy): void {
    this.policies.push(policy);
  }

  feed(feed: Feed): void {
    this.feeds.push(feed);
  }

  ready(): void {
    this.keys.onReady();
  }

  acknowledged(sequence: number): void {
    this.acked = sequence;
    this.#onAcknowledged(sequence);
  }

  count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }

  /** Hands over a summary that can be told from its neighbours. */
  async append(bin: number, more: Partial<Summary> = {}): Promise<number> {
    const value = this.outbox.stats().next % 42;
    const body = summary(0, bin, { values: [{ metric: 9, value }], ...more });
    const sequence = await this.outbox.append(encodeForOutbox(body));
    this.courier.notify();
    return sequence;
  }

  /** Stops, as with a signal. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#run;
    await this.outbox[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await Deno.remove(this.folder.path, { recursive: true }).catch(() => {});
  }
}

/** The key in a folder. */
export async function keyIn(folder: UplinkFolder): Promise<KeyPair> {
  return (await folder.readKey())!;
}
