/**
 * The bus on a NATS server: the same subjects and bytes as the Rust tools, core NATS, at most once.
 *
 * @module
 */

import {
  connect,
  type ConnectionOptions,
  credsAuthenticator,
  Events,
  type Msg,
  type NatsConnection,
  NatsError,
  nkeyAuthenticator,
  type Status,
  type Subscription as NatsSubscription,
} from "nats";
import { backoff } from "../backoff.ts";
import type { Log } from "../log.ts";
import { type Bus, type BusStats, QUEUE_LIMITS, type QueueLimits, type Subscription } from "./bus.ts";
import { DeliveryQueue } from "./queue.ts";
import { reasonOf } from "../reason.ts";

/** How to reach a server and who we are there. */
export interface NatsOptions {
  /** `nats://host:port` or `tls://host:port`; several are tried in turn. */
  servers: string[];
  /** User name; without it the password is ignored. */
  user?: string | undefined;
  /** Password of the user. */
  password?: string | undefined;
  /** Text of a credentials file (JWT and seed). */
  credentials?: string | undefined;
  /** Seed of an nkey, `SU…`. */
  nkeySeed?: string | undefined;
  /** PEM texts: the authority that signed the server's certificate, and our own certificate and key. */
  tls?: { ca?: string | undefined; cert?: string | undefined; key?: string | undefined } | undefined;
  /** Queue of each subscriber. */
  limits?: QueueLimits;
  /** Where connection losses are told. */
  log: Log;
  /** Gives up the first connection; later, the sign that nothing more needs saving. */
  signal: AbortSignal;
}

/** What may be on its way without the server having confirmed it. */
const WINDOW_BYTES = 32 * 1024 * 1024;
const CONFIRM_AFTER_MS = 50;

/**
 * The client drops its socket's listeners before the socket's last error arrives; a server that refuses a login and
 * resets the connection would then end the whole process. Nothing else in the main thread uses such sockets.
 */
function surviveResets({ log, signal }: NatsOptions): void {
  const survive = (event: ErrorEvent) => {
    const { code } = (event.error ?? {}) as { code?: string };
    if (code !== "ECONNRESET" && code !== "EPIPE") return;
    event.preventDefault();
    log.debug(`NATS connection: ${code}`);
  };
  globalThis.addEventListener("error", survive, { signal });
}

/** Opens the bus on a server. */
export async function openNatsBus(options: NatsOptions): Promise<NatsBus> {
  return new NatsBus(await connectNats(options), options);
}

/** Connects; keeps trying while the server cannot be reached, but not when it refuses who we are. */
export async function connectNats(options: NatsOptions): Promise<NatsConnection> {
  const { log, signal } = options;
  surviveResets(options);
  for (let attempt = 0;; attempt++) {
    try {
      return await connect(connectionOptions(options));
    } catch (error) {
      const reason = reasonOf(error);
      if (isRefusal(error)) {
        throw new Error(
          `NATS server ${options.servers.join(", ")} refuses the login: ${reason}, check user and password`,
          {
            cause: error,
          },
        );
      }
      log.warn(`Cannot reach NATS server ${options.servers.join(", ")}: ${reason}; trying again`);
      await backoff(attempt, { signal });
    }
  }
}

function connectionOptions(
  { servers, user, password, credentials, nkeySeed, tls }: NatsOptions,
): ConnectionOptions {
  const encoder = new TextEncoder();
  const authenticator = credentials !== undefined
    ? credsAuthenticator(encoder.encode(credentials))
    : nkeySeed !== undefined
    ? nkeyAuthenticator(encoder.encode(nkeySeed.trim()))
    : undefined;
  return {
    servers,
    name: "waggle",
    maxReconnectAttempts: -1,
    reconnectTimeWait: 500,
    reconnectJitter: 1500,
    // A password that changes under a running process is a reason to say so and go on trying, not to go silent.
    ignoreAuthErrorAbort: true,
    ...(authenticator === undefined ? {} : { authenticator }),
    ...(user === undefined ? {} : { user, pass: password ?? "" }),
    ...(tls === undefined ? {} : { tls: defined(tls) }),
  };
}

function defined<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never;
}

function isRefusal(error: unknown): boolean {
  return error instanceof NatsError &&
    (error.isAuthError() || error.isPermissionError() || error.code === "BAD_AUTHENTICATION");
}

/** A bus on a connected server. */
export class NatsBus implements Bus {
  readonly #connection: NatsConnection;
  readonly #log: Log;
  readonly #limits: QueueLimits;
  readonly #queues = new Map<DeliveryQueue, NatsSubscription[]>();
  #connected = true;
  // There while the server is away.
  #back: PromiseWithResolvers<void> | undefined;
  #published = 0;
  #unsent = 0;
  #droppedByGone = 0;
  // Since the last confirmation was asked for, and in all.
  #fresh = { events: 0, bytes: 0 };
  #underWay = 0;
  #confirming: Promise<void> | undefined;
  #confirmTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #watching: Promise<void>;
  #complainedAboutSize = false;

  /** Wraps a connection; use {@linkcode openNatsBus}. */
  constructor(
    connection: NatsConnection,
    { log, limits = QUEUE_LIMITS }: Pick<NatsOptions, "log" | "limits">,
  ) {
    this.#connection = connection;
    this.#log = log;
    this.#limits = limits;
    this.#watching = this.#watch();
    log.info(`Connected to NATS server ${connection.getServer()}`);
  }

  publish(subject: string, data: Uint8Array): void {
    if (!this.#connected || this.#underWay > WINDOW_BYTES || this.#isTooLarge(subject, data)) {
      this.#unsent++;
      return;
    }
    this.#connection.publish(subject, data);
    this.#published++;
    this.#fresh.events++;
    this.#fresh.bytes += data.length;
    this.#underWay += data.length;
    if (this.#fresh.bytes > WINDOW_BYTES / 4) void this.#confirm();
    else this.#confirmTimer ??= setTimeout(() => void this.#confirm(), CONFIRM_AFTER_MS);
  }

  subscribe(subjects: readonly string[]): Subscription {
    const queue: DeliveryQueue = new DeliveryQueue({
      limits: this.#limits,
      onClose: () => this.#forget(queue),
    });
    const callback = (error: NatsError | null, { subject, data }: Msg) => {
      if (error !== null) this.#log.error(`NATS subscription: ${error.message}`);
      else queue.push({ subject, data: plain(data) });
    };
    this.#queues.set(queue, subjects.map((subject) => this.#connection.subscribe(subject, { callback })));
    return queue;
  }

  stats(): BusStats {
    let dropped = this.#droppedByGone;
    for (const queue of this.#queues.keys()) dropped += queue.dropped;
    return { published: this.#published, unsent: this.#unsent, dropped };
  }

  async flush(): Promise<void> {
    if (!this.#connected) return;
    await this.#confirm();
    await this.#connection.flush().catch(() => {});
  }

  async room(): Promise<void> {
    // While the server is away, every event would be lost.
    await this.#back?.promise;
    // What is still between the server and us is in no queue yet.
    if (this.#queues.size > 0 || this.#underWay > WINDOW_BYTES / 2) await this.flush();
    await Promise.all([...this.#queues.keys()].map((queue) => queue.room()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#connection.isClosed()) return;
    for (const queue of [...this.#queues.keys()]) queue.close();
    clearTimeout(this.#confirmTimer);
    if (this.#connected) await this.flush();
    await this.#connection.close();
    await this.#watching;
  }

  /** Asks the server whether it has everything: its answer is the only sign that bytes have left this process. */
  #confirm(): Promise<void> {
    clearTimeout(this.#confirmTimer);
    this.#confirmTimer = undefined;
    return this.#confirming ??= this.#confirmOnce().finally(() => {
      this.#confirming = undefined;
      if (this.#fresh.events > 0 && this.#connected) {
        this.#confirmTimer ??= setTimeout(() => void this.#confirm(), CONFIRM_AFTER_MS);
      }
    });
  }

  async #confirmOnce(): Promise<void> {
    const { events, bytes } = this.#fresh;
    this.#fresh = { events: 0, bytes: 0 };
    try {
      await this.#connection.flush();
    } catch {
      // The connection broke: whether these arrived nobody knows, so they count as not sent.
      this.#unsent += events;
    }
    this.#underWay -= bytes;
  }

  #isTooLarge(subject: string, data: Uint8Array): boolean {
    const limit = this.#connection.info?.max_payload ?? Infinity;
    if (data.length <= limit) return false;
    if (!this.#complainedAboutSize) {
      this.#log.error(
        `Cannot publish ${data.length} bytes on ${subject}: the server takes ${limit}, set max_payload: 8388608 in its configuration (counted from now on, not repeated)`,
      );
    }
    return this.#complainedAboutSize = true;
  }

  async #watch(): Promise<void> {
    const statuses = this.#connection.status()[Symbol.asyncIterator]();
    // The client never ends this iterator, not even when the connection is closed for good.
    const closed = this.#connection.closed().then(() => ({ done: true, value: undefined } as const));
    for (;;) {
      const { done, value } = await Promise.race([statuses.next(), closed]);
      if (done) return;
      this.#tell(value);
    }
  }

  #tell({ type, data }: Status): void {
    if (type === Events.Disconnect) {
      this.#connected = false;
      this.#back ??= Promise.withResolvers();
      this.#log.warn(`Lost NATS server ${data}: events are dropped and counted until it is back`);
    } else if (type === Events.Reconnect) {
      this.#connected = true;
      this.#back?.resolve();
      this.#back = undefined;
      this.#log.info(`Connected to NATS server ${data} again`);
    } else if (type === Events.Error) {
      this.#log.error(`NATS server says: ${data}`);
    }
  }

  #forget(queue: DeliveryQueue): void {
    this.#droppedByGone += queue.dropped;
    if (!this.#connection.isClosed()) {
      for (const subscription of this.#queues.get(queue) ?? []) subscription.unsubscribe();
    }
    this.#queues.delete(queue);
  }
}

/** The client hands out Node buffers, whose views are slower and compare unequal to plain arrays. */
function plain({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}
