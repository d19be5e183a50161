/**
 * Summaries in a stream, each under a subject of its own: `waggle.summary.SLOT.BIN.SEQUENCE`. The server takes one only
 * if nothing is there yet, however long ago that was: this is what makes it exactly once. What arrives together is
 * published as one batch, which the server takes whole or not at all, and which reaches its disk at once.
 *
 * @module
 */

import {
  AckPolicy,
  DeliverPolicy,
  headers,
  type JetStreamClient,
  type JetStreamManager,
  nanos,
  type NatsConnection,
  NatsError,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from "nats";
import type { Arrival, Fate, StoredSummary } from "../store.ts";
import type { BinBucket } from "./bins.ts";
import type { Bucket } from "./bucket.ts";

/** The stream. */
export const STREAM = "WAGGLE_SUMMARIES";

const WRONG_SEQUENCE = 10071;
const NO_MESSAGE = "404";
/** The highest sequence of an operator when its summary was published. */
const HIGHEST = "Waggle-Highest";
/** What is under way after so long is lost, or stored without our knowing. */
const TIMEOUT_MS = 5000;
/** What arrives within this time is published together, */
const GATHER_MS = 4;
/** up to so many; the server takes 1000 in a batch, and a late summary is two messages. */
const MOST_TOGETHER = 400;
/** A bin that is closed is known to be so after that time. */
const HEAD_AGE_MS = 1000;
const READ_TOGETHER = 200;
const ASKED_TOGETHER = 64;
/** Remembered of operators and bins; more are asked for again. */
const MOST_REMEMBERED = 100_000;

interface Waiting {
  readonly arrival: Arrival;
  resolve(fate: Fate): void;
  reject(error: unknown): void;
}

interface Message {
  readonly subject: string;
  readonly body: Uint8Array;
  readonly highest?: number;
}

/** What the stream is made with; everything else is as the server likes it. */
export function streamConfig(replicas: number): Partial<StreamConfig> {
  return {
    name: STREAM,
    subjects: ["waggle.summary.>", "waggle.late.>"],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    num_replicas: replicas,
    // Everything here is asked of the leader.
    allow_direct: false,
    // The client's types do not know batches yet.
    ...{ allow_atomic: true },
  };
}

/** Summaries of one hub. */
export class SummaryStream {
  readonly #connection: NatsConnection;
  readonly #js: JetStreamClient;
  readonly #manager: JetStreamManager;
  readonly #bucket: Bucket;
  readonly #bins: BinBucket;
  #waiting: Waiting[] = [];
  #working: Promise<void> | undefined;
  #highest = new Map<number, number>();
  #registered = new Set<number>();

  /** The stream has to be there. */
  constructor(
    { connection, js, manager, bucket, bins }: {
      connection: NatsConnection;
      js: JetStreamClient;
      manager: JetStreamManager;
      bucket: Bucket;
      bins: BinBucket;
    },
  ) {
    this.#connection = connection;
    this.#js = js;
    this.#manager = manager;
    this.#bucket = bucket;
    this.#bins = bins;
  }

  /** Stores one, once. One batch at a time is under way, so that what is stored of an operator has no holes. */
  append(arrival: Arrival): Promise<Fate> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ arrival, resolve, reject });
      this.#working ??= this.#work();
    });
  }

  async #work(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
    while (this.#waiting.length > 0) {
      const together = this.#waiting.splice(0, MOST_TOGETHER);
      try {
        const fates = await this.#commit(together.map(({ arrival }) => arrival));
        together.forEach(({ resolve }, i) => resolve(fates[i]!));
      } catch (error) {
        // Those behind it too: what is stored of an operator has no holes.
        for (const { reject } of [...together, ...this.#waiting.splice(0)]) reject(error);
      }
    }
    this.#working = undefined;
  }

  /** Resolves when nothing waits any more. */
  async settled(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  async #commit(together: readonly Arrival[]): Promise<Fate[]> {
    const { bin: closedThrough } = await this.#bins.head(HEAD_AGE_MS);
    for (const bin of new Set(together.map(({ bin }) => bin))) await this.#register(bin);
    for (const slot of new Set(together.map(({ slot }) => slot))) {
      if (!this.#highest.has(slot)) await this.resume(slot);
    }
    return await this.#store(together, closedThrough);
  }

  /** All of them, or where one is there already each half for itself. */
  async #store(together: readonly Arrival[], closedThrough: number): Promise<Fate[]> {
    const highest = new Map<number, number>();
    const messages = together.flatMap(({ slot, bin, sequence, body }): Message[] => {
      const now = Math.max(sequence, highest.get(slot) ?? this.#highest.get(slot)!);
      highest.set(slot, now);
      const id = `${slot}.${bin}.${sequence}`;
      const message = { subject: `waggle.summary.${id}`, body, highest: now };
      if (bin > closedThrough) return [message];
      // Beside it, so that late ones can be told and counted.
      return [message, { subject: `waggle.late.${id}`, body: new Uint8Array(0) }];
    });
    const areDifferent = new Set(messages.map(({ subject }) => subject)).size === messages.length;
    if (areDifferent && await this.#publish(messages)) {
      for (const [slot, sequence] of highest) this.#remember(slot, sequence);
      return together.map(({ bin }) => bin > closedThrough ? "stored" : "late");
    }
    if (together.length === 1) {
      this.#remember(together[0]!.slot, together[0]!.sequence);
      return ["duplicate"];
    }
    const half = together.length >> 1;
    const first = await this.#store(together.slice(0, half), closedThrough);
    return [...first, ...await this.#store(together.slice(half), closedThrough)];
  }

  /** Publishes all or none; `false` if there is something under one of the subjects already. */
  async #publish(messages: readonly Message[]): Promise<boolean> {
    const id = crypto.randomUUID();
    const last = messages.length - 1;
    for (const [i, { subject, body, highest }] of messages.entries()) {
      const head = headers();
      head.set("Nats-Expected-Last-Subject-Sequence", "0");
      head.set("Nats-Batch-Id", id);
      head.set("Nats-Batch-Sequence", String(i + 1));
      if (highest !== undefined) head.set(HIGHEST, String(highest));
      if (i < last) {
        this.#connection.publish(subject, body, { headers: head });
        continue;
      }
      head.set("Nats-Batch-Commit", "1");
      const answer = await this.#connection.request(subject, body, { headers: head, timeout: TIMEOUT_MS });
      const { error, count } = answer.json<
        { error?: { err_code: number; description: string }; count?: number }
      >();
      if (error?.err_code === WRONG_SEQUENCE) return false;
      if (error !== undefined) throw new Error(`NATS server says: ${error.description}`);
      if (count !== messages.length) throw new Error(`NATS server took ${count} of ${messages.length}`);
    }
    return true;
  }

  #remember(slot: number, sequence: number): void {
    if (this.#highest.size >= MOST_REMEMBERED) this.#highest.clear();
    this.#highest.set(slot, Math.max(sequence, this.#highest.get(slot) ?? 0));
  }

  /** A bin in which there is something has a key of its own. */
  async #register(bin: number): Promise<void> {
    if (this.#registered.has(bin)) return;
    await this.#bucket.create(`bin.${bin}`, true);
    if (this.#registered.size >= MOST_REMEMBERED) this.#registered.clear();
    this.#registered.add(bin);
  }

  /** Bins in which there is something, in order. */
  async bins(): Promise<number[]> {
    return (await this.#bucket.keys("bin.*")).map((key) => Number(key.split(".")[1])).sort((a, b) => a - b);
  }

  /** The highest sequence of an operator. */
  async resume(slot: number): Promise<number> {
    const last = await this.#last(slot);
    const sequence = last?.highest ??
      (await this.#bucket.get<number>(`resume.${slot}`))?.value ?? 0;
    this.#remember(slot, sequence);
    return sequence;
  }

  async #last(slot: number): Promise<{ bin: number; highest: number } | undefined> {
    try {
      const last = await this.#manager.streams.getMessage(STREAM, {
        last_by_subj: `waggle.summary.${slot}.>`,
      });
      return { bin: Number(last.subject.split(".")[3]), highest: Number(last.header.get(HIGHEST)) };
    } catch (error) {
      if (error instanceof NatsError && error.code === NO_MESSAGE) return undefined;
      throw error;
    }
  }

  /** Up to where the stream is, and the last summary of each operator in a bin that came in time. */
  async list(bin: number): Promise<{ cut: number; wanted: Set<string> }> {
    const { state } = await this.#manager.streams.info(STREAM, { subjects_filter: `waggle.*.*.${bin}.*` });
    const subjects = Object.keys(state.subjects ?? {}).map((subject) => subject.split("."));
    const late = new Set(subjects.filter(([, kind]) => kind === "late").map(([, , ...id]) => id.join(".")));
    const lastOf = new Map<string, number>();
    for (const [, kind, slot, , sequence] of subjects) {
      const isLate = kind !== "summary" || late.has(`${slot}.${bin}.${sequence}`);
      if (!isLate) lastOf.set(slot!, Math.max(Number(sequence), lastOf.get(slot!) ?? 0));
    }
    const wanted = new Set([...lastOf].map(([slot, last]) => `waggle.summary.${slot}.${bin}.${last}`));
    return { cut: state.last_seq, wanted };
  }

  /** Those of a bin that are wanted and not behind a cut. */
  async *read(
    bin: number,
    { wanted, cut }: { wanted: Set<string>; cut: number },
  ): AsyncGenerator<StoredSummary> {
    if (wanted.size === 0) return;
    const { name, num_pending } = await this.#manager.consumers.add(STREAM, {
      filter_subject: `waggle.summary.*.${bin}.*`,
      deliver_policy: DeliverPolicy.All,
      ack_policy: AckPolicy.None,
      mem_storage: true,
      inactive_threshold: nanos(30_000),
    });
    try {
      const consumer = await this.#js.consumers.get(STREAM, name);
      let left = num_pending;
      let found = 0;
      while (left > 0 && found < wanted.size) {
        const before = left;
        const messages = await consumer.fetch({
          max_messages: Math.min(left, READ_TOGETHER),
          expires: TIMEOUT_MS,
        });
        for await (const { subject, seq, data } of messages) {
          left--;
          if (!wanted.has(subject)) continue;
          found++;
          if (seq <= cut) yield { slot: Number(subject.split(".")[2]), body: new Uint8Array(data) };
        }
        if (left === before) throw new Error("NATS server does not go on with a bin");
      }
      if (found < wanted.size) throw new Error("the copy of the stream that was read lags behind");
    } finally {
      await this.#manager.consumers.delete(STREAM, name).catch(() => {});
    }
  }

  /** Deletes those of bins before one; how many. */
  async forget(before: number): Promise<number> {
    let forgotten = 0;
    for (const bin of await this.bins()) {
      if (bin >= before) break;
      await this.#keepResume(bin, before);
      const purge = (kind: string) =>
        this.#manager.streams.purge(STREAM, { filter: `waggle.${kind}.*.${bin}.*` });
      forgotten += (await purge("summary")).purged;
      await purge("late");
      await this.#bucket.delete(`bin.${bin}`);
      this.#registered.delete(bin);
    }
    return forgotten;
  }

  /** Whoever has nothing newer shall still go on where it was. */
  async #keepResume(bin: number, before: number): Promise<void> {
    const { state } = await this.#manager.streams.info(STREAM, {
      subjects_filter: `waggle.summary.*.${bin}.*`,
    });
    const slots = [
      ...new Set(Object.keys(state.subjects ?? {}).map((subject) => Number(subject.split(".")[2]))),
    ];
    for (let at = 0; at < slots.length; at += ASKED_TOGETHER) {
      await Promise.all(
        slots.slice(at, at + ASKED_TOGETHER).map(async (slot) => {
          const last = await this.#last(slot);
          if (last !== undefined && last.bin < before) await this.#bucket.put(`resume.${slot}`, last.highest);
        }),
      );
    }
  }

  /** How many there are, and how many of them are late. */
  async count(): Promise<{ summaries: number; late: number }> {
    const { state } = await this.#manager.streams.info(STREAM);
    const { name, num_pending: late } = await this.#manager.consumers.add(STREAM, {
      filter_subject: "waggle.late.>",
      ack_policy: AckPolicy.None,
      mem_storage: true,
      inactive_threshold: nanos(5000),
    });
    await this.#manager.consumers.delete(STREAM, name).catch(() => {});
    return { summaries: state.messages - late, late };
  }

  /** Bytes on disk. */
  async bytes(): Promise<number> {
    return (await this.#manager.streams.info(STREAM)).state.bytes;
  }
}
