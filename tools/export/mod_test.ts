import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { decodeEvent } from "../../proto/event.ts";
import { eventJson } from "../../proto/event_json.ts";
import { MemoryBus } from "../../runtime/bus/memory.ts";
import type { Component } from "../../runtime/component.ts";
import { runComponents } from "../../runtime/runner.ts";
import { GOLDEN, plainArchive, temporaryFolder, uptime } from "../../tests/parts/archives.ts";
import { type Cell, COLUMNS, type Row } from "./columns.ts";
import { FORMATS } from "./formats.ts";
import exportJob from "./mod.ts";

const DEFAULTS = Object.fromEntries(
  Object.entries(exportJob.options).map(([name, option]) => [name, option.default]),
);

/** Runs the job on files with these bytes; gives the path of what it wrote. */
async function run(folder: string, archives: readonly Uint8Array<ArrayBuffer>[], options: object) {
  const files = await Promise.all(archives.map(async (bytes, i) => {
    const path = `${folder}/${i}.bin`;
    await Deno.writeFile(path, bytes);
    return path;
  }));
  await using bus = new MemoryBus();
  const lines: string[] = [];
  const output = `${folder}/out`;
  const succeeded = await runComponents({
    tasks: [{
      name: "export",
      component: exportJob as Component,
      values: { ...DEFAULTS, files, output, ...options },
    }],
    bus,
    nodes: [],
    sink: ({ message }) => lines.push(message),
    signal: new AbortController().signal,
  });
  return { succeeded, output, lines };
}

function rowsOf(events: readonly Uint8Array[]): Row[] {
  return events.flatMap((bytes) => {
    const decoded = decodeEvent(bytes);
    const json = decoded.ok ? eventJson(decoded.event) : undefined;
    return json === undefined ? [] : [{ event: (decoded as { event: Row["event"] }).event, json }];
  });
}

const ROWS = rowsOf(GOLDEN);

Deno.test("export writes one JSON object per line, those of the logger", async () => {
  await using folder = await temporaryFolder();
  const { output, succeeded, lines } = await run(folder.path, [plainArchive(GOLDEN)], { to: "ndjson" });
  assert(succeeded, lines.join("\n"));
  const text = await Deno.readTextFile(output);
  assertEquals(text, ROWS.map(({ json }) => `${json}\n`).join(""));
});

Deno.test("export writes CSV that a reader takes apart again", async () => {
  await using folder = await temporaryFolder();
  const { output } = await run(folder.path, [plainArchive(GOLDEN)], { to: "csv" });
  const [head, ...records] = parseCsv(await Deno.readTextFile(output));
  assertEquals(head, COLUMNS.map(({ name }) => name));
  assertEquals(records, ROWS.map((row) => COLUMNS.map((column) => textOf(column.value(row)))));
});

function textOf(cell: Cell): string {
  return cell === undefined ? "" : String(cell);
}

/** RFC 4180, one character after the other. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  let [cell, quoted] = ["", false];
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (quoted && c === '"' && text[i + 1] === '"') cell += text[++i];
    else if (c === '"') quoted = !quoted;
    else if (quoted || c !== "," && c !== "\n") cell += c;
    else {
      rows.at(-1)!.push(cell);
      cell = "";
      if (c === "\n") rows.push([]);
    }
  }
  return rows.slice(0, -1);
}

Deno.test("export writes Parquet that another library reads, in the types of the README", async () => {
  await using folder = await temporaryFolder();
  const { output, succeeded, lines } = await run(folder.path, [plainArchive(GOLDEN)], { to: "parquet" });
  assert(succeeded, lines.join("\n"));
  const file = await asyncBufferFromFile(output);
  const { schema } = await parquetMetadataAsync(file);
  assertEquals(schema.slice(1).map(({ name, type, converted_type }) => [name, converted_type ?? type]), [
    ["timestamp", "TIMESTAMP_MILLIS"],
    ["kind", "UTF8"],
    ["type", "UTF8"],
    ["peer_id", "INT64"],
    ["addr", "UTF8"],
    ["conn_type", "INT64"],
    ["network", "INT64"],
    ["inbound", "BOOLEAN"],
    ["size", "INT64"],
    ["event", "UTF8"],
  ]);
  const rows = await parquetReadObjects({ file });
  assertEquals(rows.length, ROWS.length);
  for (const [i, row] of rows.entries()) {
    for (const column of COLUMNS) {
      assertEquals(row[column.name], parquetValue(column.type, column.value(ROWS[i]!)));
    }
  }
});

function parquetValue(type: string, cell: Cell): unknown {
  if (cell === undefined) return null;
  if (type === "timestamp") return new Date(cell as number);
  if (type !== "integer") return cell;
  return Number.isSafeInteger(cell) ? BigInt(cell as number) : null;
}

Deno.test("a Parquet file is made of groups, of which only one is in memory", async () => {
  const format = FORMATS.parquet();
  const rows = rowsOf(Array.from({ length: 1000 }, (_, i) => uptime(1_780_140_481_000 + i, i)));
  const pieces: Uint8Array[] = [];
  for (let i = 0; i < 120; i++) for (const row of rows) pieces.push(...[format.add(row) ?? []].flat());
  pieces.push(format.end());
  assertEquals(pieces.length, 3, "two whole groups, and the rest");
  const bytes = await new Blob(pieces as Uint8Array<ArrayBuffer>[]).arrayBuffer();
  const metadata = await parquetMetadataAsync({
    byteLength: bytes.byteLength,
    slice: (from, to) => bytes.slice(from, to),
  });
  assertEquals(metadata.row_groups.map(({ num_rows }) => Number(num_rows)), [50_000, 50_000, 20_000]);
});

Deno.test("export of nothing is a whole file without rows", async () => {
  await using folder = await temporaryFolder();
  const { output } = await run(folder.path, [plainArchive([])], { to: "parquet" });
  assertEquals(Number((await parquetMetadataAsync(await asyncBufferFromFile(output))).num_rows), 0);
});

Deno.test("export selects, and takes several files", async () => {
  await using folder = await temporaryFolder();
  const archives = [1, 2].map((n) =>
    plainArchive([uptime(1000 * n, n), GOLDEN[0]!, uptime(1000 * n + 1, n)])
  );
  const { output } = await run(folder.path, archives, { only: ["rpc"], since: 1001, until: 2001 });
  const text = await Deno.readTextFile(output);
  assertEquals(text.trim().split("\n").map((line) => JSON.parse(line).timestamp), [1001, 2000]);
});

Deno.test("export keeps what it read before an archive broke off, fails, and never writes over a file", async () => {
  await using folder = await temporaryFolder();
  const broken = new Uint8Array([...plainArchive([uptime(1, 1)]), 0, 0, 0]);
  const first = await run(folder.path, [broken, plainArchive([uptime(2, 2)])], {});
  assertEquals(first.succeeded, false);
  assertStringIncludes(first.lines.join("\n"), "after 1 events: an empty record");
  assertEquals((await Deno.readTextFile(first.output)).trim().split("\n").length, 2);
  const again = await run(folder.path, [plainArchive([])], {});
  assertEquals(again.succeeded, false);
  assertStringIncludes(again.lines.join("\n"), "it is there already");
});

Deno.test("the README names every column, its type and what is in it", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", import.meta.url));
  const rows = readme.split("\n").map((line) => line.replaceAll(/ +/g, " "));
  for (const { name, type, help } of COLUMNS) {
    assert(rows.includes(`| \`${name}\` | ${type} | ${help} |`), `README.md has a row for ${name}`);
  }
});
