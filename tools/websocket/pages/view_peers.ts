/**
 * All peers, and one of them: its facts, its messages, and those as a sequence diagram.
 *
 * @module
 */

/// <reference lib="dom" />

import { type Column, h, panel, search, select, setProps, setText, sortRows, Table } from "./dom.ts";
import { bytes, clock, count, duration, milliseconds, NONE, percent } from "./format.ts";
import { NETWORK_TITLES, shortType, SHOWN_NETWORKS } from "./names.ts";
import type { LoggedMessage, Peer } from "./peers_state.ts";
import type { Store } from "./store.ts";
import type { Params, View } from "./view.ts";

const MOST_ROWS = 400;
const DEFAULT_ORDER = "id";

/** Peers. */
export function makePeers(params: Params): View {
  let now = 0;
  let store: Store | undefined;
  const refresh = () => store && view.update(store, now);
  const choose = (name: string) => (value: string) => {
    params.set(name, value);
    refresh();
  };
  const columns: Column<Peer>[] = [
    {
      key: "id",
      title: "Id",
      numeric: true,
      sort: ({ id }) => id,
      cell: ({ id }) => ({ text: String(id), href: params.href("/peers", { peer: id }) }),
    },
    {
      key: "address",
      title: "Address",
      mono: true,
      grow: true,
      sort: (p) => p.address,
      cell: (p) => p.address || NONE,
    },
    {
      key: "direction",
      title: "Direction",
      sort: directionOf,
      cell: (p) => ({ text: directionOf(p) || NONE, badge: directionOf(p) }),
    },
    {
      key: "network",
      title: "Network",
      wide: true,
      sort: (p) => p.network,
      cell: (p) => NETWORK_TITLES[p.network]!,
    },
    { key: "type", title: "Type", wide: true, sort: (p) => p.type, cell: (p) => shortType(p.type) || NONE },
    {
      key: "agent",
      title: "User agent",
      wide: true,
      grow: true,
      sort: (p) => p.userAgent,
      cell: (p) => p.userAgent || NONE,
    },
    {
      key: "age",
      title: "Connected",
      numeric: true,
      medium: true,
      sort: (p) => now - (p.opened ?? now),
      cell: (p) => duration(secondsOpen(p, now)),
    },
    {
      key: "ping",
      title: "Ping",
      numeric: true,
      sort: (p) => pingOf(p) ?? -1,
      cell: (p) => milliseconds(pingOf(p)),
    },
    {
      key: "received",
      title: "Received",
      numeric: true,
      medium: true,
      sort: (p) => p.received,
      cell: (p) => count(p.received),
    },
    {
      key: "sent",
      title: "Sent",
      numeric: true,
      medium: true,
      sort: (p) => p.sent,
      cell: (p) => count(p.sent),
    },
    {
      key: "first",
      title: "First",
      numeric: true,
      wide: true,
      sort: (p) => p.firstTransactions,
      cell: (p) => count(p.firstTransactions),
    },
  ];
  const table = new Table<Peer>({
    caption: "Peers",
    key: ({ id }) => id,
    columns,
    onSort: choose("sort"),
  });
  const shown = h("span", { class: "muted", "aria-live": "polite" });
  const detail = makeDetail(params, refresh);
  const view: View = {
    element: h(
      "div",
      { class: "split" },
      panel(
        "",
        { class: "list" },
        h(
          "div",
          { class: "toolbar" },
          search("Address, user agent or id", { value: params.get("q"), onChange: choose("q") }),
          select("Direction", [["", "all"], ["inbound", "inbound"], ["outbound", "outbound"]], {
            value: params.get("direction"),
            onChange: choose("direction"),
          }),
          select("Network", [
            ["", "all"],
            ...SHOWN_NETWORKS.map((name) => [name, NETWORK_TITLES[name]!] as const),
          ], {
            value: params.get("network"),
            onChange: choose("network"),
          }),
          select("Show", [["", "connected"], ["all", "also those gone"]], {
            value: params.get("show"),
            onChange: choose("show"),
          }),
          shown,
        ),
        table.element,
      ),
      detail.element,
    ),
    update(given, at) {
      store = given;
      now = at;
      const order = params.get("sort") || DEFAULT_ORDER;
      const all = [...store.peers.all.values()];
      const rows = sortRows(all.filter((peer) => matches(peer, params)), columns, order);
      setText(
        shown,
        rows.length > MOST_ROWS ? `${MOST_ROWS} of ${rows.length}` : `${rows.length} of ${all.length}`,
      );
      const id = params.get("peer");
      table.show(rows.slice(0, MOST_ROWS), {
        sorted: order,
        selected: id === "" ? undefined : Number(id),
        empty: all.length === 0
          ? "No peer is known yet. The rpc extractor tells all of them every few seconds, the ebpf extractor those that say something: is one of them running?"
          : "No peer fits these filters.",
      });
      setProps(view.element, { "data-open": String(id !== "") });
      detail.show(id === "" ? undefined : store.peers.all.get(Number(id)), id, now);
    },
  };
  return view;
}

interface Detail {
  readonly element: HTMLElement;
  show(peer: Peer | undefined, id: string, now: number): void;
}

function makeDetail(params: Params, refresh: () => void): Detail {
  const title = h("h2");
  const facts = h("dl", { class: "facts" });
  const empty = h("p", { class: "empty" });
  const log = makeLog();
  const sequence = makeSequence();
  const tabs = ["log", "sequence"].map((name) => {
    const click = () => {
      params.set("as", name === "log" ? "" : name);
      refresh();
    };
    return h(
      "button",
      { type: "button", role: "tab", "data-tab": name, click },
      name === "log" ? "Messages" : "Sequence",
    );
  });
  const commands = search("Message type", {
    value: params.get("command"),
    onChange(value) {
      params.set("command", value);
      refresh();
    },
  });
  const close = h("a", { class: "close", href: "", "aria-label": "Close" }, "×");
  const body = h(
    "div",
    { class: "body" },
    facts,
    h("div", { class: "toolbar" }, h("div", { role: "tablist", class: "tabs" }, ...tabs), commands),
    log.element,
    sequence.element,
  );
  const element = h("section", { class: "panel detail" }, h("header", {}, title, close), empty, body);
  return {
    element,
    show(peer, id, now) {
      setProps(element, { hidden: id === "" });
      if (id === "") return;
      setProps(close, { href: params.href("/peers", { peer: "" }) });
      setText(title, `Peer ${id}`);
      setText(empty, peer === undefined ? "This peer is not known, or not any more." : "");
      setProps(body, { hidden: peer === undefined });
      if (peer === undefined) return;
      showFacts(facts, factsOf(peer, now));
      const as = params.get("as") || "log";
      for (const tab of tabs) setProps(tab, { "aria-selected": tab.dataset.tab === as ? "true" : "false" });
      setProps(log.element, { hidden: as !== "log" });
      setProps(sequence.element, { hidden: as !== "sequence" });
      const wanted = params.get("command").trim().toLowerCase();
      const messages = [...peer.messages.newest()].filter(({ command }) => command.includes(wanted));
      (as === "log" ? log : sequence).show(messages, peer);
    },
  };
}

interface Messages {
  readonly element: HTMLElement;
  show(messages: readonly LoggedMessage[], peer: Peer): void;
}

const NO_MESSAGE =
  "No such message was seen while this page was open. Messages come from the ebpf extractor.";

function makeLog(): Messages {
  const table = new Table<LoggedMessage>({
    caption: "Messages of this peer, newest first",
    key: ({ number }) => number,
    columns: [
      { key: "time", title: "Time", mono: true, cell: ({ timestamp }) => clock(timestamp, { tenths: true }) },
      {
        key: "direction",
        title: "",
        cell: ({ inbound }) => ({
          text: inbound ? "received" : "sent",
          badge: inbound ? "inbound" : "outbound",
        }),
      },
      { key: "command", title: "Type", mono: true, cell: ({ command }) => command },
      { key: "size", title: "Size", numeric: true, cell: ({ size }) => bytes(size) },
      { key: "text", title: "Content", grow: true, cell: ({ text }) => text },
    ],
  });
  return { element: table.element, show: (messages) => table.show(messages, { empty: NO_MESSAGE }) };
}

/** Two lifelines and an arrow per message; time goes upwards, so that what is new is seen first. */
function makeSequence(): Messages {
  const rows = h("ol", { class: "arrows" });
  const them = h("span");
  const head = h("div", { class: "lanes" }, h("span", {}, "this node"), them);
  const empty = h("p", { class: "empty" });
  const element = h(
    "div",
    { class: "sequence", tabindex: "0", role: "region", "aria-label": "Sequence diagram, newest first" },
    head,
    rows,
    empty,
  );
  let shown = "";
  return {
    element,
    show(messages, peer) {
      setText(them, `peer ${peer.id}`);
      setText(empty, messages.length === 0 ? NO_MESSAGE : "");
      const state = `${peer.id} ${messages[0]?.number} ${messages.length}`;
      if (state === shown) return;
      shown = state;
      rows.replaceChildren(...messages.map((message, i) => arrow(message, messages[i + 1])));
    },
  };
}

function arrow(
  { inbound, command, text, timestamp, size }: LoggedMessage,
  before: LoggedMessage | undefined,
): HTMLElement {
  const since = before === undefined
    ? clock(timestamp, { tenths: true })
    : `+${milliseconds(timestamp - before.timestamp)}`;
  return h(
    "li",
    {
      class: inbound ? "inbound" : "outbound",
      title: `${clock(timestamp, { tenths: true })} ${inbound ? "received" : "sent"} ${command} ${
        bytes(size)
      } ${text}`,
    },
    h("span", { class: "since" }, since),
    h("span", { class: "arrow" }, h("b", {}, command), text === "" ? "" : h("small", {}, ` ${text}`)),
  );
}

function factsOf(peer: Peer, now: number): [string, string][] {
  const { info } = peer;
  const facts: [string, string][] = [
    ["Address", peer.address || NONE],
    [
      "Direction",
      [directionOf(peer), shortType(peer.type) === directionOf(peer) ? "" : shortType(peer.type)].filter(
        Boolean,
      ).join(", ") || NONE,
    ],
    ["Network", NETWORK_TITLES[peer.network]! + (info ? `, ${info.transport_protocol_type} transport` : "")],
    ["User agent", peer.userAgent || NONE],
    [peer.open ? "Connected for" : "Was connected for", duration(secondsOpen(peer, now))],
    ["Messages", `${count(peer.received)} received, ${count(peer.sent)} sent`],
    ["Their bytes", `${bytes(peer.receivedBytes)} received, ${bytes(peer.sentBytes)} sent`],
    [
      "Announced first",
      peer.announcements === 0
        ? NONE
        : `${count(peer.firstTransactions)} of ${count(peer.announcements)} transactions (${
          percent(peer.firstTransactions / peer.announcements)
        })`,
    ],
  ];
  if (info) {
    facts.push(
      ["Ping", `${milliseconds(info.ping_time * 1000)}, best ${milliseconds(info.minimum_ping * 1000)}`],
      ["Since connected", `${bytes(info.bytes_received)} received, ${bytes(info.bytes_sent)} sent`],
      [
        "Addresses",
        `${count(info.addr_processed)} processed, ${count(info.addr_rate_limited)} above the limit`,
      ],
      ["Announcements queued", count(info.inv_to_send)],
    );
  }
  if (peer.misbehaviour !== undefined) facts.push(["Misbehaved", peer.misbehaviour]);
  return facts;
}

function showFacts(list: HTMLElement, facts: readonly [string, string][]): void {
  const items = facts.flatMap(([name, value]) => [[`dt`, name], ["dd", value]] as const);
  if (list.children.length !== items.length) list.replaceChildren(...items.map(([tag]) => h(tag)));
  items.forEach(([, text], i) => setText(list.children[i]!, text));
}

function matches(peer: Peer, params: Params): boolean {
  if (params.get("show") !== "all" && !peer.open) return false;
  const direction = params.get("direction");
  if (direction !== "" && directionOf(peer) !== direction) return false;
  const network = params.get("network");
  if (network !== "" && peer.network !== network) return false;
  const wanted = params.get("q").trim().toLowerCase();
  return wanted === "" || String(peer.id) === wanted ||
    peer.address.toLowerCase().includes(wanted) || peer.userAgent.toLowerCase().includes(wanted);
}

function directionOf({ inbound }: Peer): string {
  return inbound === undefined ? "" : inbound ? "inbound" : "outbound";
}

function secondsOpen({ opened, closed }: Peer, now: number): number | undefined {
  return opened === undefined ? undefined : ((closed ?? now) - opened) / 1000;
}

function pingOf({ info }: Peer): number | undefined {
  return info === undefined || info.ping_time === 0 ? undefined : info.ping_time * 1000;
}
