import { assert, assertEquals } from "@std/assert";
import { complaint } from "../../.ci/layers.ts";
import { join } from "@std/path";

/** Public ⊆ members ⊆ hub, by what the files can reach. */

const basename = (path: string) => path.split("/").at(-1)!;
const FOLDER = new URL("./", import.meta.url).pathname;
/** What may be taken from the schema: what members see, and words for it. A summary is not among it. */
const FROM_SCHEMA = [
  "Agent",
  "Anomaly",
  "Behaviour",
  "Delay",
  "Feed",
  "Incident",
  "Metric",
  "Network",
  "Policy",
  "TipStatus",
];
/** The files that know what those who run the hub see. */
const OF_HUB = ["app.tsx", "mod.ts", "page_hub.tsx", "sources.ts"];

interface Import {
  readonly file: string;
  readonly from: string;
  readonly names: readonly string[];
}

async function imports(): Promise<Import[]> {
  const found: Import[] = [];
  for (const folder of [FOLDER, join(FOLDER, "browser/")]) {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (!isFile || !/\.tsx?$/.test(name) || /_(test|bench)\.ts$/.test(name)) continue;
      const text = await Deno.readTextFile(join(folder, name));
      for (const [, names = "", from = ""] of text.matchAll(/^(?:import|export) ([^;]*?) from "([^"]+)"/gm)) {
        const words = names.replaceAll(/\btype\b|[{}]/g, "").split(",").map((word) => word.trim()).filter(
          Boolean,
        );
        found.push({ file: name, from, names: words });
      }
    }
  }
  return found;
}

Deno.test("composition: no page can reach the store, a session or a summary", async () => {
  const all = await imports();
  assert(all.length > 50);
  for (const { file, from } of all) {
    assert(!/\/(hub|summary|uplink)\//.test(from), `${file} imports ${from}`);
  }
  for (const from of ["../hub/store/store.ts", "../hub/hub.ts", "../uplink/mod.ts"]) {
    assertEquals(
      typeof complaint("federation/dashboard/page_now.tsx", from),
      "string",
      "the lint rule says so too",
    );
  }
  const schema = all.filter(({ from }) => basename(from) === "schema.ts").flatMap(({ names }) => names);
  assertEquals([...new Set(schema)].sort(), FROM_SCHEMA);
  const codecs = all.filter(({ from }) => /\/(codec|frame)\.ts$/.test(from));
  assertEquals(codecs, [], "and none of them can decode one");
});

Deno.test("composition: members' pages know nothing of what those who run the hub see", async () => {
  for (const { file, from, names } of await imports()) {
    if (OF_HUB.includes(file)) continue;
    assert(basename(from) !== "page_hub.tsx", `${file} imports ${from}`);
    assert(!names.some((name) => name.startsWith("Hub") && name !== "HubSignIn"), `${file} imports ${names}`);
  }
});
