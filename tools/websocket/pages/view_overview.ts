/**
 * The start page.
 *
 * @module
 */

/// <reference lib="dom" />

import { feeRateSatPerVbyte } from "./fee_rate.ts";
import {
  bytes,
  clock,
  count,
  duration,
  milliseconds,
  NONE,
  percent,
  rate,
  short,
  shortHash,
} from "./format.ts";
import { h, panel, setText, Table } from "./dom.ts";
import { NETWORK_TITLES, shortType, SHOWN_NETWORKS } from "./names.ts";
import { Plot, ratesOf } from "./plot.ts";
import type { ConnectedBlock, Store, Traffic } from "./store.ts";
import type { Params, View } from "./view.ts";

/** Rates of single numbers are over so many seconds. */
const RATE_SECONDS = 30;

/** A number that is read from across the room, and what belongs to it. */
class Tile {
  readonly element: HTMLElement;
  readonly #value = h("b");
  readonly #more = h("span");

  constructor(title: string, name: string) {
    this.element = h(
      "div",
      { class: "tile", "data-tile": name },
      h("h2", {}, title),
      this.#value,
      this.#more,
    );
  }

  show(value: string, more = ""): void {
    setText(this.#value, value);
    setText(this.#more, more);
  }
}

/** Tip, peers, traffic and mempool at a glance. */
export function makeOverview({ href }: Params): View {
  const tiles = {
    tip: new Tile("Tip", "tip"),
    peers: new Tile("Peers", "peers"),
    messages: new Tile("Messages", "messages"),
    traffic: new Tile("Message bytes", "traffic"),
    mempool: new Tile("Mempool", "mempool"),
    fees: new Tile("Fee rate", "fees"),
    backlog: new Tile("Ping backlog", "backlog"),
    node: new Tile("Node", "node"),
  };
  const messages = new Plot({
    label: "Messages per second, received and sent, over ten minutes",
    series: [{ label: "received", color: "--in" }, { label: "sent", color: "--out" }],
    format: (value) => rate(value),
  });
  const mempool = new Plot({
    label: "Transactions per second that entered and left the mempool, over ten minutes",
    series: [{ label: "added", color: "--third" }, { label: "removed", color: "--fourth" }],
    format: (value) => rate(value),
  });
  const types = new Table<[string, Traffic]>({
    caption: "Messages by type",
    key: ([command]) => command,
    columns: [
      { key: "type", title: "Type", mono: true, cell: ([command]) => command },
      {
        key: "in",
        title: "Received",
        numeric: true,
        cell: (row) => messageBar(row[1].received.rate(state.now, 30), "in"),
      },
      {
        key: "out",
        title: "Sent",
        numeric: true,
        cell: (row) => messageBar(row[1].sent.rate(state.now, 30), "out"),
      },
      {
        key: "count",
        title: "Messages",
        numeric: true,
        wide: true,
        cell: ([, t]) => short(t.receivedCount + t.sentCount),
      },
      { key: "bytes", title: "Bytes", numeric: true, cell: ([, t]) => bytes(t.bytes) },
    ],
  });
  const networks = new Table<NetworkRow>({
    caption: "Peers by network and direction",
    key: ({ network }) => network,
    columns: [
      {
        key: "network",
        title: "Network",
        cell: ({ network }) => ({ text: NETWORK_TITLES[network]!, href: href("/peers", { network }) }),
      },
      { key: "in", title: "Inbound", numeric: true, cell: (row) => peerBar(row.inbound, "in") },
      { key: "out", title: "Outbound", numeric: true, cell: (row) => peerBar(row.outbound, "out") },
    ],
  });
  const kinds = new Table<[string, number]>({
    caption: "Peers by type of connection",
    key: ([type]) => type,
    columns: [
      { key: "type", title: "Type", cell: ([type]) => shortType(type) || "unknown" },
      {
        key: "count",
        title: "Peers",
        numeric: true,
        cell: ([type, n]) => peerBar(n, type === "inbound" ? "in" : "out"),
      },
    ],
  });
  const blocks = new Table<ConnectedBlock>({
    caption: "Blocks",
    key: ({ hash }) => hash,
    columns: [
      { key: "height", title: "Height", numeric: true, cell: ({ height }) => count(height) },
      { key: "hash", title: "Hash", mono: true, grow: true, cell: ({ hash }) => shortHash(hash) },
      { key: "seen", title: "Seen", numeric: true, cell: ({ timestamp }) => clock(timestamp) },
      { key: "transactions", title: "Txs", numeric: true, cell: ({ transactions }) => count(transactions) },
      { key: "ms", title: "Connected in", numeric: true, wide: true, cell: ({ ms }) => milliseconds(ms) },
    ],
  });
  const rejected = new Table<[string, number]>({
    caption: "Transactions the node refused",
    key: ([reason]) => reason,
    columns: [
      { key: "reason", title: "Reason", grow: true, cell: ([reason]) => reason || "none given" },
      {
        key: "count",
        title: "Times",
        numeric: true,
        cell: ([, times]) => ({ text: count(times), share: times / state.mostRejected, tone: "fifth" }),
      },
    ],
  });
  const state = { now: 0, highestRate: 1, mostPeers: 1, mostRejected: 1 };

  function messageBar(value: number | undefined, tone: string) {
    return { text: rate(value), share: (value ?? 0) / state.highestRate, tone };
  }

  function peerBar(peers: number, tone: string) {
    return { text: count(peers), share: peers / state.mostPeers, tone };
  }

  function showTables(store: Store): void {
    const traffic = [...store.traffic].sort(([, a], [, b]) =>
      b.receivedCount + b.sentCount - a.receivedCount - a.sentCount
    );
    const rates = traffic.flatMap((
      [, t],
    ) => [t.received.rate(state.now, 30) ?? 0, t.sent.rate(state.now, 30) ?? 0]);
    state.highestRate = Math.max(0.001, ...rates);
    types.show(traffic, { empty: "No message was seen yet: they come from the ebpf extractor." });
    const rows = networkRows(store);
    state.mostPeers = Math.max(1, ...rows.flatMap(({ inbound, outbound }) => [inbound, outbound]));
    const anyone = rows.some(({ inbound, outbound }) => inbound + outbound > 0);
    networks.show(anyone ? rows : [], { empty: "No peer is known yet: they come from the rpc extractor." });
    const byType = Map.groupBy(store.peers.open(), ({ type }) => type);
    const kindRows = [...byType].map(([type, peers]): [string, number] => [type, peers.length]);
    kinds.show(kindRows.sort((a, b) => b[1] - a[1]), { empty: "No peer is known yet." });
    blocks.show([...store.blocks.newest()].slice(0, 6), {
      empty: "No block was connected while this page was open.",
    });
    const reasons = store.rejected.sorted().slice(0, 6);
    state.mostRejected = reasons[0]?.[1] ?? 1;
    rejected.show(reasons, { empty: "None so far." });
  }

  return {
    element: h(
      "div",
      { class: "grid" },
      h("div", { class: "tiles" }, ...Object.values(tiles).map(({ element }) => element)),
      panel("Messages", { class: "half" }, messages.element),
      panel("Mempool changes", { class: "half" }, mempool.element),
      h(
        "div",
        { class: "half stack" },
        panel("Messages by type", { class: "tall" }, types.element),
        panel("Refused transactions", {}, rejected.element),
      ),
      h(
        "div",
        { class: "half stack" },
        panel("Peers by network", {}, networks.element),
        panel("Peers by type", {}, kinds.element),
        panel("Blocks", {}, blocks.element),
      ),
    ),
    update(store, now) {
      state.now = now;
      showTiles(store, now, tiles);
      messages.show(ratesOf([store.received, store.sent], now));
      mempool.show(ratesOf([store.added, store.removed], now));
      showTables(store);
    },
    stop() {
      messages.stop();
      mempool.stop();
    },
  };
}

function showTiles(store: Store, now: number, tiles: Record<string, Tile>): void {
  const tip = store.tip();
  const age = tip?.seen === undefined ? "" : `${duration((now - tip.seen) / 1000)} ago`;
  tiles.tip!.show(count(tip?.height), [store.chain?.chain, age].filter(Boolean).join(" · "));
  const { inbound, outbound } = store.peers.counts();
  const isKnown = store.peers.all.size > 0 || store.peers.complete;
  tiles.peers!.show(
    isKnown ? count(inbound + outbound) : NONE,
    isKnown ? `${count(inbound)} in · ${count(outbound)} out` : "",
  );
  const perSecond = (sums: { rate(now: number, seconds: number): number | undefined }) =>
    sums.rate(now, RATE_SECONDS);
  const [received, sent] = [perSecond(store.received), perSecond(store.sent)];
  const total = sum(received, sent);
  tiles.messages!.show(rate(total), total === undefined ? "" : `${rate(received)} in · ${rate(sent)} out`);
  const [bytesIn, bytesOut] = [perSecond(store.receivedBytes), perSecond(store.sentBytes)];
  tiles.traffic!.show(
    perSecondBytes(sum(bytesIn, bytesOut)),
    total === undefined ? "" : `${perSecondBytes(bytesIn)} in · ${perSecondBytes(bytesOut)} out`,
  );
  const { mempool } = store;
  tiles.mempool!.show(
    mempool ? `${short(mempool.size)} tx` : NONE,
    mempool
      ? `${bytes(mempool.bytes).replace("B", "vB")} · ${
        percent(mempool.usage / mempool.max_mempool)
      } of memory`
      : "",
  );
  const next = store.fees.get(1) ?? store.fees.get(6);
  const minimum = mempool === undefined ? undefined : feeRateSatPerVbyte(mempool.mempoolminfee);
  tiles.fees!.show(
    next === undefined ? fee(minimum) : fee(next),
    next === undefined
      ? (minimum === undefined ? "" : "minimum of the mempool")
      : `next block · minimum ${fee(minimum)}`,
  );
  const backlog = store.pings.backlog.last;
  tiles.backlog!.show(
    milliseconds(backlog?.ms),
    backlog ? `${duration((now - backlog.timestamp) / 1000)} ago` : "from the p2p extractor",
  );
  const agent = store.network?.subversion.split("/").filter(Boolean).join(", ") ?? "";
  tiles.node!.show(
    store.started === undefined ? NONE : duration((now - store.started) / 1000),
    [store.started === undefined ? "" : "up", agent].filter(Boolean).join(" · "),
  );
}

interface NetworkRow {
  readonly network: string;
  readonly inbound: number;
  readonly outbound: number;
}

function networkRows(store: Store): NetworkRow[] {
  const open = store.peers.open();
  return SHOWN_NETWORKS.map((network) => {
    const those = open.filter((peer) => peer.network === network);
    const inbound = those.filter((peer) => peer.inbound === true).length;
    return { network, inbound, outbound: those.length - inbound };
  });
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0);
}

function perSecondBytes(value: number | undefined): string {
  return value === undefined ? NONE : `${bytes(value)}/s`;
}

function fee(value: number | undefined): string {
  return value === undefined ? NONE : `${Math.round(value * 100) / 100}\u202fsat/vB`;
}
