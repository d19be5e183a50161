/**
 * Values of a line under the pointer, or step by step with the arrow keys. They come from the page's own JSON, asked
 * for when somebody first wants one.
 *
 * @module
 */

/// <reference lib="dom" />

/** A point of a line, as the JSON has it. */
interface Point {
  readonly from: number;
  readonly text: string;
}

interface Trends {
  readonly from: number;
  readonly to: number;
  readonly series: readonly {
    readonly metric: string;
    readonly part?: string;
    readonly step: number;
    readonly points: readonly Point[];
  }[];
}

const SVG = "http://www.w3.org/2000/svg";
let asked: Promise<Trends> | undefined;

/** What was read is old: the page has been exchanged. */
export function forgetReadouts(): void {
  asked = undefined;
}

/** Makes all lines of the page tell their values, those that come later too. */
export function tellReadouts(): void {
  document.addEventListener("pointermove", ({ target, clientX }) => {
    const svg = target instanceof Element ? target.closest(".trend .line > svg") : null;
    if (svg === null) return;
    const { left, width } = svg.getBoundingClientRect();
    void show(svg, ({ from, to }) => from + (to - from) * (clientX - left) / width);
  });
  document.addEventListener("keydown", (event) => {
    const svg = event.target instanceof Element && event.target.matches(".trend .line > svg")
      ? event.target
      : null;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (svg === null || step === undefined) return;
    event.preventDefault();
    const at = Number((svg as SVGElement).dataset.at);
    void show(svg, ({ to }, seconds) => at > 0 ? at + (step + 0.5) * seconds : to);
  });
}

async function show(svg: Element, when: (trends: Trends, step: number) => number): Promise<void> {
  const figure = svg.closest<HTMLElement>(".trend")!;
  asked ??= fetch(jsonOf(location), { headers: { "x-waggle-live": "1" } }).then((answer) =>
    answer.ok ? answer.json() : Promise.reject(answer.status)
  );
  const trends = await asked.catch(() => asked = undefined);
  const { metric, part } = figure.dataset;
  const series = trends?.series.find((each) => each.metric === metric && each.part === part);
  if (trends === undefined || series === undefined) return;
  const at = when(trends, series.step);
  const middle = ({ from }: Point) => from + series.step / 2;
  const point = series.points.reduce((best, each) =>
    Math.abs(middle(each) - at) < Math.abs(middle(best) - at) ? each : best
  );
  (svg as SVGElement).dataset.at = String(point.from);
  drawCursor(svg, 100 * (middle(point) - trends.from) / (trends.to - trends.from));
  const time = new Date(point.from * 1000).toISOString();
  figure.querySelector("output")!.textContent = `${time.slice(5, 10)} ${time.slice(11, 16)}: ${point.text}`;
}

function jsonOf({ pathname, search }: Location): string {
  return `${pathname}.json${search}`;
}

function drawCursor(svg: Element, x: number): void {
  let cursor = svg.querySelector(".cursor");
  if (cursor === null) {
    cursor = document.createElementNS(SVG, "path");
    cursor.setAttribute("class", "cursor");
    svg.append(cursor);
  }
  cursor.setAttribute("d", `M${x} 0V40`);
}
