/**
 * Boards as Grafana takes them. The layout is computed: nobody moves a panel by hand.
 *
 * @module
 */

import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import * as bargauge from "@grafana/grafana-foundation-sdk/bargauge";
import * as common from "@grafana/grafana-foundation-sdk/common";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import * as dashboardlist from "@grafana/grafana-foundation-sdk/dashboardlist";
import * as heatmap from "@grafana/grafana-foundation-sdk/heatmap";
import * as playlist from "@grafana/grafana-foundation-sdk/playlistv1";
import * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import * as stat from "@grafana/grafana-foundation-sdk/stat";
import * as table from "@grafana/grafana-foundation-sdk/table";
import * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";
import { BOARDS } from "./boards/mod.ts";
import { describeAll, type Described, metricsIn } from "./help.ts";
import type { Board, Panel, Step } from "./panel.ts";

const DATASOURCE = { type: "prometheus", uid: "${datasource}" };
/** Columns of Grafana's grid. */
const WIDTH = 24;
const TAG = "waggle";
/** Boards with this tag are in the playlist. */
const WALL_TAG = "waggle-wall";

type Known = ReadonlyMap<string, Described>;

/** The JSON of a board. */
export async function dashboardOf(board: Board): Promise<dashboard.Dashboard> {
  const known = await describeAll();
  const builder = new dashboard.DashboardBuilder(`[Waggle] ${board.title}`)
    .uid(uidOf(board))
    .description(board.about)
    .tags([TAG, ...(board.wall ? [WALL_TAG] : [])])
    .timezone("browser")
    .time({ from: "now-24h", to: "now" })
    .refresh("1m")
    .readonly()
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .withVariable(datasourceVariable())
    .withVariable(hostVariable(board))
    .link(linkToAll());
  const panels = board.panels.toSorted((a, b) => Number(b.kind === "stat") - Number(a.kind === "stat"));
  const positions = place(panels.map(({ kind }) => kind));
  panels.forEach((panel, i) => builder.withPanel(panelOf(panel, known).id(i + 1).gridPos(positions[i]!)));
  if (board.name === "home") {
    const { y, h } = positions.at(-1)!;
    builder.withPanel(listOfBoards().id(panels.length + 1).gridPos({ x: 0, y: y + h, w: WIDTH, h: 16 }));
  }
  const built = builder.build();
  // The SDK would hide the links in a menu.
  for (const link of built.links ?? []) delete link.placement;
  return built;
}

/** The playlist for a display on the wall, as Grafana's API takes it. */
export function wallPlaylist() {
  const builder = new playlist.PlaylistBuilder("Waggle")
    .interval("1m")
    .item(new playlist.PlaylistItemBuilder().type("dashboard_by_tag").value(WALL_TAG));
  // Version 0.0.21 of the SDK names a version of the API that Grafana does not have.
  return { ...playlist.manifest("waggle-wall", builder).build(), apiVersion: "playlist.grafana.app/v1" };
}

/** The last part of a board's address. */
export function uidOf({ name }: Board): string {
  return `waggle-${name}`;
}

function datasourceVariable() {
  return new dashboard.DatasourceVariableBuilder("datasource").label("Data source").type("prometheus");
}

function hostVariable({ hostsOf = "peerobserver_runtime_start_timestamp" }: Board) {
  return new dashboard.QueryVariableBuilder("host")
    .label("Host")
    .datasource(DATASOURCE)
    .query(`label_values(${hostsOf}, host)`)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    // Matches series without that label too: whoever has one node need not name it.
    .allValue(".*")
    .current({ selected: true, text: "All", value: "$__all" });
}

function linkToAll() {
  return new dashboard.DashboardLinkBuilder("Waggle")
    .type(dashboard.DashboardLinkType.Dashboards)
    .tags([TAG])
    .asDropdown(true)
    .includeVars(true)
    .keepTime(true);
}

function listOfBoards() {
  return new dashboardlist.PanelBuilder()
    .title("All boards")
    .description(BOARDS.map(({ title, about }) => `**${title}**: ${about}`).join("\n\n"))
    .showSearch(true)
    .showStarred(false)
    .showRecentlyViewed(false)
    .showHeadings(false)
    .includeVars(true)
    .keepTime(true)
    .maxItems(100)
    .tags([TAG]);
}

/** Numbers on top, then the others, three beside each other. */
function place(kinds: readonly Panel["kind"][]): dashboard.GridPos[] {
  const stats = kinds.filter((kind) => kind === "stat").length;
  const above = rows(stats, 4, { y: 0, h: 4 });
  const y = above.length === 0 ? 0 : above.at(-1)!.y + 4;
  return [...above, ...rows(kinds.length - stats, 3, { y, h: 8 })];
}

/** So many panels of one height in rows that are full, and about equally many in each. */
function rows(
  count: number,
  most: number,
  { y, h }: Pick<dashboard.GridPos, "y" | "h">,
): dashboard.GridPos[] {
  const rowCount = Math.ceil(count / most);
  const longer = count % rowCount;
  return Array.from({ length: rowCount }, (_, row) => {
    const inRow = Math.floor(count / rowCount) + (row < longer ? 1 : 0);
    const w = WIDTH / inRow;
    return Array.from({ length: inRow }, (_, i) => ({ x: i * w, y: y + row * h, w, h }));
  }).flat();
}

/** A panel with what all panels have. */
function panelOf(panel: Panel, known: Known) {
  const { title, queries, unit = "short", steps } = panel;
  const builder = visualOf(panel)
    .title(title)
    .description(descriptionOf(panel, known))
    .datasource(DATASOURCE)
    .unit(unit)
    .targets(queries.map((_, i) => targetOf(panel, i)));
  return steps === undefined ? builder : builder.thresholds(thresholds(steps));
}

/** What the metrics are, in their own words. */
function descriptionOf({ queries, note }: Panel, known: Known): string {
  const names = [...new Set(queries.flatMap(({ expr }) => metricsIn(expr, known)))];
  const lines = names.map((name) => `\`${name}\`: ${known.get(name)!.help}.`);
  return [...(note === undefined ? [] : [note]), ...lines].join("\n\n");
}

function targetOf({ queries, kind }: Panel, i: number): Builder<Dataquery> {
  const { expr, legend } = queries[i]!;
  const target = new prometheus.DataqueryBuilder()
    .refId(String.fromCharCode(65 + i))
    .datasource(DATASOURCE)
    .expr(expr)
    .legendFormat(legend);
  if (kind === "table") return target.instant().format(prometheus.PromQueryFormat.Table);
  if (kind === "bars") return target.instant();
  if (kind === "heatmap") return target.range().format(prometheus.PromQueryFormat.Heatmap);
  return target.range();
}

function visualOf(panel: Panel) {
  switch (panel.kind) {
    case "stat":
      return new stat.PanelBuilder().graphMode(common.BigValueGraphMode.Area).reduceOptions(lastValue());
    case "table":
      return tableOf(panel);
    case "bars":
      return new bargauge.PanelBuilder().orientation(common.VizOrientation.Horizontal).min(0)
        .reduceOptions(lastValue());
    case "heatmap":
      return heatmapOf(panel);
    default:
      return graphOf(panel);
  }
}

function lastValue() {
  return new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]);
}

function heatmapOf({ unit = "short" }: Panel) {
  const color = new heatmap.HeatmapColorOptionsBuilder()
    .mode(heatmap.HeatmapColorMode.Scheme).scheme("Oranges").fill("dark-orange").exponent(0.5).steps(64);
  return new heatmap.PanelBuilder()
    .color(color)
    .yAxis(new heatmap.YAxisConfigBuilder().unit(unit))
    .filterValues(new heatmap.FilterValueRangeBuilder().le(1e-9))
    .tooltip(new heatmap.HeatmapTooltipBuilder().mode(common.TooltipDisplayMode.Single));
}

/** One row for each series, its labels and values in columns. */
function tableOf({ queries }: Panel) {
  const builder = new table.PanelBuilder();
  if (queries.length > 1) builder.withTransformation({ id: "merge", options: {} });
  return builder.withTransformation({
    id: "organize",
    options: { excludeByName: { Time: true, __name__: true, instance: true, job: true } },
  });
}

function graphOf({ kind = "lines", log = false, steps }: Panel) {
  const builder = new timeseries.PanelBuilder()
    .lineWidth(1)
    .showPoints(common.VisibilityMode.Never)
    .spanNulls(300_000)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.List).placement(common.LegendPlacement.Bottom).showLegend(true),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder()
        .mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending),
    );
  if (kind === "stack") {
    builder.fillOpacity(30)
      .stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group("A"));
  }
  if (log) {
    builder.scaleDistribution(
      new common.ScaleDistributionConfigBuilder().type(common.ScaleDistribution.Log).log(10),
    );
  }
  if (steps !== undefined) {
    builder.thresholdsStyle(
      new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed),
    );
  }
  if (kind === "band") {
    builder.overrideByRegexp("/ (upper|lower)$/", [
      { id: "custom.lineStyle", value: { fill: "dash", dash: [4, 4] } },
      { id: "color", value: { mode: "fixed", fixedColor: "gray" } },
    ]);
  }
  return builder;
}

function thresholds(steps: readonly Step[]) {
  const [first, ...others] = steps;
  return new dashboard.ThresholdsConfigBuilder().mode(dashboard.ThresholdsMode.Absolute).steps([
    // The first one has no lower bound.
    { value: null, color: first![1] },
    ...others.map(([value, color]) => ({ value, color })),
  ]);
}
