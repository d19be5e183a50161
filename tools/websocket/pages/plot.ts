/**
 * Lines over time, with the values under the pointer in the legend.
 *
 * @module
 */

/// <reference lib="dom" />

import { clock } from "./format.ts";
import { h, setText } from "./dom.ts";
import type { Sums } from "./ring.ts";
import uPlot from "./uplot.ts";

/** A line, or dots. */
export interface PlotSeries {
  readonly label: string;
  /** A custom property with a colour: `--in`. */
  readonly color: string;
  readonly dots?: boolean;
}

/** What a plot shows. */
export interface PlotOptions {
  readonly label: string;
  readonly series: readonly PlotSeries[];
  /** How a value is written. */
  format(value: number): string;
}

/** Times in unix seconds, then the values of each series. */
export type PlotData = [number[], ...(number | null)[][]];

const HEIGHT = 168;

/** A plot that is given new data again and again. */
export class Plot {
  /** Put this on the page. */
  readonly element: HTMLElement;
  readonly #options: PlotOptions;
  readonly #values: HTMLElement[];
  readonly #host = h("div", { class: "canvas" });
  readonly #resized: ResizeObserver;
  readonly #scheme = matchMedia("(prefers-color-scheme: dark)");
  readonly #restyle = () => this.#build();
  #data: PlotData;
  #plot: uPlot | undefined;

  constructor(options: PlotOptions) {
    this.#options = options;
    this.#data = [[], ...options.series.map((): number[] => [])];
    this.#values = options.series.map(() => h("b"));
    const legend = options.series.map(({ label, color }, i) => {
      const key = h("i", {});
      key.style.background = `var(${color})`;
      return h("li", {}, key, label, " ", this.#values[i]!);
    });
    this.element = h(
      "figure",
      { class: "plot", role: "img", "aria-label": options.label },
      h("ul", { class: "legend" }, ...legend),
      this.#host,
    );
    this.#resized = new ResizeObserver(() => this.#resize());
    this.#resized.observe(this.#host);
    this.#scheme.addEventListener("change", this.#restyle);
  }

  /** Shows this data. */
  show(data: PlotData): void {
    this.#data = data;
    this.#plot?.setData(data as uPlot.AlignedData);
    this.#legend(this.#plot?.cursor.idx);
  }

  /** Lets go of everything. */
  stop(): void {
    this.#resized.disconnect();
    this.#scheme.removeEventListener("change", this.#restyle);
    this.#plot?.destroy();
  }

  #resize(): void {
    const width = this.#host.clientWidth;
    if (width === 0) return;
    if (this.#plot === undefined) this.#build();
    else if (this.#plot.width !== width) this.#plot.setSize({ width, height: HEIGHT });
  }

  #build(): void {
    this.#plot?.destroy();
    const color = (name: string) => resolveColor(this.#host, name);
    const { series, format } = this.#options;
    const axis = {
      stroke: color("--muted"),
      grid: { stroke: color("--grid"), width: 1 },
      ticks: { show: false },
      font: "11px ui-sans-serif, system-ui, sans-serif",
    };
    this.#plot = new uPlot(
      {
        width: this.#host.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { points: { size: 6 }, y: false, drag: { x: false, y: false } },
        scales: { y: { range: (_plot, _min, max) => [0, niceMaximum(max)] } },
        axes: [
          {
            ...axis,
            size: 26,
            space: 80,
            values: (_plot, ticks) => ticks.map((tick) => clock(tick * 1000).slice(0, 5)),
          },
          { ...axis, size: 62, space: 34, values: (_plot, ticks) => ticks.map((tick) => format(tick)) },
        ],
        series: [{}, ...series.map((one) => lineOf(one, color))],
        hooks: { setCursor: [(plot) => this.#legend(plot.cursor.idx)] },
      },
      this.#data as uPlot.AlignedData,
      this.#host,
    );
  }

  #legend(index: number | null | undefined): void {
    const [times, ...values] = this.#data;
    values.forEach((series, i) => {
      const value = index == null ? series.findLast((each) => each !== null) : series[index];
      const when = index == null || times[index] === undefined ? "" : ` at ${clock(times[index]! * 1000)}`;
      setText(this.#values[i]!, value == null ? "" : this.#options.format(value) + when);
    });
  }
}

/** A canvas takes colours, but no variables and no choice between light and dark. */
function resolveColor(element: HTMLElement, name: string): string {
  element.style.color = `var(${name})`;
  const { color } = getComputedStyle(element);
  element.style.color = "";
  return color;
}

function lineOf({ color: name, dots = false }: PlotSeries, color: (name: string) => string): uPlot.Series {
  const stroke = color(name);
  return dots
    ? { stroke, paths: () => null, points: { show: true, size: 4, fill: stroke, width: 0 } }
    : { stroke, width: 1.5, fill: `color-mix(in srgb, ${stroke} 9%, transparent)`, points: { show: false } };
}

function niceMaximum(max: number | null): number {
  if (max === null || !(max > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(max));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((step) => step * power).find((step) => step >= max * 1.05) ??
    max * 1.1;
}

/** Rates per second over the last `seconds`, in bins; nothing where it was not yet watched. */
export function ratesOf(series: readonly Sums[], now: number, { seconds = 600, bin = 5 } = {}): PlotData {
  const end = Math.floor(now / 1000 / bin) * bin;
  const times = Array.from({ length: seconds / bin }, (_, i) => end - seconds + i * bin);
  const values = series.map((sums) =>
    times.map((from) => {
      if (!sums.covers(from)) return null;
      let sum = 0;
      for (let second = from; second < from + bin; second++) sum += sums.at(second);
      return sum / bin;
    })
  );
  return [times, ...values];
}
