import { assertEquals } from "@std/assert";
import { decodeEvent, encodeEvent } from "../../proto/event.ts";
import { type Log, LogDebugCategory, LogLevel } from "../../proto/schema.ts";
import { namesOf, recordedLines, recordedLog } from "./_recorded.ts";
import { eventOfLine } from "./event_of_line.ts";
import { parseLine } from "./line.ts";
import { LineSplitter } from "./split.ts";

/**
 * Counted without our code, by grep on the recording: the lines whose frame is followed by `[net] `, by
 * `[error] `, … and those that hold "BlockChecked: block hash=" and so on.
 */
const CATEGORIES = {
  ADDRMAN: 97,
  BENCH: 386,
  BLOCKSTORAGE: 4,
  CMPCTBLOCK: 22,
  COINDB: 56,
  ESTIMATEFEE: 136,
  HTTP: 128,
  MEMPOOL: 87,
  MEMPOOLREJ: 72,
  NET: 965,
  PROXY: 1,
  PRUNE: 1,
  REINDEX: 8,
  RPC: 434,
  SELECTCOINS: 3,
  TXPACKAGES: 96,
  TXRECONCILIATION: 12,
  UNKNOWN: 5636 - 3187,
  VALIDATION: 431,
  WALLETDB: 248,
};
const LEVELS = { DEBUG: 3187 - 248, ERROR: 93, INFO: 5636 - 3187 - 93 - 32, TRACE: 248, WARNING: 32 };
const KINDS = {
  blockCheckedLog: 102,
  blockConnectedLog: 28,
  compactBlockReconstructedLog: 4,
  sawNewHeaderLog: 19,
  unknownLogMessage: 5636 - 102 - 28 - 4 - 19,
};
const THREADS = {
  "": 100,
  addcon: 17,
  blkfltbscidx: 6,
  http: 48,
  "http.00": 608,
  "http.01": 607,
  init: 1906,
  initload: 129,
  msghand: 1589,
  net: 91,
  scheduler: 174,
  shutoff: 356,
  txidx: 3,
  utxocompact: 2,
};

function events(bytes: Uint8Array): Log[] {
  const logs: Log[] = [];
  const splitter = new LineSplitter((text, bytes) => {
    const decoded = decodeEvent(encodeEvent(eventOfLine(parseLine(text), { timestamp: 1, bytes })));
    if (!decoded.ok || decoded.event.kind !== "log") throw new Error(`No log event of "${text}"`);
    logs.push(decoded.event.value);
  });
  splitter.push(bytes);
  splitter.finish();
  return logs;
}

function countBy(logs: readonly Log[], key: (log: Log) => string): Record<string, number> {
  const counts = new Map<string, number>();
  for (const log of logs) counts.set(key(log), (counts.get(key(log)) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => a < b ? -1 : 1));
}

Deno.test("the recorded log gives one event for each line, counted by category, level, kind and thread", () => {
  const logs = events(recordedLog("core-31"));
  const [category, level] = [namesOf(LogDebugCategory), namesOf(LogLevel)];
  assertEquals(logs.length, 5636);
  assertEquals(countBy(logs, (log) => category[log.category]!), CATEGORIES);
  assertEquals(countBy(logs, (log) => level[log.logLevel]!), LEVELS);
  assertEquals(countBy(logs, (log) => log.logEvent!.case), KINDS);
  assertEquals(countBy(logs, (log) => log.threadname), THREADS);
  assertEquals(logs.filter((log) => log.logTimestamp > 0).length, 5536);
  assertEquals(logs.reduce((sum, log) => sum + log.logLineBytes + 1, 0), 924_879);
});

for (const name of ["core-31", "knots-29"] as const) {
  Deno.test(`the text of each recorded line of ${name} ends in its event's text`, () => {
    const lines = recordedLines(name);
    const logs = events(recordedLog(name));
    assertEquals(logs.length, lines.length);
    for (const [index, log] of logs.entries()) {
      if (log.logEvent?.case !== "unknownLogMessage") continue;
      assertEquals(
        lines[index]!.slice(lines[index]!.length - log.logEvent.value.rawMessage.length),
        log.logEvent.value.rawMessage,
      );
    }
  });
}

Deno.test("the recorded log of Knots gives the events of its blocks in every form", () => {
  const logs = events(recordedLog("knots-29"));
  assertEquals(countBy(logs, (log) => log.logEvent!.case), {
    blockCheckedLog: count("BlockChecked: block hash="),
    blockConnectedLog: count("BlockConnected: block hash="),
    unknownLogMessage: 639 - count("BlockChecked: block hash=") - count("BlockConnected: block hash="),
  });
});

function count(part: string): number {
  return recordedLines("knots-29").filter((line) => line.includes(part)).length;
}
