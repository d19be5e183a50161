import { assert, assertEquals } from "@std/assert";
import type { Dashboard, GridPos, Panel as BuiltPanel } from "@grafana/grafana-foundation-sdk/dashboard";
import { RECORDED } from "../prometheus/bands.ts";
import { BOARDS } from "./boards/mod.ts";
import { dashboardOf } from "./build.ts";
import { describeAll, metricsIn } from "./help.ts";
import { files } from "./main.ts";

const MOST_PANELS = 20;

const DASHBOARDS: readonly Dashboard[] = await Promise.all(BOARDS.map(dashboardOf));

function panelsOf(board: Dashboard): BuiltPanel[] {
  return (board.panels ?? []) as BuiltPanel[];
}

Deno.test("dashboards/*.json and playlist.json are what the tables say, and nothing else is there", async () => {
  const expected = await files();
  for (const [file, text] of expected) {
    assertEquals(await Deno.readTextFile(`${import.meta.dirname}/${file}`), text, "run deno task grafana");
  }
  for await (const { name } of Deno.readDir(`${import.meta.dirname}/dashboards`)) {
    assert(expected.has(`dashboards/${name}`), `dashboards/${name} is of no board: remove it`);
  }
});

Deno.test("every metric is shown by some panel", async () => {
  const known = await describeAll();
  const shown = new Set(
    BOARDS.flatMap(({ panels }) =>
      panels.flatMap(({ queries }) => queries.flatMap(({ expr }) => metricsIn(expr, known)))
    ),
  );
  const scaffolding = ["up", ...Object.keys(RECORDED)];
  assertEquals([...known.keys()].filter((name) => !shown.has(name) && !scaffolding.includes(name)), []);
});

Deno.test("boards have names, titles and panels of their own, and not too many", () => {
  for (const key of ["name", "title"] as const) {
    assertEquals(new Set(BOARDS.map((board) => board[key])).size, BOARDS.length);
  }
  for (const { name, panels } of BOARDS) {
    assertEquals(new Set(panels.map(({ title }) => title)).size, panels.length, `${name} has a title twice`);
    assert(panels.length > 0 && panels.length <= MOST_PANELS, `${name} has ${panels.length} panels`);
  }
});

Deno.test("every panel has a description with each of its metrics, and a query for the chosen data source", async () => {
  const known = await describeAll();
  for (const board of DASHBOARDS) {
    for (const { type, title, description = "", targets = [], datasource } of panelsOf(board)) {
      assert(description.length > 0, `${board.title}: ${title} has no description`);
      if (type === "dashlist") continue;
      assert(targets.length > 0, `${board.title}: ${title} asks nothing`);
      assertEquals(datasource?.uid, "${datasource}");
      for (const { expr } of targets as unknown as { expr: string }[]) {
        for (const name of metricsIn(expr, known)) assert(description.includes(known.get(name)!.help), name);
      }
    }
  }
});

Deno.test("panels lie on the grid, beside and below each other, in rows that are full", () => {
  for (const board of DASHBOARDS) {
    const places = panelsOf(board).map(({ gridPos }) => gridPos!);
    for (const [i, place] of places.entries()) {
      assert(place.x + place.w <= 24, `${board.title}: panel ${i + 1} leaves the grid`);
      for (const other of places.slice(i + 1)) {
        assert(!overlap(place, other), `${board.title}: panel ${i + 1} is covered`);
      }
    }
    for (const row of Map.groupBy(places, ({ y }) => y).values()) {
      assertEquals(row.reduce((width, { w }) => width + w, 0), 24, `${board.title}: a row is not full`);
    }
    assertEquals(panelsOf(board).map(({ id }) => id), places.map((_, i) => i + 1));
  }
});

function overlap(a: GridPos, b: GridPos): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

Deno.test("every query takes the chosen hosts, or says why it is for all", () => {
  const forAll = ["Alerts that fire", "Alerts"];
  for (const { panels } of BOARDS) {
    for (const { title, queries } of panels.filter(({ title }) => !forAll.includes(title))) {
      for (const { expr } of queries) assert(expr.includes('host=~"$host"'), `${title}: ${expr}`);
    }
  }
});
