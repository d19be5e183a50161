/**
 * What was seen last, for pages that are opened between two answers of the node.
 *
 * @module
 */

import type { Event } from "../../proto/event.ts";
import type { Kind } from "../../proto/subjects.ts";
import { Frame } from "./frame.ts";

/** Kinds of which more than the last one says something, and how many. */
const KEPT: Partial<Record<Kind, number>> = { connection: 500, log: 200, p2p: 200, validation: 12, ipc: 1 };

/** Nodes remembered; with more, those of which nothing came for longest are forgotten. */
const MOST_NODES = 32;

interface Kept {
  readonly timestamp: number;
  readonly kind: Kind;
  readonly data: Uint8Array;
}

/** The last events of each node: all RPC answers once, and the ends of what else is worth it. */
export class Recent {
  readonly #nodes = new Map<string | undefined, Map<string, Kept[]>>();

  /** Whether an event of this kind is to be handed over. */
  keeps(kind: Kind): boolean {
    return kind === "rpc" || KEPT[kind] !== undefined;
  }

  /** Remembers an event; `frame` gives what is inside, where that has to be known. */
  add(
    event: { timestamp: number; kind: Kind; data: Uint8Array; node: string | undefined },
    frame: Frame,
  ): void {
    const { timestamp, kind, data, node } = event;
    const key = kind === "rpc" ? rpcKey(frame.event) : kind;
    if (key === undefined) return;
    const series = this.#of(node);
    let kept = series.get(key);
    if (kept === undefined) series.set(key, kept = []);
    if (kept.length >= (KEPT[kind] ?? 1)) kept.shift();
    // A copy: the bytes of a small event may be a view on a large piece of what a socket read.
    kept.push({ timestamp, kind, data: data.slice() });
  }

  /** The events of these kinds, oldest first. */
  *frames(kinds: ReadonlySet<Kind>): Generator<Frame> {
    for (const [node, series] of this.#nodes) {
      const wanted = [...series.values()].flat().filter(({ kind }) => kinds.has(kind));
      wanted.sort((a, b) => a.timestamp - b.timestamp);
      for (const { data } of wanted) yield new Frame(data, node);
    }
  }

  #of(node: string | undefined): Map<string, Kept[]> {
    const series = this.#nodes.get(node) ?? new Map<string, Kept[]>();
    this.#nodes.delete(node);
    this.#nodes.set(node, series);
    if (this.#nodes.size > MOST_NODES) this.#nodes.delete(this.#nodes.keys().next().value);
    return series;
  }
}

/** One answer of each call; of fee estimates one for each question, of which a node is asked six. */
function rpcKey(event: Event | undefined): string | undefined {
  if (event?.kind !== "rpc" || event.value.rpcEvent === undefined) return undefined;
  const { case: name, value } = event.value.rpcEvent;
  if (name !== "estimateSmartFee") return name;
  return value.requestedBlocks <= 1008 && value.mode <= 2
    ? `${name} ${value.requestedBlocks} ${value.mode}`
    : undefined;
}
