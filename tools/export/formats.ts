/**
 * Rows as bytes, in the formats that notebooks read. None of them keeps more than one group of rows.
 *
 * @module
 */

import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { SchemaElement } from "hyparquet-writer";
import { type Cell, type Column, COLUMNS, type Row } from "./columns.ts";

/** Turns rows into the bytes of a file. */
export interface Format {
  /** Takes a row; gives bytes when there are enough for a write. */
  add(row: Row): Uint8Array | undefined;
  /** Gives what is left. */
  end(): Uint8Array;
}

/** Characters that are worth a write. */
const WRITE_CHARS = 64 * 1024;
/** Readers skip groups of rows by their statistics, and hold one at a time in memory. */
const GROUP_ROWS = 50_000;
const GROUP_CHARS = 16 * 1024 * 1024;

/** The formats by their names. */
export const FORMATS: Readonly<Record<"ndjson" | "csv" | "parquet", () => Format>> = {
  ndjson: () => lines("", ({ json }) => `${json}\n`),
  csv: () =>
    lines(csvLine(COLUMNS.map(({ name }) => name)), (row) => csvLine(COLUMNS.map((c) => c.value(row)))),
  parquet,
};

function lines(head: string, lineOf: (row: Row) => string): Format {
  const encoder = new TextEncoder();
  let text = head;
  const take = () => {
    const bytes = encoder.encode(text);
    text = "";
    return bytes;
  };
  return {
    add(row) {
      text += lineOf(row);
      return text.length < WRITE_CHARS ? undefined : take();
    },
    end: take,
  };
}

/** As RFC 4180 has it, but for the line end; an empty cell is one without a value. */
function csvLine(cells: readonly Cell[]): string {
  return cells.map((cell) => {
    const text = cell === undefined ? "" : String(cell);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }).join(",") + "\n";
}

function parquet(): Format {
  const writer = new ByteWriter(1024 * 1024);
  const file = new ParquetWriter({
    writer,
    schema: [{ name: "events", num_children: COLUMNS.length }, ...COLUMNS.map(element)],
  });
  let columns = COLUMNS.map((): unknown[] => []);
  let chars = 0;
  const take = () => {
    const bytes = writer.getBytes().slice();
    writer.index = 0;
    return bytes;
  };
  const endGroup = () => {
    const columnData = COLUMNS.map(({ name }, i) => ({ name, data: columns[i]! }));
    if (columns[0]!.length > 0) void file.write({ columnData, rowGroupSize: GROUP_ROWS });
    columns = COLUMNS.map(() => []);
    chars = 0;
  };
  return {
    add(row) {
      COLUMNS.forEach((column, i) => {
        const cell = column.value(row);
        columns[i]!.push(parquetCell(column, cell));
        if (typeof cell === "string") chars += cell.length;
      });
      if (columns[0]!.length < GROUP_ROWS && chars < GROUP_CHARS) return undefined;
      endGroup();
      return take();
    },
    end() {
      endGroup();
      void file.finish();
      return take();
    },
  };
}

function element({ name, type }: Column): SchemaElement {
  const common = { name, repetition_type: "OPTIONAL" } as const;
  switch (type) {
    case "timestamp":
      return {
        ...common,
        type: "INT64",
        converted_type: "TIMESTAMP_MILLIS",
        logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" },
      };
    case "integer":
      return { ...common, type: "INT64" };
    case "boolean":
      return { ...common, type: "BOOLEAN" };
    case "text":
      return { ...common, type: "BYTE_ARRAY", converted_type: "UTF8" };
  }
}

/** The last millisecond that has a date. */
const LAST_DATE = 8_640_000_000_000_000;

/** A stranger's number may be larger than the column can hold: it is left out, and in the JSON as it was. */
function parquetCell({ type }: Column, cell: Cell): unknown {
  if (typeof cell !== "number") return cell;
  if (type === "timestamp") return cell <= LAST_DATE ? new Date(cell) : undefined;
  return Number.isSafeInteger(cell) ? BigInt(cell) : undefined;
}
