// deno-lint-ignore-file jsx-key -- what is written once has nothing to be known again by

/**
 * How blocks arrived, one row each.
 *
 * @module
 */

import { BIN_SECONDS } from "../../proto/federation/check.ts";
import { WHOLE } from "../../proto/federation/metrics.ts";
import type { Feed } from "../../proto/federation/schema.ts";
import { count, shortHash } from "../../runtime/web/format.ts";
import { Stack } from "./charts.tsx";
import { DAY } from "./history.ts";
import { DELAYS } from "./names.ts";
import { percent } from "./numbers.ts";
import { Ago, Panel } from "./shell.tsx";

/** A block, as the page and the JSON have it. */
export interface Block {
  readonly hash: string;
  readonly height?: number | undefined;
  /** Unix seconds at which its bin began. */
  readonly from: number;
  /** Of operators, by delay. */
  readonly shares: Readonly<Record<string, number>>;
}

/** Blocks of so many bins are shown; one bin has about one. */
export const BLOCK_BINS = DAY / 4;
const MOST_BLOCKS = 12;

/** The newest first. Operators may tell of one block in two bins: the first of them has most of it. */
export function blocksOf(feeds: readonly Feed[]): Block[] {
  const heights = new Map(
    feeds.flatMap(({ tips }) => tips.map(({ hash, height }) => [hash.toHex(), height])),
  );
  const blocks = new Map<string, Block>();
  for (const { bin, blocks: arrived } of feeds) {
    for (const { hash, shares } of arrived) {
      const key = hash.toHex();
      if (blocks.has(key)) continue;
      blocks.set(key, {
        hash: hash.toReversed().toHex(),
        height: heights.get(key),
        from: bin * BIN_SECONDS,
        shares: Object.fromEntries(DELAYS.map(([delay], i) => [delay, (shares[i] ?? 0) / WHOLE])),
      });
    }
  }
  return [...blocks.values()].reverse().slice(0, MOST_BLOCKS);
}

/** How each block arrived. */
export function Blocks({ blocks, now }: { blocks: readonly Block[]; now: number }) {
  return (
    <Panel title="How blocks arrived, after the operator's own first node">
      {blocks.length === 0
        ? <p class="empty">No block in the last six hours of which enough operators tell.</p>
        : (
          <>
            <ul class="legend">
              {DELAYS.map(([, text], i) => (
                <li>
                  <svg class="key" viewBox="0 0 10 10" aria-hidden="true">
                    <rect class={`delay-${i}`} width="10" height="10" rx="2" />
                  </svg>
                  {text}
                </li>
              ))}
            </ul>
            <div class="table">
              <table>
                <caption>Share of operators by delay, block by block</caption>
                <thead>
                  <tr>
                    <th scope="col">Block</th>
                    <th scope="col" class="medium">Seen</th>
                    <th scope="col" class="drawn wide-drawn">
                      <span class="hidden">Shares, drawn</span>
                    </th>
                    {DELAYS.map(([, , short]) => <th scope="col" class="num">{short}</th>)}
                  </tr>
                </thead>
                <tbody>
                  {blocks.map(({ hash, height, from, shares }) => (
                    <tr data-block={hash}>
                      <th scope="row" class="mono" title={hash}>
                        {height === undefined ? shortHash(hash) : count(height)}
                      </th>
                      <td class="medium">
                        <Ago at={from} now={now} />
                      </td>
                      <td class="drawn wide-drawn">
                        <Stack shares={DELAYS.map(([key]) => shares[key]!)} whole={1} />
                      </td>
                      {DELAYS.map(([key]) => <td class="num">{percent(shares[key]!)}</td>)}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </>
        )}
    </Panel>
  );
}
