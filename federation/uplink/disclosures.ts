/**
 * Which nodes everybody may see: those that the operator names, each under a name for the public, and no others. Their
 * events go there and nowhere else; those of all other nodes never do.
 *
 * @module
 */

import {
  checkDisclosure,
  DISCLOSE_SECONDS,
  isDisclosedName,
  isDisclosedUrl,
} from "../../proto/federation/disclosure.ts";
import { encodeFrame, SIZES } from "../../proto/federation/frame.ts";
import { DisclosedNode } from "./disclosed_node.ts";

/** A node of the operator, and what it is called in public. */
interface Named {
  readonly node: string;
  readonly name: string;
  readonly url: string | undefined;
  readonly seen: DisclosedNode;
  closedAt: number;
}

/** A frame, or why there is none. */
export type DisclosureFrame = { readonly frame: Uint8Array<ArrayBuffer> } | { readonly blocked: string };

/** Disclosed nodes of an operator. */
export class Disclosures {
  readonly #byNode: ReadonlyMap<string, Named>;

  /**
   * From the options: `NAME=NODE` and `NAME=URL`. Nodes are those that the uplink hears of.
   *
   * @throws {Error} If one of them is none of these nodes, or said twice.
   */
  constructor(
    { disclose, urls, nodes, now }: {
      disclose: readonly string[];
      urls: readonly string[];
      nodes: readonly string[];
      now: number;
    },
  ) {
    const byName = new Map(urls.map(splitPair));
    const named = disclose.map(splitPair).map(([name, node]): Named => {
      return { node, name, url: byName.get(name), seen: new DisclosedNode(), closedAt: minuteOf(now) };
    });
    this.#byNode = new Map(named.map((each) => [each.node, each]));
    const names = new Set(named.map(({ name }) => name));
    if (names.size < named.length || this.#byNode.size < named.length) {
      throw new Error("Cannot disclose a node twice: give each one name in --uplink.disclose");
    }
    for (const { node } of named) {
      if (!nodes.includes(node)) {
        throw new Error(
          `Cannot disclose "${node}": there is no such node, name it with --node or --uplink.servers`,
        );
      }
    }
    for (const name of byName.keys()) {
      if (!names.has(name)) {
        throw new Error(`Cannot give "${name}" an address: no node has this name in --uplink.disclose`);
      }
    }
  }

  /** Whether everybody may see this node. */
  has(node: string): boolean {
    return this.#byNode.has(node);
  }

  /** Public names, for the operator to read. */
  get names(): string[] {
    return [...this.#byNode.values()].map(({ name }) => name);
  }

  /** Counts an event of a disclosed node. */
  observe(node: string, bytes: Uint8Array, now: number): void {
    this.#byNode.get(node)?.seen.observe(bytes, now);
  }

  /** Frames of the minutes that are over; `now` in Unix milliseconds. */
  due(now: number): DisclosureFrame[] {
    const at = minuteOf(now);
    return [...this.#byNode.values()].flatMap((each): DisclosureFrame[] => {
      const { name, url, seen, closedAt } = each;
      if (at === closedAt) return [];
      each.closedAt = at;
      // A clock that was set back, or a machine that slept, has no minute to tell of.
      const seconds = at - closedAt;
      if (seconds < 0 || seconds > 60 * DISCLOSE_SECONDS) {
        seen.close({ name, url, at, seconds: DISCLOSE_SECONDS });
        return [];
      }
      const disclosure = seen.close({ name, url, at, seconds });
      const problem = checkDisclosure(disclosure);
      if (problem !== undefined) return [{ blocked: problem }];
      return [{ frame: encodeFrame({ case: "disclosure", value: disclosure }, SIZES[1]) }];
    });
  }
}

/** Complains about what is no `NAME=NODE`; `NAME` alone is the node without a name. */
export function checkDisclosed(text: string): void {
  const [name] = splitPair(text);
  if (!isDisclosedName(name)) throw new SyntaxError("expected NAME=NODE, the name of 1 to 32 of a-z 0-9 . -");
}

/** Complains about what is no `NAME=URL`. */
export function checkDisclosedUrl(text: string): void {
  const [name, url] = splitPair(text);
  if (!isDisclosedName(name) || !isDisclosedUrl(url)) {
    throw new SyntaxError("expected NAME=https://… of 128 characters at most");
  }
}

function splitPair(text: string): [string, string] {
  const at = text.indexOf("=");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function minuteOf(now: number): number {
  return Math.floor(now / 1000 / DISCLOSE_SECONDS) * DISCLOSE_SECONDS;
}
