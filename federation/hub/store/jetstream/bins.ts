/**
 * Closed bins and incidents, in one bucket. The last closed bin is one key that holds all that came out of it: whoever
 * changes that key has closed the bin, and only the one who knows what it was before can change it. From there it is
 * copied to where it stays, as often as it takes.
 *
 * @module
 */

import type { Incident } from "../../../../proto/federation/schema.ts";
import type { ClosedBin, IncidentBin, IncidentUpdate } from "../store.ts";
import type { Bucket, Entry } from "./bucket.ts";

/** A closed bin, and up to which number the stream's summaries are in it. */
interface BinRecord {
  readonly bin: number;
  readonly operators: number;
  readonly feed: string;
  readonly cut: number;
}

interface HeadRecord extends BinRecord {
  readonly updates: readonly IncidentUpdate[];
}

interface IncidentRecord {
  readonly incident: Incident;
  readonly bins: readonly IncidentBin[];
}

const HEAD = "head";
/** So many keys are asked for one by one; beyond that, it is first asked which of them there are. */
const FEW_BINS = 1200;

/** Closed bins in a bucket. */
export class BinBucket {
  readonly #bucket: Bucket;
  #head: Entry<HeadRecord> | undefined;
  #headAt = -Infinity;
  /** The revision of the head that has been copied. */
  #copied = 0;

  /** In this bucket; it has other keys too. */
  constructor(bucket: Bucket) {
    this.#bucket = bucket;
  }

  /** Up to which bins are closed, and where the stream was then; 0 before the first. At most so old. */
  async head(mostAgeMs = 0): Promise<{ bin: number; cut: number }> {
    if (performance.now() - this.#headAt >= mostAgeMs) await this.#readHead();
    return this.#head?.value ?? { bin: 0, cut: 0 };
  }

  async #readHead(): Promise<Entry<HeadRecord> | undefined> {
    const head = await this.#bucket.get<HeadRecord>(HEAD);
    this.#headAt = performance.now();
    return this.#head = head;
  }

  /** Closes a bin; `false` if it is closed, or somebody else has closed one since `after` was the last. */
  async close(
    { bin, operators, feed }: ClosedBin,
    updates: readonly IncidentUpdate[],
    { cut, after }: { cut: number; after: number },
  ): Promise<boolean> {
    const head = await this.#readHead();
    if ((head?.value.bin ?? 0) !== after || bin <= after) return false;
    await this.#copy(head);
    const record: HeadRecord = { bin, operators, feed: feed.toBase64(), cut, updates };
    const revision = await this.#bucket.update(HEAD, record, head?.revision ?? 0);
    if (revision === undefined) return false;
    this.#head = { value: record, revision };
    await this.#copy(this.#head);
    return true;
  }

  /** To where it stays. Whoever was killed in between has left that to the next. */
  async #copy(head: Entry<HeadRecord> | undefined): Promise<void> {
    if (head === undefined || head.revision === this.#copied) return;
    const { updates, ...closed } = head.value;
    await this.#bucket.put(`closed.${closed.bin}`, closed);
    for (const update of updates) {
      const key = `incident.${update.incident.id}`;
      const before = (await this.#bucket.get<IncidentRecord>(key))?.value;
      await this.#bucket.put(key, updated(before, update, closed.bin));
    }
    this.#copied = head.revision;
  }

  /** Closed bins between two, in order. */
  async closedBins(from: number, to: number): Promise<ClosedBin[]> {
    const last = await this.#readHead();
    if (last === undefined) return [];
    const records = await this.#records(from, Math.min(to, last.value.bin));
    if (last.value.bin >= from && last.value.bin <= to) records.set(last.value.bin, last.value);
    return [...records.values()].sort((a, b) => a.bin - b.bin).map(({ bin, operators, feed }) => {
      return { bin, operators, feed: Uint8Array.fromBase64(feed) };
    });
  }

  async #records(from: number, to: number): Promise<Map<number, BinRecord>> {
    const bins = to - from < FEW_BINS
      ? Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
      : (await this.#bins()).filter((bin) => bin >= from && bin <= to);
    const found = await Promise.all(bins.map((bin) => this.#bucket.get<BinRecord>(`closed.${bin}`)));
    return new Map(found.flatMap((entry) => entry ? [[entry.value.bin, entry.value] as const] : []));
  }

  /** Which closed bins there are. */
  async #bins(): Promise<number[]> {
    return (await this.#bucket.keys("closed.*")).map((key) => Number(key.split(".")[1]));
  }

  /** How many there are. */
  async count(): Promise<number> {
    return (await this.#bins()).length;
  }

  /** Where the stream was when a bin was closed; `undefined` if it is open. */
  async cutOf(bin: number): Promise<number | undefined> {
    const head = await this.head();
    if (bin > head.bin) return undefined;
    const own = (await this.#bucket.get<BinRecord>(`closed.${bin}`))?.value.cut;
    if (own !== undefined) return own;
    // It was closed together with the next one that was.
    const next = Math.min(head.bin, ...(await this.#bins()).filter((each) => each > bin));
    return next === head.bin ? head.cut : (await this.#bucket.get<BinRecord>(`closed.${next}`))?.value.cut;
  }

  /** Incidents that are open or were closed since, the newest first. */
  async incidents(since: number): Promise<Incident[]> {
    const records = [...(await this.#incidents()).values()];
    return records.map(({ incident }) => ({ ...incident, closed: incident.closed }))
      .filter(({ closed = Infinity }) => closed >= since)
      .sort((a, b) => b.id - a.id);
  }

  /** The history of one. */
  async incidentBins(id: number): Promise<IncidentBin[]> {
    return [...(await this.#incidents(String(id))).get(id)?.bins ?? []].sort((a, b) => a.bin - b.bin);
  }

  /** As they are with what the last closed bin says, also where that has not been copied yet. */
  async #incidents(which = "*"): Promise<Map<number, IncidentRecord>> {
    const found = await this.#bucket.all<IncidentRecord>(`incident.${which}`);
    const byId = new Map([...found.values()].map((record) => [record.incident.id, record]));
    const head = await this.#readHead();
    for (const update of head?.value.updates ?? []) {
      const { id } = update.incident;
      if (which === "*" || which === String(id)) {
        byId.set(id, updated(byId.get(id), update, head!.value.bin));
      }
    }
    return byId;
  }

  /** Deletes closed bins before one, and incidents that were over before it. */
  async forget(before: number): Promise<void> {
    await this.#copy(await this.#readHead());
    for (const bin of await this.#bins()) if (bin < before) await this.#bucket.delete(`closed.${bin}`);
    const incidents = await this.incidents(0);
    // The newest stays: numbers count up.
    for (const { id, closed = Infinity } of incidents.slice(1)) {
      if (closed < before * 600) await this.#bucket.delete(`incident.${id}`);
    }
  }
}

function updated(
  before: IncidentRecord | undefined,
  { incident, seenLog2, ofLog2 }: IncidentUpdate,
  bin: number,
): IncidentRecord {
  const bins = (before?.bins ?? []).filter((each) => each.bin !== bin);
  return { incident, bins: [...bins, { bin, seenLog2, ofLog2 }] };
}
