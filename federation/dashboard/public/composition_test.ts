import { assert, assertEquals } from "@std/assert";

/** Public ⊆ members' view: what the public pages can reach is on this list, and every line of it is public already. */
const MAY = [
  // What lies in the public folder, and how to check it.
  ...[
    "../../datasets/listed.ts",
    "../../release/document.ts",
    "../../release/figures.ts",
    "../../release/live.ts",
  ],
  ...["../../release/release_keys.ts", "../../release/site.ts"],
  // What the rules mean. Of the releaser only a type.
  ...[
    "../../release/plan.ts",
    "../../release/public.ts",
    "../../release/releaser.ts",
    "../../release/schedule.ts",
  ],
  // Words, and the style of members' pages.
  ...["../names.ts", "../times.ts", "../style.css", "../browser/exchange.ts", "../../browser/exchange.ts"],
  ...["../../../proto/federation/keys.ts", "../../../proto/federation/metrics.ts", "hono/jsx"],
  // Numbers of metrics, of what nobody sees but the hub as well; no summary.
  ...["../../../proto/federation/schema.ts"],
];

Deno.test("composition: public pages reach what is public, and nothing else", async () => {
  const found = new Set<string>();
  for (const folder of ["./", "./browser/"]) {
    for await (const { name } of Deno.readDir(new URL(folder, import.meta.url))) {
      if (!/\.tsx?$/.test(name) || /^_|_test\.ts$/.test(name)) continue;
      const text = await Deno.readTextFile(new URL(folder + name, import.meta.url));
      for (const [, what = "", from = ""] of text.matchAll(/^(?:import|export) ([^;]*?) from "([^"]+)"/gm)) {
        if (/^(\.\/|node:)/.test(from) || from.startsWith("../../../runtime/")) continue;
        found.add(from);
        assert(MAY.includes(from), `${name} imports ${from}`);
        if (from.endsWith("/schema.ts")) assertEquals(what, "{ Metric }", name);
        if (from.endsWith("/releaser.ts")) assert(what.startsWith("type "), `${name} imports ${what}`);
      }
    }
  }
  assertEquals(MAY.filter((from) => !found.has(from)), [], "nothing is on the list that is not needed");
});
