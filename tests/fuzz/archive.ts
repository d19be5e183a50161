import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { BrokenArchive } from "../../proto/archive/broken.ts";
import { decodeHeader, RecordSplitter } from "../../proto/archive/records.ts";
import { BlockSplitter, ZSTD_MAGIC } from "../../proto/archive/zstd_blocks.ts";
import { decodeEvent, peek } from "../../proto/event.ts";
import { makeSelection } from "../../runtime/archive/selection.ts";
import { json, summaryText } from "../../tools/archiveinfo/report.ts";
import { Summary } from "../../tools/archiveinfo/summary.ts";
import { GOLDEN, plainArchive } from "../parts/archives.ts";
import type { Target } from "./target.ts";

const MOST_BYTES = 4 * 1024 * 1024;

/**
 * Bytes that claim to be an archive, through all that archiveinfo and replay do with them but the reading of the file:
 * `archive_files_test.ts` does that.
 */
export const archive: Target = {
  name: "archive",
  seeds: () => {
    const plain = plainArchive(GOLDEN.filter(({ length }) => length < 2000));
    const some = Array.from({ length: 20 }, (_, i) => plainArchive(GOLDEN.slice(i * 7, i * 7 + 7)));
    const compressed = [plain, ...some].map((bytes) => Uint8Array.from(zstdCompressSync(bytes)));
    return [plain, ...some, ...some, ...compressed];
  },
  run(input) {
    const summary = new Summary({ messageDirections: true, showUnknownCommands: true });
    try {
      takeAll(plainOf(input), summary);
    } catch (error) {
      if (!(error instanceof BrokenArchive)) throw error;
    }
    return () => {
      summaryText("All", summary);
      JSON.parse(json([], { full: summary }));
    };
  },
};

function plainOf(input: Uint8Array): Uint8Array {
  if (!ZSTD_MAGIC.every((byte, i) => input[i] === byte)) return input;
  const splitter = new BlockSplitter();
  let taken = 0;
  for (const piece of splitter.push(input)) taken += piece.length;
  if (taken > input.length) throw new Error("More pieces than bytes");
  try {
    return zstdDecompressSync(input, { maxOutputLength: MOST_BYTES });
  } catch {
    return new Uint8Array(0);
  }
}

const isSelected = makeSelection({ only: ["addr-relay", "rpc"], since: 1, until: 2 ** 50 })!;

function takeAll(bytes: Uint8Array, summary: Summary): void {
  const splitter = new RecordSplitter();
  const [header, ...events] = splitter.push(bytes);
  if (header === undefined) return;
  decodeHeader(header);
  for (const event of events) {
    const seen = peek(event);
    if (seen.ok) isSelected(seen);
    const decoded = decodeEvent(event);
    if (decoded.ok) summary.add(decoded.event, event);
  }
  splitter.push(new Uint8Array(0));
}
