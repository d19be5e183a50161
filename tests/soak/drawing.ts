/**
 * Memory and CPU of each process over time, as an SVG that reads well on light and on dark pages.
 *
 * @module
 */

import { WARM_UP } from "./judge.ts";
import type { Sample, Watched } from "./watch.ts";

const MIB = 1024 * 1024;
const [WIDTH, ROW, TOP, BOTTOM] = [880, 46, 34, 24];
const PLOT = { width: 310, height: 30 };
const COLUMNS = { memory: 200, cpu: 560 };
const MOST_POINTS = 240;

const STYLE = `
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.small { font-size: 10px; fill: #59636e }
.number { text-anchor: end }
.axis { stroke: #d1d9e0; fill: none }
.warm { fill: #f6f8fa }
.memory, .cpu { fill: none; stroke-width: 1.5; stroke-linejoin: round }
.memory { stroke: #0969da }
.cpu { stroke: #bc4c00 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .small { fill: #9198a1 }
  .axis { stroke: #3d444d }
  .warm { fill: #151b23 }
  .memory { stroke: #4493f8 }
  .cpu { stroke: #f0883e }
}`;

interface Point {
  readonly seconds: number;
  readonly value: number;
}

/** One row for each process, memory beside CPU, each from zero to its own maximum. */
export function draw(watched: readonly Watched[]): string {
  const seconds = Math.max(1, ...watched.map(({ samples }) => samples.at(-1)?.seconds ?? 0));
  const height = TOP + watched.length * ROW + BOTTOM;
  const rows = watched.map(({ name, samples }, i) => {
    const y = TOP + i * ROW;
    const memory = samples.map(({ seconds, residentBytes }) => ({ seconds, value: residentBytes / MIB }));
    return `<text x="0" y="${y + 20}">${name}</text>` +
      plot(memory, { x: COLUMNS.memory, y, seconds, unit: "MiB", kind: "memory" }) +
      plot(cpu(samples), { x: COLUMNS.cpu, y, seconds, unit: "%", kind: "cpu" });
  });
  const minutes = seconds >= 120 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds)} s`;
  const ends = Object.values(COLUMNS).map((x) =>
    `<text class="small" x="${x}" y="${height - 10}">0</text>` +
    `<text class="small number" x="${x + PLOT.width}" y="${height - 10}">${minutes}</text>`
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" ` +
    `aria-label="Memory and CPU of each process over time"><style>${STYLE}</style>` +
    `<text x="${COLUMNS.memory}" y="16">memory</text><text x="${COLUMNS.cpu}" y="16">CPU, of one core</text>` +
    `${rows.join("\n")}${ends.join("")}</svg>\n`;
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly seconds: number;
  readonly unit: string;
  readonly kind: "memory" | "cpu";
}

function plot(points: readonly Point[], { x, y, seconds, unit, kind }: Place): string {
  const { width, height } = PLOT;
  const most = Math.max(...points.map(({ value }) => value), 0.1);
  const path = thin(points).map((point) => {
    return `${fixed(x + width * point.seconds / seconds)} ${fixed(y + height - height * point.value / most)}`;
  });
  const label = `${most >= 10 ? Math.round(most) : most.toFixed(1)} ${unit}`;
  return `<rect class="warm" x="${x}" y="${y}" width="${fixed(width * WARM_UP)}" height="${height}"/>` +
    `<path class="axis" d="M${x} ${y}v${height}h${width}"/>` +
    `<text class="small number" x="${x - 6}" y="${y + 8}">${label}</text>` +
    (path.length === 0 ? "" : `<path class="${kind}" d="M${path.join("L")}"/>`);
}

/** Of one core, in hundredths, between each sample and the one before. */
function cpu(samples: readonly Sample[]): Point[] {
  return samples.slice(1).map(({ seconds, cpuSeconds }, i) => {
    const before = samples[i]!;
    return { seconds, value: 100 * (cpuSeconds - before.cpuSeconds) / (seconds - before.seconds) };
  });
}

/** No more points than can be seen: each the mean of its neighbours. */
function thin(points: readonly Point[]): Point[] {
  const each = Math.ceil(points.length / MOST_POINTS);
  return Array.from({ length: Math.ceil(points.length / each) || 0 }, (_, i) => {
    const some = points.slice(i * each, (i + 1) * each);
    const mean = (pick: (point: Point) => number) => some.reduce((sum, p) => sum + pick(p), 0) / some.length;
    return { seconds: mean((p) => p.seconds), value: mean((p) => p.value) };
  });
}

function fixed(value: number): string {
  return String(Math.round(value * 10) / 10);
}
