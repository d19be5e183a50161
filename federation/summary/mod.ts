/**
 * From the events of an operator's nodes to one summary in ten minutes that tells what the network does, and neither
 * which nodes saw it nor whom they met.
 *
 * normalise → bound → merge → coarsen → encode → self-check; see README.md.
 *
 * @example Usage
 * ```ts
 * import { assert } from "@std/assert";
 * import { encodeEvent } from "../../proto/event.ts";
 *
 * const summariser = new Summariser({
 *   nodes: ["alpha", "beta"],
 *   policy: { clip: 64, keysPerNode: 16 },
 *   canaries: ["alpha", "beta", "198.51.100.7"],
 * });
 * const uptime = { case: "uptime", value: 86_400 } as const;
 * summariser.observe("alpha", encodeEvent({ timestamp: 600_000_000, kind: "rpc", value: { rpcEvent: uptime } }));
 * const closed = summariser.close(1000);
 * assert("summary" in closed);
 * ```
 *
 * @module
 */

import { CanaryScan } from "../../proto/canaries.ts";
import { decodeEvent, peek } from "../../proto/event.ts";
import { BIN_MS, SCHEMA } from "../../proto/federation/check.ts";
import { Anomaly, Source, type Summary } from "../../proto/federation/schema.ts";
import type { Kind } from "../../proto/subjects.ts";
import { Baseline, type SavedBaseline } from "./baseline.ts";
import { bound, COUNT_KEYS, type NodePolicy, numbersOf, signalsOf, type SignalValues } from "./bound.ts";
import { Chain } from "./chain.ts";
import { selfCheck } from "./encode.ts";
import { coarsen, merge, mergeSignals } from "./merge.ts";
import type { AutonomousSystems } from "./netgroup.ts";
import { type AddressList, Node } from "./node.ts";
import { NodeBin } from "./node_bin.ts";
import { isWanted } from "./wanted.ts";
import { listOf, type Tally, tally, type Withheld } from "./withheld.ts";

export type { AddressList, AutonomousSystems, NodePolicy, SavedBaseline, Withheld };
export { encodeSummary, SUMMARY_FRAME_BYTES } from "./encode.ts";
export { CanaryScan };

/** What a summariser needs. */
export interface SummariserOptions {
  /** Names of the operator's nodes; they go nowhere. */
  readonly nodes: readonly string[];
  /** What the federation's policy says of a node. */
  readonly policy: NodePolicy;
  /** Addresses, host names and names that must never leave. */
  readonly canaries: readonly string[];
  /** Groups addresses by autonomous system. */
  readonly asmap?: AutonomousSystems | undefined;
  /** Addresses that are known to be bad. */
  readonly lists?: readonly AddressList[] | undefined;
  /** From 0 up to and without 1, not to be foreseen by others. */
  readonly random?: () => number;
  /** Told when a bin is closed which addresses showed which behaviours in it; nothing of it is in a summary. */
  readonly onSuspect?: ((address: Uint8Array, behaviour: number) => void) | undefined;
}

/** The summary of a bin and what is not in it, or why there is none. */
export type Closed =
  | { readonly summary: Summary; readonly withheld: readonly Withheld[] }
  | { readonly blocked: string };

/** Bins that may be open at once: events come in order, but nodes and clocks differ by some seconds. */
const MOST_OPEN = 3;
const HIGHEST_BIN = 2 ** 32 - 1;
const MINUTE_MS = 60_000;

/** What the events of a kind come from; "ipc" has no name in a summary. */
const SOURCES: Readonly<Partial<Record<Kind, number>>> = {
  ...{ message: Source.EBPF, connection: Source.EBPF, mempool: Source.EBPF, validation: Source.EBPF },
  ...{ rpc: Source.RPC, p2p: Source.P2P, log: Source.LOG },
};
/** Messages whose content matters; of all others the metadata are enough. */
const READ: ReadonlySet<string> = new Set(["version", "addr", "addrv2"]);
const SKIPPED: ReadonlySet<Kind> = new Set<Kind>(["addrman"]);

interface OpenBin {
  readonly nodes: Map<string, { readonly seen: NodeBin; readonly order: readonly number[] }>;
  readonly sources: Set<number>;
}

/** Counts events and gives a summary of each bin. */
export class Summariser {
  readonly #random: () => number;
  readonly #onSuspect: SummariserOptions["onSuspect"];
  readonly #nodes: ReadonlyMap<string, Node>;
  readonly #chain = new Chain();
  readonly #baseline = new Baseline();
  #scan: CanaryScan;
  readonly #open = new Map<number, OpenBin>();
  #policy: NodePolicy;
  #closed = -1;
  #withheld: Tally = new Map();

  /** One that saw nothing yet. */
  constructor(options: SummariserOptions) {
    const { nodes, policy, canaries, asmap, lists, onSuspect, random = secureRandom } = options;
    this.#onSuspect = onSuspect;
    this.#policy = policy;
    this.#random = random;
    this.#scan = new CanaryScan(canaries);
    this.#nodes = new Map(nodes.map((name, position) => {
      return [name, new Node({ asmap, lists, chain: (said) => this.#chain.note(position, said) })];
    }));
  }

  /** Counts an event of a node; what cannot be read is counted, too, and nothing is thrown. */
  observe(node: string, bytes: Uint8Array): void {
    const of = this.#nodes.get(node);
    if (of === undefined) return tally(this.#withheld, "events of nodes that are not named");
    const glance = peek(bytes);
    if (!glance.ok) return tally(this.#withheld, "events that cannot be read");
    const { timestamp, kind, message } = glance;
    if (kind === "none" || SKIPPED.has(kind)) {
      return tally(this.#withheld, "events of a kind that is not summarised");
    }
    const bin = this.#binAt(timestamp);
    if (bin === undefined) return;
    const seen = this.#seenBy(node, bin);
    const source = SOURCES[kind];
    if (source !== undefined) bin.sources.add(source);
    if (kind === "mempool") tally(seen.withheld, "transactions and their ids");
    if (message !== undefined) {
      of.message(message, timestamp, seen);
      if (!message.inbound || !READ.has(message.command)) return;
    }
    if (!isWanted(kind, bytes)) return;
    const decoded = decodeEvent(bytes);
    if (decoded.ok) of.event(decoded.event, seen);
    else tally(this.#withheld, "events that cannot be read");
  }

  /** Bins with events that are not closed, in order. */
  get open(): number[] {
    return [...this.#open.keys()].sort((a, b) => a - b);
  }

  /** What must never leave, from now on: a node may say later which addresses it has. */
  set canaries(canaries: readonly string[]) {
    this.#scan = new CanaryScan(canaries);
  }

  /** Follows another policy from now on. */
  set policy(policy: NodePolicy) {
    this.#policy = policy;
  }

  /**
   * Ends a bin, and all before it, and gives its summary with sequence 0. A summary that fails the self-check is
   * lost: nothing may leave that should not.
   */
  close(bin: number): Closed {
    const { closed, signals } = this.#summarise(bin);
    this.#baseline.learn(signals);
    this.#tellSuspects(this.#open.get(bin));
    this.#closed = Math.max(this.#closed, bin);
    this.#withheld = new Map();
    for (const open of this.#open.keys()) {
      // What is far ahead came with a broken clock, and must not keep the place of what will come.
      if (open <= bin || open >= bin + MOST_OPEN) this.#open.delete(open);
    }
    return closed;
  }

  #tellSuspects(open: OpenBin | undefined): void {
    if (this.#onSuspect === undefined) return;
    for (const { seen } of open?.nodes.values() ?? []) {
      for (const { address, behaviour } of seen.suspects()) this.#onSuspect(address, behaviour);
    }
  }

  /** What {@linkcode close} would give now. */
  preview(bin: number): Closed {
    return this.#summarise(bin).closed;
  }

  /** What the operator is used to, to be kept over a restart: numbers and nothing else. */
  save(): SavedBaseline {
    return this.#baseline.save();
  }

  /** Goes on with what was saved. What is not of that form is left out. */
  restore(saved: unknown): void {
    this.#baseline.restore(saved);
  }

  #summarise(bin: number): { closed: Closed; signals: SignalValues } {
    const open = this.#open.get(bin);
    const seen = [...open?.nodes ?? []].map(([name, { seen, order }]) => {
      return { node: this.#nodes.get(name)!, seen, order, withheld: new Map(seen.withheld) as Tally };
    });
    const numbers = seen.map(({ node, seen, order, withheld }) =>
      bound(numbersOf(node, seen, bin), { policy: this.#policy, order, withheld })
    );
    const merged = merge(numbers, this.#policy);
    const tips = this.#chain.tips(bin);
    const signals = mergeSignals([
      ...seen.map(({ node, seen }) => signalsOf(node, seen, bin)),
      // Of a silent bin nothing is known, and not that there was no block.
      ...(seen.length === 0 ? [] : [this.#chainSignals(bin, this.#chain.forked(bin, tips))]),
    ]);
    const summary: Summary = {
      sequence: 0,
      bin,
      schema: SCHEMA,
      thin: merged.thin,
      sources: [...open?.sources ?? []].sort((a, b) => a - b),
      values: coarsen(merged.numbers),
      blocks: this.#chain.arrivals(bin),
      tips,
      anomalies: this.#baseline.judge(signals),
    };
    const problem = selfCheck(summary, this.#scan);
    if (problem !== undefined) return { closed: { blocked: problem }, signals };
    const withheld = listOf([this.#withheld, this.#always(open), ...seen.map(({ withheld }) => withheld)]);
    return { closed: { summary, withheld }, signals };
  }

  #chainSignals(bin: number, forked: boolean): SignalValues {
    const newest = this.#chain.newest(bin);
    const minutes = newest === undefined ? 0 : ((bin + 1) * BIN_MS - newest) / MINUTE_MS;
    return new Map([[Anomaly.FORK, forked ? 1 : 0], [Anomaly.STALE_TIP, minutes]]);
  }

  /** What is withheld whatever happens. */
  #always(open: OpenBin | undefined): Tally {
    const always: Tally = new Map();
    tally(always, "names of nodes, and how many there are", this.#nodes.size);
    for (const { seen } of open?.nodes.values() ?? []) {
      tally(always, "connections: addresses, peer ids, times", seen.connections);
      tally(always, "netgroups: which they are", seen.groups.size);
    }
    return always;
  }

  #binAt(timestamp: number): OpenBin | undefined {
    const bin = Math.floor(timestamp / BIN_MS);
    if (bin <= this.#closed) return tally(this.#withheld, "late events");
    let open = this.#open.get(bin);
    if (open === undefined) {
      if (bin > HIGHEST_BIN || this.#open.size >= MOST_OPEN) {
        return tally(this.#withheld, "early events");
      }
      this.#open.set(bin, open = { nodes: new Map(), sources: new Set() });
    }
    return open;
  }

  #seenBy(node: string, { nodes }: OpenBin): NodeBin {
    let entry = nodes.get(node);
    // Drawn here and not at the end, so that a preview and the summary agree.
    if (entry === undefined) {
      nodes.set(node, entry = { seen: new NodeBin(), order: shuffled(COUNT_KEYS, this.#random) });
    }
    return entry.seen;
  }
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const shuffled = [...items];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1));
    [shuffled[i], shuffled[other]] = [shuffled[other]!, shuffled[i]!];
  }
  return shuffled;
}

function secureRandom(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32;
}
