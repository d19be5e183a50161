/**
 * The store of a single hub: one SQLite file in one folder. Summaries that arrive together share one commit, and
 * nothing is answered before the disk has it.
 *
 * @module
 */

import { backup, DatabaseSync, type StatementSync } from "node:sqlite";
import type { Incident, SignedPolicy } from "../../../proto/federation/schema.ts";
import { reasonOf } from "../../../runtime/reason.ts";
import { MIGRATIONS } from "./migrations.ts";
import { SqliteSightings } from "./sightings.ts";
import type {
  Admission,
  Arrival,
  ClosedBin,
  Fate,
  IncidentBin,
  IncidentUpdate,
  Member,
  MemberKey,
  Store,
  StoredSummary,
  StoreStatus,
} from "./store.ts";
import { transaction } from "./transaction.ts";

/** The file in a hub's folder. */
export const DATABASE = "hub.sqlite";

/** What arrives within this time is committed together. */
const GATHER_MS = 4;
/** More than that are not committed together, so that everything else gets its turn. */
const MOST_TOGETHER = 2000;
/** A command and a running hub wait for each other this long. */
const BUSY_MS = 5000;
/** The write-ahead log goes into the database when it is 16 MB long; the default of 4 MB fills many times a second. */
const CHECKPOINT_PAGES = 4096;
const CACHE_KIB = 65_536;
/** Rows that are deleted at a time. */
const DELETED_TOGETHER = 2000;

/** Opens the store in a folder, and brings an older one up to date. */
export function openSqlite(folder: string): Store {
  const path = `${folder}/${DATABASE}`;
  let database: DatabaseSync | undefined;
  try {
    // Made here, and the files beside it get the same mode: nobody else shall read them.
    Deno.openSync(path, { write: true, create: true, mode: 0o600 }).close();
    database = new DatabaseSync(path);
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA busy_timeout = ${BUSY_MS};
      PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
      PRAGMA cache_size = -${CACHE_KIB};
      PRAGMA foreign_keys = ON;
      PRAGMA secure_delete = ON;
    `);
    migrate(database);
  } catch (cause) {
    database?.close();
    throw new Error(`Cannot open "${path}": ${reasonOf(cause)}`, { cause });
  }
  return new SqliteStore(database);
}

/** Applies the steps that are missing, each whole or not at all. */
export function migrate(database: DatabaseSync, steps: readonly string[] = MIGRATIONS): void {
  const { user_version: at } = database.prepare("PRAGMA user_version").get() as { user_version: number };
  if (at > steps.length) {
    throw new Error(`it was written by a newer version (${at}, known are ${steps.length})`);
  }
  for (let step = at; step < steps.length; step++) {
    transaction(database, () => {
      database.exec(steps[step]!);
      database.exec(`PRAGMA user_version = ${step + 1}`);
    });
  }
}

interface Waiting {
  readonly arrival: Arrival;
  resolve(fate: Fate): void;
  reject(error: unknown): void;
}

class SqliteStore implements Store {
  readonly sightings: SqliteSightings;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #waiting: Waiting[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.sightings = new SqliteSightings(database);
  }

  // deno-lint-ignore require-await
  async version(): Promise<number> {
    return this.#one<{ data_version: number }>("PRAGMA data_version")!.data_version;
  }

  // deno-lint-ignore require-await
  async members(): Promise<Member[]> {
    const keys = Map.groupBy(
      this.#all<{ slot: number; hash: Uint8Array; until: number | null }>(
        "SELECT slot, hash, until FROM keys",
      ),
      ({ slot }) => slot,
    );
    const sponsors = Map.groupBy(
      this.#all<{ slot: number; sponsor: number }>("SELECT slot, sponsor FROM sponsors"),
      ({ slot }) => slot,
    );
    const rows = this.#all<{ slot: number; joined_day: number; revoked: number }>(
      "SELECT slot, joined_day, revoked FROM members",
    );
    return rows.map(({ slot, joined_day, revoked }) => ({
      slot,
      sponsors: sponsors.get(slot)?.map(({ sponsor }) => sponsor) ?? [],
      joinedDay: joined_day,
      revoked: revoked === 1,
      keys: keys.get(slot)?.map(({ hash, until }): MemberKey => ({ hash, until: until ?? undefined })) ?? [],
    }));
  }

  // deno-lint-ignore require-await
  async admit(admission: Admission): Promise<Member | undefined> {
    const { hash, sponsors, joinedDay, invitation, expires } = admission;
    return transaction(this.#database, () => {
      if (this.#one("SELECT 1 FROM used_invitations WHERE id = ?", invitation)) return undefined;
      if (this.#one("SELECT 1 FROM keys WHERE hash = ?", hash)) return undefined;
      const slot = this.#newSlot();
      this.#run("INSERT INTO used_invitations VALUES (?, ?)", invitation, expires);
      this.#run("INSERT INTO members (slot, joined_day) VALUES (?, ?)", slot, joinedDay);
      this.#run("INSERT INTO keys VALUES (?, ?, NULL)", hash, slot);
      for (const sponsor of sponsors) this.#run("INSERT INTO sponsors VALUES (?, ?)", slot, sponsor);
      return { slot, sponsors, joinedDay, revoked: false, keys: [{ hash }] };
    });
  }

  #newSlot(): number {
    for (;;) {
      const slot = Number(crypto.getRandomValues(new BigUint64Array(1))[0]! >> 16n);
      if (slot > 0 && !this.#one("SELECT 1 FROM members WHERE slot = ?", slot)) return slot;
    }
  }

  // deno-lint-ignore require-await
  async revoke(slot: number): Promise<boolean> {
    return this.#run("UPDATE members SET revoked = 1 WHERE slot = ?", slot) > 0;
  }

  // deno-lint-ignore require-await
  async rotate(slot: number, hash: Uint8Array, until: number): Promise<boolean> {
    return transaction(this.#database, () => {
      if (this.#one("SELECT 1 FROM keys WHERE hash = ?", hash)) return false;
      this.#run("UPDATE keys SET until = min(coalesce(until, ?), ?) WHERE slot = ?", until, until, slot);
      this.#run("INSERT INTO keys VALUES (?, ?, NULL)", hash, slot);
      return true;
    });
  }

  // deno-lint-ignore require-await
  async policy(): Promise<SignedPolicy | undefined> {
    return this.#one<{ policy: Uint8Array; signature: Uint8Array }>(
      "SELECT policy, signature FROM policies ORDER BY version DESC LIMIT 1",
    );
  }

  // deno-lint-ignore require-await
  async setPolicy({ policy, signature }: SignedPolicy): Promise<void> {
    this.#run("INSERT INTO policies (policy, signature) VALUES (?, ?)", policy, signature);
  }

  append(arrival: Arrival): Promise<Fate> {
    if (this.#closed) return Promise.reject(new Error("Cannot store a summary: the store is closed"));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ arrival, resolve, reject });
      this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS);
    });
  }

  #flush(): void {
    this.#timer = undefined;
    const together = this.#waiting.splice(0, MOST_TOGETHER);
    if (together.length === 0) return;
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#flush(), 0);
    try {
      const fates = transaction(this.#database, () => this.#insert(together));
      together.forEach(({ resolve }, i) => resolve(fates[i]!));
    } catch (error) {
      // Those behind it too: what is stored of an operator has no holes.
      for (const { reject } of [...together, ...this.#waiting.splice(0)]) reject(error);
    }
  }

  #insert(together: readonly Waiting[]): Fate[] {
    const closedThrough = this.#closedThrough();
    const insert = this.#prepare("INSERT OR IGNORE INTO summaries VALUES (?, ?, ?, ?, ?)");
    const highest = new Map<number, number>();
    const fates = together.map(({ arrival: { slot, bin, sequence, body } }): Fate => {
      highest.set(slot, Math.max(sequence, highest.get(slot) ?? 0));
      const late = bin <= closedThrough;
      const isNew = insert.run(bin, slot, sequence, late ? 1 : 0, body).changes === 1;
      return isNew ? late ? "late" : "stored" : "duplicate";
    });
    const update = this.#prepare("UPDATE members SET sequence = max(sequence, ?) WHERE slot = ?");
    for (const [slot, sequence] of highest) update.run(sequence, slot);
    return fates;
  }

  // deno-lint-ignore require-await
  async resume(slot: number): Promise<number> {
    return this.#one<{ sequence: number }>("SELECT sequence FROM members WHERE slot = ?", slot)?.sequence ??
      0;
  }

  // deno-lint-ignore require-await
  async openBins(through: number): Promise<number[]> {
    return this.#all<{ bin: number }>(
      "SELECT DISTINCT bin FROM summaries WHERE bin > ? AND bin <= ? ORDER BY bin",
      this.#closedThrough(),
      through,
    ).map(({ bin }) => bin);
  }

  async *summaries(bin: number): AsyncGenerator<StoredSummary> {
    const next = this.#prepare(`
      SELECT slot, body, max(sequence) FROM summaries WHERE bin = ? AND slot > ? AND late = 0
      GROUP BY slot ORDER BY slot LIMIT 100
    `);
    for (let after = 0;;) {
      const rows = next.all(bin, after) as unknown as StoredSummary[];
      for (const { slot, body } of rows) yield { slot, body };
      if (rows.length < 100) return;
      after = rows.at(-1)!.slot;
      // Sessions get their turn.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  // deno-lint-ignore require-await
  async leads(): Promise<boolean> {
    return true;
  }

  // deno-lint-ignore require-await
  async close({ bin, operators, feed }: ClosedBin, incidents: readonly IncidentUpdate[]): Promise<boolean> {
    return transaction(this.#database, () => {
      if (bin <= this.#closedThrough()) return false;
      this.#run("UPDATE facts SET value = ? WHERE name = 'closed_through'", bin);
      this.#run("INSERT INTO bins VALUES (?, ?, ?)", bin, operators, feed);
      for (const { incident: { id, anomaly, opened, closed, ...strength }, seenLog2, ofLog2 } of incidents) {
        this.#run(
          `INSERT INTO incidents VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
           closed = excluded.closed, seen_log2 = excluded.seen_log2, of_log2 = excluded.of_log2`,
          id,
          anomaly,
          opened,
          closed ?? null,
          strength.seenLog2,
          strength.ofLog2,
        );
        this.#run("INSERT INTO incident_bins VALUES (?, ?, ?, ?)", id, bin, seenLog2, ofLog2);
      }
      return true;
    });
  }

  // deno-lint-ignore require-await
  async closedThrough(): Promise<number> {
    return this.#closedThrough();
  }

  #closedThrough(): number {
    return this.#one<{ value: number }>("SELECT value FROM facts WHERE name = 'closed_through'")!.value;
  }

  // deno-lint-ignore require-await
  async closedBins(from: number, to: number): Promise<ClosedBin[]> {
    return this.#all(
      "SELECT bin, operators, feed FROM bins WHERE bin BETWEEN ? AND ? ORDER BY bin",
      from,
      to,
    );
  }

  // deno-lint-ignore require-await
  async incidents(since: number): Promise<Incident[]> {
    return this.#all<Omit<Incident, "closed"> & { closed: number | null }>(
      `SELECT id, anomaly, opened, closed, seen_log2 AS seenLog2, of_log2 AS ofLog2
       FROM incidents WHERE closed IS NULL OR closed >= ? ORDER BY id DESC`,
      since,
    ).map(({ closed, ...incident }) => ({ ...incident, closed: closed ?? undefined }));
  }

  // deno-lint-ignore require-await
  async incidentBins(id: number): Promise<IncidentBin[]> {
    return this.#all(
      "SELECT bin, seen_log2 AS seenLog2, of_log2 AS ofLog2 FROM incident_bins WHERE id = ? ORDER BY bin",
      id,
    );
  }

  async forget({ summaries, bins, now }: { summaries: number; bins: number; now: number }): Promise<number> {
    let forgotten = 0;
    for (;;) {
      const gone = this.#run(
        `DELETE FROM summaries WHERE rowid IN
         (SELECT rowid FROM summaries WHERE bin < ? LIMIT ${DELETED_TOGETHER})`,
        summaries,
      );
      forgotten += gone;
      if (gone < DELETED_TOGETHER) break;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    transaction(this.#database, () => {
      const ended = "SELECT id FROM incidents WHERE closed IS NOT NULL AND closed < ? * 600";
      this.#run("DELETE FROM bins WHERE bin < ?", bins);
      this.#run(`DELETE FROM incident_bins WHERE id IN (${ended})`, bins);
      // The newest stays: numbers count up.
      this.#run(
        `DELETE FROM incidents WHERE id IN (${ended}) AND id < (SELECT max(id) FROM incidents)`,
        bins,
      );
      this.#run("DELETE FROM used_invitations WHERE expires < ?", now);
      this.#run("DELETE FROM keys WHERE until < ?", now);
    });
    return forgotten;
  }

  // deno-lint-ignore require-await
  async status(): Promise<StoreStatus> {
    return this.#one<StoreStatus & Record<string, number>>(`
      SELECT
        (SELECT count(*) FROM members WHERE revoked = 0) AS members,
        (SELECT count(*) FROM members WHERE revoked = 1) AS revoked,
        (SELECT count(*) FROM summaries) AS summaries,
        (SELECT count(*) FROM summaries WHERE late = 1) AS late,
        (SELECT count(*) FROM bins) AS bins,
        (SELECT value FROM facts WHERE name = 'closed_through') AS closedThrough,
        (SELECT count(*) FROM incidents WHERE closed IS NULL) AS openIncidents,
        (SELECT page_count * page_size FROM pragma_page_count, pragma_page_size) AS bytes
    `)!;
  }

  // deno-lint-ignore require-await
  async bytes(): Promise<number> {
    const { bytes } = this.#one<{ bytes: number }>(
      "SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size",
    )!;
    return bytes;
  }

  async backup(path: string): Promise<void> {
    await backup(this.#database, path);
  }

  // deno-lint-ignore require-await
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    while (this.#waiting.length > 0) this.#flush();
    clearTimeout(this.#timer);
    this.#closed = true;
    this.#database.close();
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, statement = this.#database.prepare(sql));
    return statement;
  }

  #one<T>(sql: string, ...values: SqlValue[]): T | undefined {
    return this.#prepare(sql).get(...values) as T | undefined;
  }

  #all<T>(sql: string, ...values: SqlValue[]): T[] {
    return this.#prepare(sql).all(...values) as T[];
  }

  #run(sql: string, ...values: SqlValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }
}

type SqlValue = number | string | Uint8Array | null;
