/**
 * Relay of transactions and of addresses: how much, and who is first.
 *
 * @module
 */

/// <reference lib="dom" />

import { type Column, h, panel, setProps, type Sort, sortRows, Table } from "./dom.ts";
import { clock, count, milliseconds, NONE, percent, rate, shortHash } from "./format.ts";
import { NETWORK_TITLES } from "./names.ts";
import type { Peer } from "./peers_state.ts";
import { Plot, ratesOf } from "./plot.ts";
import type { Announced } from "./relay_state.ts";
import type { Params, View } from "./view.ts";

const MOST_ROWS = 100;

/** Relay. */
export function makeRelay(params: Params): View {
  let render = () => {};
  const parts = [makeTransactions(params, () => render()), makeAddresses(params, () => render())] as const;
  const tabs = [["", "Transactions"], ["addresses", "Addresses"]].map(([name, title]) =>
    h("button", {
      type: "button",
      role: "tab",
      "data-tab": name,
      click() {
        params.set("of", name!);
        render();
      },
    }, title!)
  );
  const element = h(
    "div",
    {},
    h("div", { role: "tablist", class: "tabs" }, ...tabs),
    ...parts.map((part) => part.element),
  );
  return {
    element,
    update(store, now) {
      render = () => this.update(store, now);
      const shown = params.get("of") === "addresses" ? 1 : 0;
      tabs.forEach((tab, i) => setProps(tab, { "aria-selected": i === shown ? "true" : "false" }));
      parts.forEach((part, i) => setProps(part.element, { hidden: i !== shown }));
      parts[shown].update(store, now);
    },
    stop: () => parts.forEach((part) => part.stop?.()),
  };
}

const address: Column<Peer> = {
  key: "address",
  title: "Address",
  mono: true,
  grow: true,
  sort: (peer) => peer.address,
  cell: (peer) => peer.address || NONE,
};

function peerColumn({ href }: Params): Column<Peer> {
  return {
    key: "peer",
    title: "Peer",
    numeric: true,
    sort: ({ id }) => id,
    cell: ({ id }) => ({ text: String(id), href: href("/peers", { peer: id }) }),
  };
}

function sortBy(params: Params, name: string, refresh: () => void, byDefault: string): Sort {
  return (by) => {
    params.set(name, by === byDefault ? "" : by);
    refresh();
  };
}

function makeTransactions(params: Params, refresh: () => void): View {
  let most = 1;
  const plot = new Plot({
    label: "Transactions per second that were new, and announcements of them, over ten minutes",
    series: [{ label: "announcements", color: "--in" }, { label: "of them new", color: "--third" }],
    format: (value) => rate(value),
  });
  const columns: Column<Peer>[] = [
    peerColumn(params),
    address,
    {
      key: "first",
      title: "First",
      numeric: true,
      sort: (p) => p.firstTransactions,
      cell: (p) => ({ text: count(p.firstTransactions), share: p.firstTransactions / most, tone: "third" }),
    },
    {
      key: "announced",
      title: "Announced",
      numeric: true,
      sort: (p) => p.announcements,
      cell: (p) => count(p.announcements),
    },
    {
      key: "share",
      title: "Of these first",
      numeric: true,
      medium: true,
      sort: shareOf,
      cell: (p) => percent(shareOf(p)),
    },
  ];
  const peers = new Table<Peer>({
    caption: "Peers by the transactions they announced first",
    key: ({ id }) => id,
    columns,
    onSort: sortBy(params, "sort", refresh, "-first"),
  });
  const latest = new Table<Announced>({
    caption: "Transactions, newest first",
    key: ({ hash }) => hash,
    columns: [
      { key: "time", title: "First seen", mono: true, cell: ({ first }) => clock(first, { tenths: true }) },
      { key: "hash", title: "Id as announced", mono: true, grow: true, cell: ({ hash }) => shortHash(hash) },
      {
        key: "peer",
        title: "First from",
        numeric: true,
        cell: ({ peer }) => ({ text: String(peer), href: params.href("/peers", { peer }) }),
      },
      { key: "others", title: "Others", numeric: true, cell: ({ delays }) => count(delays.length) },
      {
        key: "second",
        title: "Next after",
        numeric: true,
        medium: true,
        cell: ({ delays }) => milliseconds(delays[0]),
      },
      {
        key: "half",
        title: "Half after",
        numeric: true,
        wide: true,
        cell: ({ delays }) => milliseconds(delays[Math.floor(delays.length / 2)]),
      },
    ],
  });
  return {
    element: h(
      "div",
      { class: "grid" },
      panel("Announcements of transactions", { class: "full" }, plot.element),
      panel("Who is first", { class: "half" }, peers.element),
      panel("Latest transactions", { class: "half" }, latest.element),
    ),
    update(store, now) {
      plot.show(ratesOf([store.relay.announcements, store.relay.newTransactions], now));
      const rows = [...store.peers.all.values()].filter(({ announcements }) => announcements > 0);
      most = Math.max(1, ...rows.map(({ firstTransactions }) => firstTransactions));
      const order = params.get("sort") || "-first";
      const empty =
        "No transaction was announced yet. Announcements come from the ebpf extractor; a node that is still syncing gets none.";
      peers.show(sortRows(rows, columns, order).slice(0, MOST_ROWS), { sorted: order, empty });
      latest.show([...store.relay.transactions.newest()].slice(0, MOST_ROWS), { empty: "None yet." });
    },
    stop: () => plot.stop(),
  };
}

function makeAddresses(params: Params, refresh: () => void): View {
  let most = 1;
  let total = 1;
  const plot = new Plot({
    label: "Addresses received per second, and those not seen before, over ten minutes",
    series: [{ label: "received", color: "--in" }, { label: "of them new", color: "--third" }],
    format: (value) => rate(value),
  });
  const columns: Column<Peer>[] = [
    peerColumn(params),
    address,
    {
      key: "messages",
      title: "Messages",
      numeric: true,
      medium: true,
      sort: (p) => p.addressMessages,
      cell: (p) => count(p.addressMessages),
    },
    {
      key: "addresses",
      title: "Addresses",
      numeric: true,
      sort: (p) => p.addresses,
      cell: (p) => ({ text: count(p.addresses), share: p.addresses / most, tone: "in" }),
    },
    {
      key: "new",
      title: "New",
      numeric: true,
      sort: (p) => p.newAddresses,
      cell: (p) => ({ text: count(p.newAddresses), share: p.newAddresses / most, tone: "third" }),
    },
    {
      key: "limited",
      title: "Above limit",
      numeric: true,
      wide: true,
      sort: (p) => p.info?.addr_rate_limited ?? 0,
      cell: (p) => count(p.info?.addr_rate_limited),
    },
  ];
  const peers = new Table<Peer>({
    caption: "Peers by the addresses they sent",
    key: ({ id }) => id,
    columns,
    onSort: sortBy(params, "order", refresh, "-addresses"),
  });
  const networks = new Table<[string, number]>({
    caption: "Addresses by network",
    key: ([network]) => network,
    columns: [
      { key: "network", title: "Network", cell: ([network]) => NETWORK_TITLES[network] ?? network },
      {
        key: "count",
        title: "Addresses",
        numeric: true,
        cell: ([, n]) => ({ text: count(n), share: n / total, tone: "in" }),
      },
      { key: "share", title: "Share", numeric: true, cell: ([, n]) => percent(n / total) },
    ],
  });
  return {
    element: h(
      "div",
      { class: "grid" },
      panel("Addresses received", { class: "full" }, plot.element),
      panel("Who sends addresses", { class: "two-thirds" }, peers.element),
      panel("By network", { class: "third" }, networks.element),
    ),
    update(store, now) {
      plot.show(ratesOf([store.relay.addresses, store.relay.newAddresses], now));
      const rows = [...store.peers.all.values()].filter(({ addressMessages }) => addressMessages > 0);
      most = Math.max(1, ...rows.map(({ addresses }) => addresses));
      total = Math.max(1, store.relay.networks.total);
      const order = params.get("order") || "-addresses";
      const empty = "No address was received yet. They come from the ebpf extractor, a few every minute.";
      peers.show(sortRows(rows, columns, order).slice(0, MOST_ROWS), { sorted: order, empty });
      networks.show(store.relay.networks.sorted(), { empty: "None yet." });
    },
    stop: () => plot.stop(),
  };
}

function shareOf({ firstTransactions, announcements }: Peer): number {
  return announcements === 0 ? 0 : firstTransactions / announcements;
}
