/**
 * The ping backlog: how long a ping waits in the node, how long peers take, who does not answer, who asks too often.
 *
 * @module
 */

/// <reference lib="dom" />

import { h, panel, Table } from "./dom.ts";
import { count, duration, milliseconds, NONE } from "./format.ts";
import type { Peer } from "./peers_state.ts";
import type { RoundTrip, Waiting } from "./pings_state.ts";
import { Plot, type PlotData } from "./plot.ts";
import type { Params, View } from "./view.ts";

const WINDOW_MS = 15 * 60_000;
/** A peer that takes so long is worth a row, even if others are faster. */
const SLOW_SECONDS = 5;

/** Pings. */
export function makePings({ href }: Params): View {
  let now = 0;
  const backlog = new Plot({
    label: "Time until the node answers a ping of the P2P extractor, over fifteen minutes",
    series: [{ label: "answer after", color: "--in" }],
    format: milliseconds,
  });
  const peers = new Plot({
    label: "Time until peers answer the node's pings, over fifteen minutes",
    series: [{ label: "one answer", color: "--out", dots: true }],
    format: milliseconds,
  });
  const waiting = new Table<Waiting>({
    caption: "Pings without an answer, longest first",
    key: ({ peer, since }) => `${peer.id} ${since}`,
    columns: [
      {
        key: "peer",
        title: "Peer",
        numeric: true,
        cell: ({ peer }) => ({
          text: String(peer.id),
          href: href("/peers", { peer: peer.id, command: "p" }),
        }),
      },
      { key: "address", title: "Address", mono: true, grow: true, cell: ({ peer }) => peer.address || NONE },
      { key: "since", title: "For", numeric: true, cell: ({ since }) => duration((now - since) / 1000) },
      {
        key: "seen",
        title: "Last message",
        numeric: true,
        wide: true,
        cell: ({ peer }) =>
          peer.lastMessage === undefined ? NONE : `${duration((now - peer.lastMessage) / 1000)} ago`,
      },
    ],
  });
  const slow = new Table<Peer>({
    caption: "Peers by the time of their last ping",
    key: ({ id }) => id,
    columns: [
      {
        key: "peer",
        title: "Peer",
        numeric: true,
        cell: ({ id }) => ({ text: String(id), href: href("/peers", { peer: id }) }),
      },
      { key: "address", title: "Address", mono: true, grow: true, cell: ({ address }) => address },
      { key: "ping", title: "Ping", numeric: true, cell: ({ info }) => milliseconds(info!.ping_time * 1000) },
      {
        key: "best",
        title: "Best",
        numeric: true,
        wide: true,
        cell: ({ info }) => milliseconds(info!.minimum_ping * 1000),
      },
      {
        key: "wait",
        title: "Waiting",
        numeric: true,
        cell: ({ info }) => info!.ping_wait > 0 ? duration(info!.ping_wait) : NONE,
      },
    ],
  });
  const often = new Table<Peer>({
    caption: "Peers that ping more than three times in two minutes",
    key: ({ id }) => id,
    columns: [
      {
        key: "peer",
        title: "Peer",
        numeric: true,
        cell: ({ id }) => ({ text: String(id), href: href("/peers", { peer: id, command: "ping" }) }),
      },
      { key: "address", title: "Address", mono: true, grow: true, cell: ({ address }) => address },
      { key: "received", title: "Messages", numeric: true, cell: ({ received }) => count(received) },
    ],
  });
  return {
    element: h(
      "div",
      { class: "grid" },
      panel("The node answers after", { class: "half", "data-plot": "backlog" }, backlog.element),
      panel("Peers answer after", { class: "half" }, peers.element),
      h(
        "div",
        { class: "half stack" },
        panel("Waiting for an answer", {}, waiting.element),
        panel("Asks too often", {}, often.element),
      ),
      panel("Slowest peers", { class: "half" }, slow.element),
    ),
    update(store, at) {
      now = at;
      backlog.show(pointsOf(store.pings.backlog, now));
      peers.show(pointsOf(store.pings.peers, now));
      waiting.show(store.pings.unanswered().slice(0, 50), {
        empty: "Every ping that was seen has its answer.",
      });
      const told = store.peers.open().filter(({ info }) =>
        info !== undefined && info.ping_time > 0 || (info?.ping_wait ?? 0) > SLOW_SECONDS
      );
      slow.show(told.sort((a, b) => slowness(b) - slowness(a)).slice(0, 15), {
        empty: "No peer's ping is known yet: they come from the rpc extractor.",
      });
      often.show(store.peers.open().filter(({ id }) => store.pings.pingsOften(id)), {
        empty: "Nobody does.",
      });
    },
    stop() {
      backlog.stop();
      peers.stop();
    },
  };
}

function pointsOf(trips: Iterable<RoundTrip>, now: number): PlotData {
  const shown = [...trips].filter(({ timestamp }) => timestamp > now - WINDOW_MS).sort((a, b) =>
    a.timestamp - b.timestamp
  );
  return [
    [(now - WINDOW_MS) / 1000, ...shown.map(({ timestamp }) => timestamp / 1000), now / 1000],
    [null, ...shown.map(({ ms }) => ms), null],
  ];
}

function slowness({ info }: Peer): number {
  return Math.max(info?.ping_time ?? 0, info?.ping_wait ?? 0);
}
