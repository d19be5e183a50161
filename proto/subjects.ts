/**
 * Where events travel: a subject per kind, as the Rust system names them. With a node name in front
 * (`waggle.NAME.netmsg`) several nodes share one bus; the dots keep those subjects away from the Rust tools, whose
 * wildcard `*` matches a single token.
 *
 * @module
 */

/** Subject token of each kind of event. */
export const SUBJECTS = {
  message: "netmsg",
  connection: "netconn",
  mempool: "mempool",
  validation: "validation",
  addrman: "addrman",
  rpc: "rpc",
  p2p: "p2p-extractor",
  log: "log-extractor",
  ipc: "ipc",
} as const;

/** A kind of event, which is also what decides its subject. */
export type Kind = keyof typeof SUBJECTS;

/** All kinds of events. */
export const KINDS: readonly Kind[] = Object.keys(SUBJECTS) as Kind[];

/** The message of the schema that each kind carries. */
export const ROOTS: Readonly<Record<Kind, string>> = {
  message: "MessageEvent",
  connection: "ConnectionEvent",
  mempool: "MempoolEvent",
  validation: "ValidationEvent",
  addrman: "AddrmanEvent",
  rpc: "Rpc",
  p2p: "P2p",
  log: "Log",
  ipc: "Ipc",
};

/**
 * Where alerts are told, as JSON: no event of the schema, so kept apart from the subjects of events. It has a dot also
 * without a node: the Rust tools listen to every subject of one token, and end with an error on what is no event.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(alertSubjectOf(), "waggle.alerts");
 * assertEquals(alertSubjectOf("alpha"), "waggle.alpha.alerts");
 * ```
 */
export function alertSubjectOf(node?: string): string {
  return node === undefined ? "waggle.alerts" : `waggle.${node}.alerts`;
}

/** Names that may stand between the dots: no dot, no wildcard, nothing that needs quoting anywhere. */
const NODE_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Whether a text can be a node's name.
 *
 * @example Usage
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 *
 * assert(isNodeName("alpha-1"));
 * assertFalse(isNodeName("a.b"));
 * ```
 */
export function isNodeName(text: string): boolean {
  return NODE_NAME.test(text);
}

/**
 * The subject of a kind, with the node's name in front where one is given.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(subjectOf("message"), "netmsg");
 * assertEquals(subjectOf("message", "alpha"), "waggle.alpha.netmsg");
 * ```
 */
export function subjectOf(kind: Kind, node?: string): string {
  return node === undefined ? SUBJECTS[kind] : `waggle.${node}.${SUBJECTS[kind]}`;
}

/**
 * The node a subject names, or `undefined` for one of the Rust system's single tokens.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(nodeOf("waggle.alpha.rpc"), "alpha");
 * assertEquals(nodeOf("rpc"), undefined);
 * ```
 */
export function nodeOf(subject: string): string | undefined {
  if (!subject.startsWith("waggle.")) return undefined;
  const end = subject.indexOf(".", 7);
  return end < 0 ? undefined : subject.slice(7, end);
}
