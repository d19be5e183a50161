/**
 * A key-value bucket with JSON in it, and the little of it that the store needs: every read asks the leader, every
 * change can be made to depend on the one before.
 *
 * @module
 */

import { type JetStreamClient, type JetStreamManager, type KV, NatsError, StorageType } from "nats";

/** A value and the number of its last change. */
export interface Entry<T> {
  /** What it is. */
  readonly value: T;
  /** What a change to it has to name. */
  readonly revision: number;
}

/** How a bucket is made. */
export interface BucketOptions {
  /** Servers that hold a copy. */
  readonly replicas: number;
  /** Gone when the server restarts. */
  readonly inMemory?: boolean;
}

/** Somebody else was first: the server's code for a wrong sequence. */
const WRONG_SEQUENCE = 10071;
/** How long a copy may lag behind the leader before reading it is an error. */
const LAG_MS = 5000;
const LAG_PAUSE_MS = 20;

/** True where a change was refused because it depends on one that is not the last any more. */
export function isConflict(error: unknown): boolean {
  return error instanceof NatsError && error.api_error?.err_code === WRONG_SEQUENCE;
}

/** A bucket. */
export class Bucket {
  /** The stream that holds it. */
  readonly stream: string;
  readonly #name: string;
  readonly #kv: KV;
  readonly #manager: JetStreamManager;

  private constructor(name: string, kv: KV, manager: JetStreamManager) {
    this.#name = name;
    this.stream = `KV_${name}`;
    this.#kv = kv;
    this.#manager = manager;
  }

  /** Opens a bucket, and makes it where it is missing. */
  static async open(
    name: string,
    js: JetStreamClient,
    { replicas, inMemory = false }: BucketOptions,
  ): Promise<Bucket> {
    const storage = inMemory ? StorageType.Memory : StorageType.File;
    const kv = await js.views.kv(name, { history: 1, replicas, storage, allow_direct: false });
    return new Bucket(name, kv, await js.jetstreamManager(false));
  }

  /** The value of a key. */
  async get<T>(key: string): Promise<Entry<T> | undefined> {
    const entry = await this.#kv.get(key);
    return entry === null ? undefined : { value: entry.json<T>(), revision: entry.revision };
  }

  /** Sets a key that has no value; `false` if it has one. */
  create(key: string, value: unknown): Promise<boolean> {
    return this.update(key, value, 0).then((revision) => revision !== undefined);
  }

  /** Changes a key that has not changed since; the new revision, `undefined` if somebody else was first. */
  async update(key: string, value: unknown, revision: number): Promise<number | undefined> {
    try {
      return await this.#kv.put(key, JSON.stringify(value), { previousSeq: revision });
    } catch (error) {
      if (isConflict(error)) return undefined;
      throw error;
    }
  }

  /** Sets a key, whatever it was. */
  async put(key: string, value: unknown): Promise<void> {
    await this.#kv.put(key, JSON.stringify(value));
  }

  /** Forgets a key, and that it was there. */
  async delete(key: string): Promise<void> {
    await this.#manager.streams.purge(this.stream, { filter: this.#subject(key) });
  }

  /** All keys that match, with their values. */
  async all<T>(filter: string): Promise<Map<string, T>> {
    const found = new Map<string, T>();
    for await (const { key, value } of await this.#kv.history({ key: filter })) {
      found.set(key, JSON.parse(new TextDecoder().decode(value)));
    }
    return found;
  }

  /**
   * The same for the whole bucket, and never older than its last change. A copy that is read may lag behind the leader
   * for a moment, and would not show whom the leader says it has just shut out.
   */
  async everything<T>(): Promise<Map<string, T>> {
    const end = performance.now() + LAG_MS;
    const last = await this.lastChange();
    for (;;) {
      const found = new Map<string, T>();
      let newest = 0;
      if (last > 0) {
        for await (const { key, value, revision } of await this.#kv.history({ key: ">" })) {
          found.set(key, JSON.parse(new TextDecoder().decode(value)));
          newest = Math.max(newest, revision);
        }
      }
      if (newest >= last) return found;
      if (performance.now() > end) throw new Error(`Cannot read "${this.#name}": its copies lag behind`);
      await new Promise((resolve) => setTimeout(resolve, LAG_PAUSE_MS));
    }
  }

  /** Keys that match, without their values. */
  async keys(filter: string): Promise<string[]> {
    const { state } = await this.#manager.streams.info(this.stream, {
      subjects_filter: this.#subject(filter),
    });
    const prefix = this.#subject("").length;
    return Object.keys(state.subjects ?? {}).map((subject) => subject.slice(prefix));
  }

  /** The number of the last change that is still there. */
  async lastChange(): Promise<number> {
    const { state } = await this.#manager.streams.info(this.stream);
    return state.messages === 0 ? 0 : state.last_seq;
  }

  /** Bytes on disk. */
  async bytes(): Promise<number> {
    return (await this.#manager.streams.info(this.stream)).state.bytes;
  }

  #subject(key: string): string {
    return `$KV.${this.#name}.${key}`;
  }
}
