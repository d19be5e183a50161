// deno-lint-ignore-file jsx-key -- what is written once has nothing to be known again by

/**
 * Drawings without a line of script: SVG that stretches to where it is, with words around it. Each stands beside a
 * table of the same numbers, so none of them is needed to read a page.
 *
 * @module
 */

import type { Point } from "./history.ts";
import { minute } from "./times.ts";

/** Quartiles on a scale from 0 to `most`. */
export function Strip({ lower, median, upper, most }: Omit<Point, "from"> & { most: number }) {
  const x = (value: number) => most === 0 ? 0 : Math.min(100, 100 * value / most);
  const [from, to] = [x(lower), x(upper)];
  return (
    <svg class="strip" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" x="0" y="4.5" width="100" height="1" />
      <rect
        class="box"
        x={fixed(Math.min(from, 99))}
        y="1"
        width={fixed(Math.max(1, to - from))}
        height="8"
      />
      <path class="middle" d={`M${fixed(Math.min(99.5, Math.max(0.5, x(median))))} 0V10`} />
    </svg>
  );
}

/** Shares side by side, together the whole width. */
export function Stack({ shares, whole }: { shares: readonly number[]; whole: number }) {
  let x = 0;
  return (
    <svg class="stack-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      {shares.map((share, i) => {
        const width = 100 * share / whole;
        x += width;
        return <rect class={`delay-${i}`} x={fixed(x - width)} y="0" width={fixed(width)} height="10" />;
      })}
    </svg>
  );
}

/** What a line over time needs. */
export interface LineProps {
  readonly points: readonly Point[];
  /** Unix seconds. */
  readonly from: number;
  readonly to: number;
  /** Seconds that a point stands for. */
  readonly step: number;
  /** Lowest and highest value of the drawing. */
  readonly range: readonly [number, number];
  words(value: number): string;
  /** What it is of, where one can step through it. */
  readonly label?: string;
}

/** The median over time, with the quartiles as a band around it. */
export function Line({ points, from, to, step, range: [low, high], words, label }: LineProps) {
  const x = (at: number) => fixed(100 * (at + step / 2 - from) / (to - from));
  const y = (value: number) => fixed(40 - 40 * (value - low) / (high - low));
  const runs = runsOf(points, step);
  const days = to - from > 2 * 86_400;
  return (
    <div class="line">
      <ol class="y" aria-hidden="true">
        {[high, (low + high) / 2, low].map((value) => <li>{words(Math.round(value))}</li>)}
      </ol>
      <svg
        viewBox="0 0 100 40"
        preserveAspectRatio="none"
        role="img"
        aria-label={label && `${label}; arrow keys tell its values`}
        aria-hidden={label === undefined ? "true" : undefined}
        tabindex={label === undefined ? undefined : 0}
      >
        <path class="rule" d="M0 0H100M0 20H100M0 40H100" />
        {runs.map((run) => (
          <>
            <path class="band" d={bandOf(run, x, y)} />
            <path
              class="middle"
              d={`M${run.map(({ from, median }) => `${x(from)} ${y(median)}`).join("L")}h0`}
            />
          </>
        ))}
      </svg>
      <ol class="x" aria-hidden="true">
        {[0, 1 / 3, 2 / 3, 1].map((share) => {
          const at = from + share * (to - from);
          return <li>{days ? shortDay(at) : minute(at)}</li>;
        })}
      </ol>
    </div>
  );
}

function bandOf(run: readonly Point[], x: (at: number) => string, y: (value: number) => string): string {
  const there = run.map(({ from, upper }) => `${x(from)} ${y(upper)}`);
  const back = run.toReversed().map(({ from, lower }) => `${x(from)} ${y(lower)}`);
  return `M${[...there, ...back].join("L")}Z`;
}

/** Points without a hole between them: a line over a hole would be a claim. */
function runsOf(points: readonly Point[], step: number): Point[][] {
  const runs: Point[][] = [];
  for (const point of points) {
    const run = runs.at(-1);
    if (run !== undefined && point.from - run.at(-1)!.from <= step) run.push(point);
    else runs.push([point]);
  }
  return runs;
}

/** One bar for each of some times: how far it goes from 0 to 1, and how much of that is filled. */
export function Bars({ bars }: { bars: readonly { readonly of: number; readonly seen: number }[] }) {
  const width = 100 / Math.max(bars.length, 24);
  return (
    <svg class="bars" viewBox="0 0 100 40" preserveAspectRatio="none" aria-hidden="true">
      <path class="rule" d="M0 40H100" />
      {bars.map(({ of, seen }, i) => (
        <>
          <rect
            class="of"
            x={fixed(i * width)}
            y={fixed(40 - 40 * of)}
            width={fixed(width * 0.8)}
            height={fixed(40 * of)}
          />
          <rect
            class="seen"
            x={fixed(i * width)}
            y={fixed(40 - 40 * seen)}
            width={fixed(width * 0.8)}
            height={fixed(40 * seen)}
          />
        </>
      ))}
    </svg>
  );
}

/** Spans of time in one row, from 0 to 1. */
export function Spans(
  { spans }: { spans: readonly { readonly from: number; readonly to: number; open: boolean }[] },
) {
  return (
    <svg class="spans" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" x="0" y="4.5" width="100" height="1" />
      {spans.map(({ from, to, open }) => (
        <rect
          class={open ? "open" : "closed"}
          x={fixed(100 * from)}
          y="1"
          width={fixed(Math.max(1, 100 * (to - from)))}
          height="8"
        />
      ))}
    </svg>
  );
}

function shortDay(seconds: number): string {
  return new Date(seconds * 1000).toLocaleDateString("en", {
    month: "short",
    day: "numeric",
    timeZone: "UTC",
  });
}

function fixed(value: number): string {
  return String(Math.round(value * 100) / 100);
}
