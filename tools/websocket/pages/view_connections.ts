/**
 * Connections over time: a bar each, from its opening to its end.
 *
 * @module
 */

/// <reference lib="dom" />

import { h, panel, search, select, setProps, setText, svg, Table } from "./dom.ts";
import { clock, count, duration } from "./format.ts";
import { NETWORK_TITLES } from "./names.ts";
import type { Span } from "./peers_state.ts";
import { Plot, type PlotData } from "./plot.ts";
import type { Store } from "./store.ts";
import type { Params, View } from "./view.ts";

const MOST_BARS = 250;
const ROW = 7;
const GAP = 2;
const AXIS = 20;
const WINDOWS = [["5", "5 min"], ["", "15 min"], ["60", "1 h"], ["360", "6 h"], ["1440", "1 d"]] as const;
const DEFAULT_MINUTES = 15;

/** The timeline. */
export function makeConnections(params: Params): View {
  let refresh = () => {};
  const choose = (name: string) => (value: string) => {
    params.set(name, value);
    refresh();
  };
  const counts = new Plot({
    label: "Inbound and outbound connections",
    series: [{ label: "inbound", color: "--in" }, { label: "outbound", color: "--out" }],
    format: (value) => count(value),
  });
  const drawing = svg("svg", { class: "timeline", role: "img" });
  const empty = h("p", { class: "empty" });
  const facts = h("p", { class: "muted", "data-facts": "" });
  const ended = new Table<Span>({
    caption: "Connections that ended, latest first",
    key: ({ peer, address }) => `${peer} ${address}`,
    columns: [
      {
        key: "peer",
        title: "Peer",
        numeric: true,
        cell: ({ peer }) => ({ text: String(peer), href: params.href("/peers", { peer, show: "all" }) }),
      },
      { key: "address", title: "Address", mono: true, grow: true, cell: ({ address }) => address },
      {
        key: "direction",
        title: "Direction",
        medium: true,
        cell: ({ inbound }) =>
          inbound ? { text: "inbound", badge: "inbound" } : { text: "outbound", badge: "outbound" },
      },
      { key: "network", title: "Network", wide: true, cell: ({ network }) => NETWORK_TITLES[network]! },
      { key: "closed", title: "Ended", numeric: true, medium: true, cell: ({ closed }) => clock(closed!) },
      {
        key: "lasted",
        title: "After",
        numeric: true,
        cell: ({ opened, closed }) => duration((closed! - opened) / 1000),
      },
      {
        key: "how",
        title: "How",
        cell: ({ evicted }) => evicted ? { text: "evicted", badge: "bad" } : "closed",
      },
    ],
  });
  return {
    element: h(
      "div",
      { class: "grid" },
      panel(
        "Timeline",
        { class: "full" },
        h(
          "div",
          { class: "toolbar" },
          select("Window", WINDOWS, { value: params.get("minutes"), onChange: choose("minutes") }),
          select("Direction", [["", "all"], ["inbound", "inbound"], ["outbound", "outbound"]], {
            value: params.get("direction"),
            onChange: choose("direction"),
          }),
          search("Address", { value: params.get("q"), onChange: choose("q") }),
          facts,
        ),
        h(
          "ul",
          { class: "legend" },
          key("--in", "inbound"),
          key("--out", "outbound"),
          key("--ink", "evicted"),
        ),
        h("div", {
          class: "timeline-box",
          tabindex: "0",
          role: "region",
          "aria-label": "Timeline of connections",
        }, drawing),
        empty,
      ),
      panel("How many", { class: "half" }, counts.element),
      panel("Ended", { class: "half" }, ended.element),
    ),
    update(store, now) {
      refresh = () => this.update(store, now);
      const from = now - (Number(params.get("minutes")) || DEFAULT_MINUTES) * 60_000;
      const spans = spansIn(store, from, params);
      const shown = spans.slice(0, MOST_BARS);
      setText(
        empty,
        spans.length > 0
          ? ""
          : "No connection in this time. Connections come from the ebpf extractor, those that are open from the rpc extractor too.",
      );
      setText(facts, factsOf(spans, from));
      draw(drawing, shown, { from, now });
      counts.show(countsOf(store, from, now));
      const gone = spans.filter(({ closed }) => closed !== undefined).sort((a, b) => b.closed! - a.closed!);
      ended.show(gone.slice(0, 50), { empty: "None ended in this time." });
    },
    stop: () => counts.stop(),
  };
}

function key(color: string, text: string): HTMLElement {
  const mark = h("i");
  mark.style.background = `var(${color})`;
  return h("li", {}, mark, text);
}

/** Newest first: what just happened is on top. */
function spansIn(store: Store, from: number, params: Params): Span[] {
  const direction = params.get("direction");
  const wanted = params.get("q").trim().toLowerCase();
  return [...store.peers.spans.values()].filter(({ closed, inbound, address }) =>
    (closed ?? Infinity) >= from &&
    (direction === "" || (direction === "inbound") === inbound) &&
    address.toLowerCase().includes(wanted)
  ).sort((a, b) => b.opened - a.opened);
}

function factsOf(spans: readonly Span[], from: number): string {
  const opened = spans.filter((span) => span.opened >= from).length;
  const closed = spans.filter((span) => span.closed !== undefined).length;
  const evicted = spans.filter((span) => span.evicted).length;
  const bound = spans.length > MOST_BARS ? ` · the newest ${MOST_BARS} are drawn` : "";
  return `${count(opened)} opened · ${count(closed)} ended, of these ${count(evicted)} evicted${bound}`;
}

function draw(
  drawing: SVGElement,
  spans: readonly Span[],
  { from, now }: { from: number; now: number },
): void {
  const width = Math.max(280, drawing.parentElement?.clientWidth ?? 800);
  const height = AXIS + spans.length * (ROW + GAP);
  const x = (time: number) => (Math.max(from, time) - from) / (now - from) * width;
  setProps(drawing, {
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    "aria-label": `${spans.length} connections`,
    hidden: spans.length === 0,
  });
  const ticks = ticksOf(from, now).map((time) => {
    const at = x(time);
    const text = svg("text", { x: at + 4, y: 12, hidden: at > width - 40 }, clock(time).slice(0, 5));
    return svg("g", {}, svg("line", { x1: at, x2: at, y1: 0, y2: height }), text);
  });
  const bars = spans.map((span, i) => {
    const start = x(span.opened);
    const bar = svg("rect", {
      x: start,
      y: AXIS + i * (ROW + GAP),
      width: Math.max(2, x(span.closed ?? now) - start),
      height: ROW,
      rx: 1.5,
      class: [
        span.inbound ? "inbound" : "outbound",
        span.closed === undefined ? "" : "ended",
        span.evicted ? "evicted" : "",
      ].join(" "),
    });
    bar.append(svg("title", {}, titleOf(span, now)));
    return bar;
  });
  drawing.replaceChildren(...ticks, ...bars);
}

function ticksOf(from: number, now: number): number[] {
  const step = [1, 5, 15, 60, 240].map((minutes) => minutes * 60_000).find((step) =>
    (now - from) / step <= 7
  )!;
  const ticks: number[] = [];
  for (let time = Math.ceil(from / step) * step; time < now; time += step) ticks.push(time);
  return ticks;
}

function titleOf({ peer, address, inbound, opened, closed, evicted }: Span, now: number): string {
  const how = closed === undefined ? "open for" : evicted ? "evicted after" : "closed after";
  return `Peer ${peer}, ${address}, ${inbound ? "inbound" : "outbound"}, since ${clock(opened)}, ${how} ${
    duration(((closed ?? now) - opened) / 1000)
  }`;
}

function countsOf(store: Store, from: number, now: number): PlotData {
  const points = [...store.inboundCounts].filter(({ timestamp }) => timestamp >= from);
  const last = store.inboundCounts.last;
  // It has been so since: a line that ends at the last change would look like a loss of data.
  if (last !== undefined) points.push({ ...last, timestamp: now });
  return [
    [from / 1000, ...points.map(({ timestamp }) => timestamp / 1000)],
    [null, ...points.map(({ inbound }) => inbound)],
    [null, ...points.map(({ outbound }) => outbound)],
  ];
}
