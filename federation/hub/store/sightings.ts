/**
 * What a hub keeps of sightings: sealed ones of the epoch that is being collected, and what came out of those before.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import type { Sightings } from "../../../proto/federation/schema.ts";
import type { Sealed } from "../../sightings/share.ts";
import { transaction } from "./transaction.ts";

/** Sealed sightings that are alike in everything but their shares. */
export interface SealedGroup {
  /** Whose they are. */
  readonly slots: readonly number[];
  /** In the same order. */
  readonly sealed: readonly Sealed[];
}

/** What came out of an epoch; it never changes again. */
export interface OpenedEpoch {
  /** Which. */
  readonly epoch: number;
  /** The randomness service's key that most operators named; `undefined` if those are fewer than k. */
  readonly key: Uint8Array | undefined;
  /** Decides which member gets which sighting. */
  readonly dropKey: Uint8Array;
  /** What enough operators saw. */
  readonly sightings: readonly OpenedSighting[];
}

/** Something that enough operators saw. */
export interface OpenedSighting {
  /** An encoded sighting. */
  readonly content: Uint8Array;
  /** Whether it was twice as many as it takes, or more. */
  readonly many: boolean;
}

/** Where sightings are kept. What has been answered is on the disk. */
export interface SightingStore {
  /** Stores a part, once, however often it comes. Of an operator the first sighting with a tag counts. */
  take(slot: number, part: Sightings): Promise<void>;
  /** Epochs up to `through` that hold parts, in order. */
  sealedEpochs(through: number): Promise<number[]>;
  /** Groups of an epoch with at least so many operators. */
  groups(epoch: number, least: number): AsyncIterable<SealedGroup>;
  /** Keys that operators named in an epoch, with how many operators did, the most first. */
  keys(epoch: number): Promise<{ readonly key: Uint8Array; readonly operators: number }[]>;
  /** Puts what came out of an epoch in the place of all that was sealed, and notes whose shares did not fit. */
  close(opened: OpenedEpoch, liars: readonly number[]): Promise<void>;
  /** What came out of epochs from one on, the newest first. */
  opened(from: number): Promise<OpenedEpoch[]>;
  /** How often shares of an operator did not fit, by slot. */
  flags(): Promise<ReadonlyMap<number, number>>;
  /** Deletes what came out of epochs before one. */
  forget(before: number): Promise<void>;
}

/** Groups that are read at a time: opening one takes a millisecond. */
const READ_TOGETHER = 16;

/** Sightings in the SQLite file of a hub. */
export class SqliteSightings implements SightingStore {
  readonly #database: DatabaseSync;

  /** In a file with the tables for it. */
  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  async take(slot: number, { epoch, part, key, sealed }: Sightings): Promise<void> {
    const alike = await Promise.all(sealed.map(alikeOf(key)));
    transaction(this.#database, () => {
      const isNew = this.#prepare("INSERT OR IGNORE INTO sealed_parts VALUES (?, ?, ?, ?)");
      if (isNew.run(epoch, slot, part, key).changes === 0) return;
      const insert = this.#prepare("INSERT OR IGNORE INTO sealed VALUES (?, ?, ?, ?, ?, ?, ?)");
      sealed.forEach(({ tag, share, commitments, box }, i) => {
        insert.run(epoch, slot, tag, alike[i]!, share, commitments, box);
      });
    });
  }

  // deno-lint-ignore require-await
  async sealedEpochs(through: number): Promise<number[]> {
    const rows = this.#prepare("SELECT DISTINCT epoch FROM sealed_parts WHERE epoch <= ? ORDER BY epoch");
    return (rows.all(through) as { epoch: number }[]).map(({ epoch }) => epoch);
  }

  async *groups(epoch: number, least: number): AsyncGenerator<SealedGroup> {
    const next = this.#prepare(`
      SELECT alike FROM sealed WHERE epoch = ? AND alike > ?
      GROUP BY alike HAVING count(*) >= ? ORDER BY alike LIMIT ${READ_TOGETHER}
    `);
    const members = this.#prepare(
      "SELECT slot, tag, share, commitments, box FROM sealed WHERE epoch = ? AND alike = ? ORDER BY slot",
    );
    for (let after = new Uint8Array();;) {
      const rows = next.all(epoch, after, least) as { alike: Uint8Array<ArrayBuffer> }[];
      for (const { alike } of rows) {
        const sealed = members.all(epoch, alike) as unknown as (Sealed & { slot: number })[];
        yield { slots: sealed.map(({ slot }) => slot), sealed };
      }
      // Sessions get their turn.
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (rows.length < READ_TOGETHER) return;
      after = rows.at(-1)!.alike;
    }
  }

  // deno-lint-ignore require-await
  async keys(epoch: number): Promise<{ key: Uint8Array; operators: number }[]> {
    return this.#prepare(`
      SELECT key, count(DISTINCT slot) AS operators FROM sealed_parts WHERE epoch = ?
      GROUP BY key ORDER BY operators DESC, key
    `).all(epoch) as unknown as { key: Uint8Array; operators: number }[];
  }

  // deno-lint-ignore require-await
  async close({ epoch, key, dropKey, sightings }: OpenedEpoch, liars: readonly number[]): Promise<void> {
    transaction(this.#database, () => {
      this.#prepare("INSERT OR IGNORE INTO sighting_epochs VALUES (?, ?, ?)").run(
        epoch,
        key ?? null,
        dropKey,
      );
      const insert = this.#prepare("INSERT OR IGNORE INTO sightings VALUES (?, ?, ?)");
      for (const { content, many } of sightings) insert.run(epoch, content, many ? 1 : 0);
      const flag = this.#prepare(
        "INSERT INTO sighting_flags VALUES (?, 1) ON CONFLICT (slot) DO UPDATE SET times = times + 1",
      );
      for (const slot of liars) flag.run(slot);
      this.#prepare("DELETE FROM sealed WHERE epoch <= ?").run(epoch);
      this.#prepare("DELETE FROM sealed_parts WHERE epoch <= ?").run(epoch);
    });
    // What was deleted stands in the write-ahead log, too.
    this.#database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  // deno-lint-ignore require-await
  async opened(from: number): Promise<OpenedEpoch[]> {
    const epochs = this.#prepare(
      "SELECT epoch, key, drop_key AS dropKey FROM sighting_epochs WHERE epoch >= ? ORDER BY epoch DESC",
    ).all(from) as unknown as { epoch: number; key: Uint8Array | null; dropKey: Uint8Array }[];
    const sightings = this.#prepare("SELECT content, many FROM sightings WHERE epoch = ? ORDER BY content");
    return epochs.map(({ epoch, key, dropKey }) => {
      const rows = sightings.all(epoch) as unknown as { content: Uint8Array; many: number }[];
      const found = rows.map(({ content, many }) => ({ content, many: many === 1 }));
      return { epoch, key: key ?? undefined, dropKey, sightings: found };
    });
  }

  // deno-lint-ignore require-await
  async flags(): Promise<ReadonlyMap<number, number>> {
    const rows = this.#prepare("SELECT slot, times FROM sighting_flags").all();
    return new Map(
      (rows as unknown as { slot: number; times: number }[]).map(({ slot, times }) => [slot, times]),
    );
  }

  // deno-lint-ignore require-await
  async forget(before: number): Promise<void> {
    transaction(this.#database, () => {
      this.#prepare("DELETE FROM sightings WHERE epoch < ?").run(before);
      this.#prepare("DELETE FROM sighting_epochs WHERE epoch < ?").run(before);
    });
  }

  #prepare(sql: string) {
    return this.#database.prepare(sql);
  }
}

/** What sealed sightings of the same have in common, as one hash. */
function alikeOf(key: Uint8Array): (sealed: Sealed) => Promise<Uint8Array<ArrayBuffer>> {
  // All but the commitments have one length each.
  return async ({ tag, box, commitments }) => {
    const bytes = new Uint8Array([...key, ...tag, ...box, ...commitments]);
    return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  };
}
