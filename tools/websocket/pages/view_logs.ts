/**
 * The node's log as it is written.
 *
 * @module
 */

/// <reference lib="dom" />

import { h, panel, search, select, setProps, setText } from "./dom.ts";
import { Feed } from "./feed.ts";
import { clock, count, shortHash } from "./format.ts";
import type { Frame, LogLine } from "./frames.ts";
import { CATEGORIES, LEVELS } from "./names.ts";
import { Ring } from "./ring.ts";
import type { Params, View } from "./view.ts";

const MOST_KEPT = 2000;
const MOST_SHOWN = 500;
const FOLLOW_WITHIN_PX = 40;
const LEVEL_CHOICES = [
  ["", "all"],
  ["info", "info and above"],
  ["warning", "warning and above"],
  ["error", "error"],
] as const;
const NONE_FITS = "No line that is kept fits these filters.";
const NONE_YET = "No line yet. They come from the log extractor, which has to read the node's debug.log.";

interface Line extends LogLine {
  readonly timestamp: number;
}

/** The log. */
export function makeLogs(params: Params): View {
  let filter = filterOf(params);
  let lines = new Ring<Line>(MOST_KEPT);
  let shownUpTo = 0;
  const choose = (name: string) => (value: string) => {
    params.set(name, value);
    filter = filterOf(params);
    show(true);
  };
  const list = h("ol", { class: "lines", "aria-label": "Lines of the log", tabindex: "0" });
  const empty = h("p", { class: "empty" });
  const status = h("span", { class: "muted", "aria-live": "polite" });
  const toEnd = h(
    "button",
    { type: "button", hidden: true, click: () => list.scrollTop = list.scrollHeight },
    "Newest line",
  );
  list.addEventListener("scroll", () => setProps(toEnd, { hidden: isAtEnd() }));
  const feed = new Feed({
    subscription: () => ({ log: true, exact: true, envelope: true, snapshot: true }),
    onState({ is }) {
      if (is === "open") lines = new Ring(MOST_KEPT);
      shownUpTo = 0;
    },
    onText(text) {
      const { LogExtractor: line, timestamp, node = "" } = JSON.parse(text) as Frame;
      if (line && node === params.get("node")) lines.push({ ...line, timestamp });
    },
  });

  function isAtEnd(): boolean {
    return list.scrollHeight - list.scrollTop - list.clientHeight < FOLLOW_WITHIN_PX;
  }

  function show(again: boolean): void {
    const follow = again || isAtEnd();
    const fresh = again ? lines.size : Math.min(lines.size, lines.added - shownUpTo);
    if (again) list.replaceChildren();
    const rows = [...lines].slice(lines.size - fresh).filter(filter).slice(-MOST_SHOWN).map(rowOf);
    shownUpTo = lines.added;
    list.append(...rows);
    while (list.childElementCount > MOST_SHOWN) list.firstElementChild!.remove();
    setText(status, `${count(list.childElementCount)} shown of ${count(lines.size)} kept`);
    setText(empty, list.childElementCount > 0 ? "" : lines.size > 0 ? NONE_FITS : NONE_YET);
    setProps(list, { hidden: list.childElementCount === 0 });
    if (follow) list.scrollTop = list.scrollHeight;
  }

  return {
    element: panel(
      "",
      { class: "fill" },
      h(
        "div",
        { class: "toolbar" },
        search("Text", { value: params.get("q"), onChange: choose("q") }),
        select("Level", LEVEL_CHOICES, { value: params.get("level"), onChange: choose("level") }),
        select("Category", [["", "all"], ...CATEGORIES.slice(1).map((name) => [name, name] as const)], {
          value: params.get("category"),
          onChange: choose("category"),
        }),
        status,
        toEnd,
      ),
      list,
      empty,
    ),
    update: () => show(shownUpTo === 0),
    stop: () => feed.stop(),
  };
}

/** From what cannot be ignored to what only a developer wants; the numbers of levels have another order. */
const RANKS = ["trace", "debug", "info", "warning", "error"];

function filterOf(params: Params): (line: Line) => boolean {
  const wanted = params.get("q").trim().toLowerCase();
  const least = RANKS.indexOf(params.get("level"));
  const category = params.get("category") === "" ? -1 : CATEGORIES.indexOf(params.get("category"));
  return (line) =>
    (least < 0 || RANKS.indexOf(LEVELS[line.log_level] ?? "info") >= least) &&
    (category < 0 || line.category === category) &&
    (wanted === "" || textOf(line).toLowerCase().includes(wanted));
}

function rowOf(line: Line): HTMLElement {
  const level = LEVELS[line.log_level] ?? String(line.log_level);
  const time = line.log_timestamp > 0 ? line.log_timestamp / 1000 : line.timestamp;
  return h(
    "li",
    { class: level },
    h("time", {}, clock(time, { tenths: true })),
    h("b", {}, level),
    h("i", {}, line.category === 0 ? "" : CATEGORIES[line.category] ?? String(line.category)),
    h("span", {}, textOf(line)),
  );
}

function textOf({ log_event: event, threadname }: Line): string {
  const thread = threadname === "" ? "" : `[${threadname}] `;
  return thread + (event?.UnknownLogMessage?.raw_message ?? knownText(event));
}

function knownText(event: Line["log_event"]): string {
  if (event?.BlockConnectedLog) {
    return `Block connected: height ${
      count(event.BlockConnectedLog.block_height)
    }, ${event.BlockConnectedLog.block_hash}`;
  }
  if (event?.BlockCheckedLog) {
    const { block_hash, state, debug_message } = event.BlockCheckedLog;
    return `Block checked: ${block_hash} ${state}${debug_message && `, ${debug_message}`}`;
  }
  if (event?.SawNewHeaderLog) {
    const { block_hash, block_height, peer_id } = event.SawNewHeaderLog;
    return `New header: height ${count(block_height)}, ${block_hash}, from peer ${peer_id}`;
  }
  if (event?.CompactBlockReconstructedLog) {
    const { block_hash, mempool_txn_count, requested_txn_count } = event.CompactBlockReconstructedLog;
    return `Compact block ${shortHash(block_hash)} reconstructed: ${
      count(mempool_txn_count)
    } transactions from the mempool, ${count(requested_txn_count)} requested`;
  }
  return "a line of a newer version";
}
