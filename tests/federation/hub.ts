/**
 * A hub for tests, on a port of its own and with a clock that can be set.
 *
 * @module
 */

import { makeApp } from "../../federation/hub/app.ts";
import { Hub, type HubLimits } from "../../federation/hub/hub.ts";
import { openOrMake } from "../../federation/hub/folder.ts";
import { makePages } from "../../federation/hub/pages.ts";
import { type Choices, DEFAULTS, signPolicy } from "../../federation/hub/policy.ts";
import { serveHub } from "../../federation/hub/server.ts";
import type { Store } from "../../federation/hub/store/store.ts";
import { newInvitation, sponsor } from "../../proto/federation/invitation.ts";
import { type KeyPair, keyPair, newSeed } from "../../proto/federation/keys.ts";
import type { Invitation } from "../../proto/federation/schema.ts";
import type { Entry, Sink } from "../../runtime/log.ts";
import { logFor } from "../../runtime/log.ts";
import { Client } from "./client.ts";

/** What can be other than usual. */
export interface TestHubOptions {
  readonly limits?: Partial<HubLimits>;
  readonly policy?: Partial<Choices>;
  readonly folder?: string;
  readonly address?: string;
  /** Milliseconds that its clock is ahead from the beginning. */
  readonly aheadMs?: number;
}

/** Limits that no test meets by accident. */
export const ROOMY: HubLimits = {
  framesPerMinute: 100_000,
  bytesPerMinute: 2 ** 31,
  firstCredits: 4,
  mostCredits: 32,
  lateBins: 1008,
  sessions: 20_000,
  sessionsPerOperator: 4,
  handshakes: 20_000,
  handshakeMs: 10_000,
};

/** A hub that listens. */
export class TestHub implements AsyncDisposable {
  /** Milliseconds that its clock is ahead. */
  aheadMs = 0;
  readonly lines: string[] = [];
  url!: string;
  hub!: Hub;
  store!: Store;
  key!: KeyPair;
  folder!: string;
  readonly #stop = new AbortController();
  readonly #clients: Client[] = [];
  #served!: Promise<void>;

  /** Starts one. */
  static async start(
    { limits, policy, folder, address = "127.0.0.1:0", aheadMs = 0 }: TestHubOptions = {},
  ): Promise<TestHub> {
    const it = new TestHub();
    it.aheadMs = aheadMs;
    it.folder = folder ?? await Deno.makeTempDir();
    const { key, store } = await openOrMake(it.folder);
    [it.key, it.store] = [key, store];
    if (policy) await store.setPolicy(await signPolicy({ ...DEFAULTS, ...policy }, key, 1));
    const sink: Sink = ({ level, message }: Entry) => it.lines.push(`${level}: ${message}`);
    const log = logFor("hub", sink);
    it.hub = await Hub.open({
      store,
      key,
      limits: { ...ROOMY, ...limits },
      closeAfterSeconds: 300,
      keepDays: 7,
      keepClosedDays: 400,
      log,
      now: () => it.now(),
    });
    const pages = makePages({
      hub: it.hub,
      store,
      key,
      closeAfterSeconds: 300,
      log,
      signal: it.#stop.signal,
    });
    const listening = Promise.withResolvers<string>();
    it.#served = serveHub({
      hub: it.hub,
      handler: makeApp(it.hub, pages).fetch,
      address,
      log,
      signal: it.#stop.signal,
      onListening: listening.resolve,
    });
    it.url = await Promise.race([listening.promise, it.#served.then(() => "")]);
    return it;
  }

  /** Its clock, milliseconds since 1970. */
  now(): number {
    return Date.now() + this.aheadMs;
  }

  /** The bin of now. */
  get bin(): number {
    return Math.floor(this.now() / 600_000);
  }

  /** A connection, which ends with the hub. */
  connect(): Client {
    const client = new Client(this.url);
    this.#clients.push(client);
    return client;
  }

  /** An invitation that the hub has signed. */
  async invitation(expires = Math.floor(this.now() / 1000) + 3600): Promise<Invitation> {
    return await sponsor(newInvitation(this.key.publicKey, expires), this.key);
  }

  /** A new member, connected. */
  async member(key?: KeyPair): Promise<{ key: KeyPair; client: Client }> {
    const operator = key ?? await keyPair(newSeed("operator"));
    const client = this.connect();
    await client.ready(operator, await this.invitation());
    return { key: operator, client };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client[Symbol.asyncDispose]()));
    this.#stop.abort();
    await this.#served;
    await this.hub[Symbol.asyncDispose]();
    await this.store[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}
