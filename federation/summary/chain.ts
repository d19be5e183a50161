/**
 * Blocks, as the nodes of one operator had them: when they arrived beside the first of these nodes, and which ends of
 * chains there are. Only what a node itself accepted counts, so that a hash costs whoever invents it the work of a
 * block: a hash in a message could be a mark that one node was given alone.
 *
 * @module
 */

import { BIN_MS, MOST_BLOCKS } from "../../proto/federation/check.ts";
import { type BlockArrival, type ChainTip, Delay, TipStatus } from "../../proto/federation/schema.ts";
import { median } from "../../runtime/median.ts";

/** Blocks that are remembered. */
const MOST_REMEMBERED = 512;
/** A node that connects more in a bin is catching up: that says when it was away, and nothing of the network. */
const MOST_IN_BIN = MOST_BLOCKS;
/** Once a node had so much time, it is known in which bucket it is. */
const DECIDED_MS = 15_000;
/** A node that told of no block for so many bins tells of none. */
const TELLS_BINS = 12;
/** Forks that deep are news. */
const DEPTH = 12;
const HIGHEST = 2 ** 31 - 1;
const HASH_BYTES = 32;

/** Ends of the buckets, in the order of the enum. */
const ENDS: readonly (readonly [belowMs: number, delay: number])[] = [
  [1000, Delay.BELOW_1_S],
  [2000, Delay.BELOW_2_S],
  [5000, Delay.BELOW_5_S],
  [15_000, Delay.BELOW_15_S],
  [Infinity, Delay.ABOVE_15_S],
];

/** What a node said of a block. */
export interface Said {
  /** 32 bytes as on the wire. */
  readonly hash: Uint8Array;
  /** Its height; absent where only the hash was named. */
  readonly height?: number;
  /** "tip": it is the node's active one, however long that may be so. */
  readonly what: "header" | "connected" | "tip" | "invalid";
  /** Unix milliseconds. */
  readonly at: number;
}

interface Block {
  readonly hash: Uint8Array;
  height: number | undefined;
  readonly firstAt: number;
  readonly connected: Map<number, number>;
  /** A node took it for its active tip. */
  valid: boolean;
  invalid: boolean;
}

interface Teller {
  /** The last bin with a block, and how many it had; 0 if the node never tells when it connects one. */
  bin: number;
  inBin: number;
  tip: Block | undefined;
}

/** The blocks of one operator. */
export class Chain {
  readonly #blocks = new Map<string, Block>();
  readonly #tellers = new Map<number, Teller>();

  /** A node, by its position, said something. */
  note(node: number, { hash, height, what, at }: Said): void {
    if (hash.length !== HASH_BYTES) return;
    if (height !== undefined && (height < 0 || height > HIGHEST)) return;
    // A log says it twice, and a tracepoint once more.
    const isKnown = this.#blocks.get(hash.toHex())?.connected.has(node) === true;
    if (what === "connected" && !isKnown && this.#isCatchingUp(node, at)) return;
    const block = this.#block(hash, at);
    block.height ??= height;
    if (what === "invalid") block.invalid = true;
    if (what === "connected" && !block.connected.has(node)) block.connected.set(node, at);
    if (what === "connected" || what === "tip") {
      block.valid = true;
      this.#tellerOf(node).tip = block;
    }
  }

  /** Arrivals that were decided in the bin. Beside no other node there is no delay. */
  arrivals(bin: number): BlockArrival[] {
    const arrivals: BlockArrival[] = [];
    for (const { hash, connected } of this.#blocks.values()) {
      const first = [...connected.values()].reduce((a, b) => Math.min(a, b), Infinity);
      if (Math.floor((first + DECIDED_MS) / BIN_MS) !== bin) continue;
      const delays = [...this.#tellers].flatMap(([node, teller]) => {
        const at = connected.get(node);
        return at === undefined && !tells(teller, bin) ? [] : [(at ?? Infinity) - first];
      });
      // The first node's own delay is nothing.
      delays.splice(delays.indexOf(0), 1);
      if (delays.length > 0) arrivals.push({ hash, delay: delayOf(median(delays)) });
    }
    return arrivals.slice(-MOST_BLOCKS).sort(byHash);
  }

  /** The active tip that most nodes have, and the ends of other chains near it. */
  tips(bin: number): ChainTip[] {
    const active = this.#active();
    if (active?.height === undefined) return [];
    const end = (bin + 1) * BIN_MS;
    const near = [...this.#blocks.values()].filter(({ height, firstAt }) =>
      height !== undefined && height > active.height! - DEPTH && firstAt < end
    );
    const main = mainChain(near, active);
    const others = near.flatMap((block) => {
      const status = statusBeside(block, main);
      return status === undefined ? [] : [{ hash: block.hash, height: block.height!, status }];
    });
    const ends = others.filter((tip) =>
      !others.some(({ status, height }) => status === tip.status && height === tip.height + 1)
    );
    const own = { hash: active.hash, height: active.height, status: TipStatus.ACTIVE };
    ends.sort((a, b) => a.status - b.status || b.height - a.height || byHash(a, b));
    return [own, ...ends].slice(0, MOST_BLOCKS);
  }

  /** Whether a fork was first seen in the bin. */
  forked(bin: number, tips: readonly ChainTip[]): boolean {
    const forks: number[] = [TipStatus.VALID_FORK, TipStatus.HEADERS_ONLY];
    return tips.some(({ hash, status }) => forks.includes(status) && this.#binOf(hash) === bin);
  }

  /** When the newest valid block was first seen, before the end of the bin; `undefined` if there is none. */
  newest(bin: number): number | undefined {
    const end = (bin + 1) * BIN_MS;
    const times = [...this.#blocks.values()]
      .filter(({ valid, firstAt }) => valid && firstAt < end)
      .map(({ firstAt }) => firstAt);
    return times.length === 0 ? undefined : Math.max(...times);
  }

  #binOf(hash: Uint8Array): number {
    return Math.floor(this.#blocks.get(hash.toHex())!.firstAt / BIN_MS);
  }

  #active(): Block | undefined {
    const votes = new Map<Block, number>();
    for (const { tip } of this.#tellers.values()) {
      if (tip?.height !== undefined) votes.set(tip, (votes.get(tip) ?? 0) + 1);
    }
    const best = ([a, n]: [Block, number], [b, m]: [Block, number]) => m - n || b.height! - a.height!;
    return [...votes].sort(best)[0]?.[0];
  }

  #block(hash: Uint8Array, at: number): Block {
    const key = hash.toHex();
    let block = this.#blocks.get(key);
    if (block === undefined) {
      if (this.#blocks.size >= MOST_REMEMBERED) this.#blocks.delete(this.#blocks.keys().next().value!);
      // The bytes of an event must not be kept for the sake of 32 of them.
      block = {
        ...{ hash: hash.slice(), height: undefined, firstAt: at, connected: new Map() },
        ...{ valid: false, invalid: false },
      };
      this.#blocks.set(key, block);
    }
    return block;
  }

  #tellerOf(node: number): Teller {
    let teller = this.#tellers.get(node);
    if (teller === undefined) this.#tellers.set(node, teller = { bin: 0, inBin: 0, tip: undefined });
    return teller;
  }

  #isCatchingUp(node: number, at: number): boolean {
    const teller = this.#tellerOf(node);
    const bin = Math.floor(at / BIN_MS);
    if (bin !== teller.bin) [teller.bin, teller.inBin] = [bin, 0];
    return ++teller.inBin > MOST_IN_BIN;
  }
}

/** The bucket of a delay. */
export function delayOf(ms: number): number {
  return ENDS.find(([below]) => ms < below)?.[1] ?? Delay.ABOVE_15_S;
}

/** An order that does not say who had it first. */
function byHash(a: { readonly hash: Uint8Array }, b: { readonly hash: Uint8Array }): number {
  return a.hash.toHex() < b.hash.toHex() ? -1 : 1;
}

/** Whether a node would have told of a block of this bin: it did so lately, and it is not catching up. */
function tells({ bin, inBin }: Teller, of: number): boolean {
  return bin >= of - TELLS_BINS && inBin <= MOST_IN_BIN;
}

/** At each height the block that a node went to last; at the active tip's height that one. */
function mainChain(blocks: readonly Block[], active: Block): ReadonlyMap<number, Block> {
  const main = new Map<number, Block>();
  for (const block of blocks) {
    if (!block.valid || block.invalid || block.height! > active.height!) continue;
    const other = main.get(block.height!);
    if (other === undefined || lastAt(other) <= lastAt(block)) main.set(block.height!, block);
  }
  return main.set(active.height!, active);
}

function lastAt({ connected, firstAt }: Block): number {
  return Math.max(firstAt, ...connected.values());
}

function statusBeside(block: Block, main: ReadonlyMap<number, Block>): number | undefined {
  if (block.invalid) return TipStatus.INVALID;
  const instead = main.get(block.height!);
  if (instead === undefined || instead === block) return undefined;
  return block.valid ? TipStatus.VALID_FORK : TipStatus.HEADERS_ONLY;
}
