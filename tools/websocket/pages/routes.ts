/**
 * The views, in the order of the navigation; the server and the browser both go by this table.
 *
 * @module
 */

/** A view. */
export interface Route {
  /** Where it is. */
  readonly path: string;
  /** What it is called. */
  readonly title: string;
  /** What it answers, one line. */
  readonly about: string;
}

/** All views; the first one is the start page. */
export const ROUTES = [
  { path: "/", title: "Overview", about: "Tip, peers, traffic and mempool at a glance" },
  { path: "/peers", title: "Peers", about: "Who is connected, and what each of them says" },
  { path: "/relay", title: "Relay", about: "Transactions and addresses: who announced them first" },
  { path: "/pings", title: "Pings", about: "How long the node takes to answer, and who does not answer" },
  { path: "/addrman", title: "Addresses", about: "What the node's address manager holds" },
  { path: "/connections", title: "Connections", about: "When connections were opened, and when they ended" },
  { path: "/logs", title: "Logs", about: "The node's debug.log as it is written" },
] as const satisfies readonly Route[];

/** The path of a view. */
export type Path = typeof ROUTES[number]["path"];
