/**
 * Numbers with their intervals, drawn without a line of script. Beside each there are the same numbers as text.
 *
 * @module
 */

/** A number with the interval that holds the truth in 95 of 100 cases. */
export interface Interval {
  readonly low: number;
  readonly value: number;
  readonly high: number;
}

/** What a scale goes from and to. */
export type Range = readonly [from: number, to: number];

/** Places that there are at least: few bars would be far from each other. */
export const LEAST_SLOTS = 6;

/** One interval on a scale; `centre` is the point that values were cut around. */
export function IntervalBar(
  { low, value, high, range, centre }: Interval & { range: Range; centre?: number | undefined },
) {
  const x = (at: number) => place(at, range, 100);
  return (
    <svg class="interval" viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">
      <path class="rule" d="M0 7H100" />
      {centre !== undefined && <path class="centre" d={`M${x(centre)} 0V3M${x(centre)} 11V14`} />}
      <rect
        class="span"
        x={x(low)}
        y="3"
        width={Math.max(0.6, Number(x(high)) - Number(x(low))).toFixed(2)}
        height="8"
      />
      <path class="value" d={`M${x(value)} 1V13`} />
    </svg>
  );
}

/** One interval for each of some times, on even places; nothing stands where there was nothing. */
export function Whiskers(
  { intervals, range, label }: {
    intervals: readonly (Interval | undefined)[];
    range: Range;
    /** What it is of, for those who do not see it. */
    label: string;
  },
) {
  const slots = Math.max(intervals.length, LEAST_SLOTS);
  const width = 100 / slots;
  // The newest is on the right, also while there are few.
  const x = (i: number) => (slots - intervals.length + i + 0.5) * width;
  const y = (at: number) => (40 - Number(place(at, range, 40))).toFixed(2);
  const drawn = intervals.flatMap((each, i) => each === undefined ? [] : [{ ...each, x: x(i).toFixed(2) }]);
  const half = Math.min(1.6, width * 0.34);
  return (
    <svg class="whiskers" viewBox="0 0 100 40" preserveAspectRatio="none" role="img" aria-label={label}>
      <path class="rule" d="M0 0H100M0 20H100M0 40H100" />
      <path class="spans" d={drawn.map(({ x, low, high }) => `M${x} ${y(low)}V${y(high)}`).join("")} />
      <path
        class="values"
        d={drawn.map(({ x, value }) =>
          `M${(Number(x) - half).toFixed(2)} ${y(value)}h${(2 * half).toFixed(2)}`
        )
          .join("")}
      />
    </svg>
  );
}

/** Where a scale ends that all of these are on, and that begins at 0: a number that reads well. */
export function rangeFromZero(intervals: readonly Interval[]): Range {
  const most = Math.max(0.01, ...intervals.map(({ high }) => high));
  const size = 10 ** Math.floor(Math.log10(most));
  const step = [1, 2, 3, 4, 5, 6, 8, 10].find((step) => step * size >= most - 1e-9)!;
  return [0, Math.min(1, step * size)];
}

/** A scale just around these. */
export function rangeAround(intervals: readonly Interval[]): Range {
  const low = Math.min(...intervals.map(({ low }) => low));
  const high = Math.max(...intervals.map(({ high }) => high));
  const margin = Math.max(0.01, (high - low) * 0.12);
  return [Math.max(0, low - margin), Math.min(1, high + margin)];
}

function place(at: number, [from, to]: Range, size: number): string {
  return (size * Math.min(1, Math.max(0, (at - from) / (to - from)))).toFixed(2);
}
