import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { testStore } from "./conformance.ts";
import { MIGRATIONS } from "./migrations.ts";
import { DATABASE, migrate, openSqlite } from "./sqlite.ts";

async function folder() {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

testStore("SQLite", async () => {
  const { path, [Symbol.asyncDispose]: remove } = await folder();
  return { open: () => Promise.resolve(openSqlite(path)), [Symbol.asyncDispose]: remove };
});

Deno.test("migrate() applies each step once, and refuses a file of a newer version", () => {
  using database = disposable(new DatabaseSync(":memory:"));
  migrate(database, MIGRATIONS);
  const more = [...MIGRATIONS, "CREATE TABLE new (a INTEGER) STRICT; INSERT INTO new VALUES (1)"];
  migrate(database, more);
  migrate(database, more);
  assertEquals({ ...database.prepare("SELECT count(*) AS n FROM new").get() }, { n: 1 });
  assertStringIncludes(assertThrows(() => migrate(database, MIGRATIONS)).message, "newer version");
});

Deno.test("migrate() leaves a file as it was when a step fails", () => {
  using database = disposable(new DatabaseSync(":memory:"));
  migrate(database, []);
  assertThrows(() => migrate(database, ["CREATE TABLE a (x INTEGER); CREATE TABLE a (x INTEGER)"]));
  assertEquals({ ...database.prepare("PRAGMA user_version").get() }, { user_version: 0 });
  assertEquals(database.prepare("SELECT name FROM sqlite_schema").all(), []);
});

Deno.test("SQLite: many that arrive together share a commit, which is synchronous", async () => {
  await using where = await folder();
  await using store = openSqlite(where.path);
  using other = disposable(new DatabaseSync(`${where.path}/${DATABASE}`));
  const pages = () =>
    Number((other.prepare("PRAGMA data_version").get() as { data_version: number }).data_version);
  const before = pages();
  await Promise.all(
    Array.from({ length: 500 }, (_, i) => {
      return store.append({ slot: 1 + i % 7, bin: 100, sequence: i, body: new Uint8Array(100) });
    }),
  );
  assertEquals(pages() - before, 1, "one commit");
});

Deno.test("SQLite: where a commit fails, all that wait fail, and what comes later is stored", async () => {
  await using where = await folder();
  await using store = openSqlite(where.path);
  const arrival = (sequence: number) => ({ slot: 1, bin: 100, sequence, body: new Uint8Array(0) });
  const refused = { ...arrival(2), body: undefined as unknown as Uint8Array };
  const together = [1, 2, 3].map((n) => store.append(n === 2 ? refused : arrival(n)));
  for (const each of together) await assertRejects(() => each);
  assertEquals(await store.append(arrival(1)), "stored");
});

Deno.test("SQLite: nobody else may read the files, and a backup holds what the store holds", async () => {
  await using where = await folder();
  await using store = openSqlite(where.path);
  await store.append({ slot: 5, bin: 100, sequence: 1, body: Uint8Array.of(1) });
  for await (const { name } of Deno.readDir(where.path)) {
    assertEquals((await Deno.stat(`${where.path}/${name}`)).mode! & 0o077, 0, name);
  }
  await using copy = await folder();
  await store.backup(`${copy.path}/${DATABASE}`);
  await using restored = openSqlite(copy.path);
  assertEquals(await Array.fromAsync(restored.summaries(100), ({ slot }) => slot), [5]);
});

Deno.test("SQLite: deleted summaries are gone from the file", async () => {
  await using where = await folder();
  const mark = new TextEncoder().encode("a mark that is found again if it is anywhere at all");
  {
    await using store = openSqlite(where.path);
    await store.append({ slot: 5, bin: 100, sequence: 1, body: mark });
    await store.forget({ summaries: 101, bins: 0, now: 0 });
  }
  const text = new TextDecoder("latin1").decode(await Deno.readFile(`${where.path}/${DATABASE}`));
  assert(!text.includes("a mark"), "the last connection has emptied the write-ahead log");
});

Deno.test("openSqlite() says which file cannot be opened", async () => {
  await using where = await folder();
  await Deno.writeTextFile(
    `${where.path}/${DATABASE}`,
    "this is no database, and long enough to tell".repeat(50),
  );
  assertStringIncludes(assertThrows(() => openSqlite(where.path)).message, DATABASE);
});

function disposable(database: DatabaseSync): DatabaseSync & Disposable {
  return Object.assign(database, { [Symbol.dispose]: () => database.close() });
}
