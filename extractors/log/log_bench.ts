import { assertEquals } from "@std/assert";
import { encodeEvent, type Event } from "../../proto/event.ts";
import { type Log, LogDebugCategory, LogLevel } from "../../proto/schema.ts";
import { recordedLog } from "./_recorded.ts";
import { busyLog } from "./_traffic.ts";
import { eventOfLine } from "./event_of_line.ts";
import { parseLine } from "./line.ts";
import { LineSplitter } from "./split.ts";

const LINES = 10_000;
const CHUNK = 128 * 1024;

type Take = (event: Event) => void;

/** What the extractor does. */
function ours(bytes: Uint8Array, take: Take): void {
  const splitter = new LineSplitter((text, length) => {
    take(eventOfLine(parseLine(text), { timestamp: 1, bytes: length }));
  });
  for (let at = 0; at < bytes.length; at += CHUNK) splitter.push(bytes.subarray(at, at + CHUNK));
  splitter.finish();
}

// The obvious way: decode each line, take its frame apart with one pattern, try a pattern for each known line on it.
const FRAME =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?Z (?:\(mocktime: [^)]*\) )?((?:\[[^\]]*\] )*)(.*)$/;
const HASH = "([0-9a-f]{64})";
const KNOWN: readonly [RegExp, (match: string[]) => Log["logEvent"]][] = [
  [new RegExp(`BlockConnected: block hash=${HASH} block height=(\\d+)`), ([, hash, height]) => ({
    case: "blockConnectedLog",
    value: { blockHash: hash!, blockHeight: Number(height) },
  })],
  [
    new RegExp(`BlockChecked: block hash=${HASH} state=([^,]*)(?:, (.*))?`),
    ([, hash, state, debug = ""]) => ({
      case: "blockCheckedLog",
      value: { blockHash: hash!, state: state!, debugMessage: debug },
    }),
  ],
  [
    new RegExp(`Saw new (cmpctblock )?header hash=${HASH} height=(\\d+),? peer=(\\d+)`),
    ([, compact, hash, height, peer]) => ({
      case: "sawNewHeaderLog",
      value: {
        blockHash: hash!,
        blockHeight: Number(height),
        peerId: Number(peer),
        isCmpctblock: compact !== undefined,
      },
    }),
  ],
  [
    new RegExp(
      `Successfully reconstructed block ${HASH} with (\\d+) txn prefilled, (\\d+) txn from mempool \\(incl at least (\\d+) from extra pool\\) and (\\d+) txn(?: \\((\\d+) bytes\\))? requested`,
    ),
    ([, hash, prefilled, mempool, extra, requested, bytes = "0"]) => ({
      case: "compactBlockReconstructedLog",
      value: {
        blockHash: hash!,
        prefilledTxnCount: Number(prefilled),
        mempoolTxnCount: Number(mempool),
        extraPoolTxnCount: Number(extra),
        requestedTxnCount: Number(requested),
        requestedTxnBytes: Number(bytes),
      },
    }),
  ],
];
const CATEGORIES: Readonly<Record<string, number>> = LogDebugCategory;

function obvious(bytes: Uint8Array, take: Take): void {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(10, at);
    const [, year, month, day, hour, minute, second, fraction = "", brackets = "", message = ""] =
      FRAME.exec(decoder.decode(bytes.subarray(at, end))) ?? [];
    const words = brackets.slice(1, -2).split("] [").filter((word) => word !== "");
    const category = CATEGORIES[words.at(-1)?.toUpperCase() ?? ""];
    let logEvent: Log["logEvent"] = { case: "unknownLogMessage", value: { rawMessage: message } };
    for (const [pattern, event] of KNOWN) {
      const match = pattern.exec(message);
      if (match === null) continue;
      logEvent = event(match);
      break;
    }
    const seconds = Date.UTC(+year!, +month! - 1, +day!, +hour!, +minute!, +second!);
    const value: Log = {
      logTimestamp: seconds * 1000 + Number(fraction.padEnd(6, "0")),
      category: category ?? LogDebugCategory.UNKNOWN,
      threadname: words[0] ?? "",
      logEvent,
      logLevel: category === undefined ? LogLevel.INFO : LogLevel.DEBUG,
      logLineBytes: end - at,
    };
    take({ timestamp: 1, kind: "log", value });
    at = end + 1;
  }
}

const busy = busyLog(LINES);
const recorded = recordedLog("core-31");
let made = 0;
const encode: Take = (event) => made += encodeEvent(event).length;
const look: Take = (event) => made += event.timestamp;

const [expected, actual]: [Event[], Event[]] = [[], []];
obvious(busy, (event) => expected.push(event));
ours(busy, (event) => actual.push(event));
assertEquals(actual.length, LINES);
assertEquals(actual, expected);

for (const [what, take] of [["encoded events", encode], ["events", look]] as const) {
  const group = `${LINES} lines of a busy node, as ${what}`;
  Deno.bench("a pattern for each known line", { group, baseline: true }, () => obvious(busy, take));
  Deno.bench("needles first", { group }, () => ours(busy, take));
}

// Where the time goes
const stages = `${LINES} lines, stage by stage`;
Deno.bench("decoded line by line", { group: stages, baseline: true }, () => {
  const decoder = new TextDecoder();
  for (let at = 0; at < busy.length;) {
    const end = busy.indexOf(10, at);
    made += decoder.decode(busy.subarray(at, end)).length;
    at = end + 1;
  }
});
Deno.bench(
  "decoded and split in chunks",
  { group: stages },
  () => split(busy, (text) => made += text.length),
);
Deno.bench("… and parsed", { group: stages }, () => split(busy, (text) => made += parseLine(text).level));
Deno.bench("… and an event made", { group: stages }, () => ours(busy, look));
Deno.bench("… and encoded", { group: stages }, () => ours(busy, encode));

Deno.bench("5,636 recorded lines, nearly each another", { group: "recorded" }, () => ours(recorded, encode));

function split(bytes: Uint8Array, onLine: (text: string, bytes: number) => void): void {
  const splitter = new LineSplitter(onLine);
  for (let at = 0; at < bytes.length; at += CHUNK) splitter.push(bytes.subarray(at, at + CHUNK));
  splitter.finish();
}
