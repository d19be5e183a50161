import { assert, assertEquals, assertLess } from "@std/assert";
import { findArchives, play } from "../../runtime/archive/play.ts";
import { logFor } from "../../runtime/log.ts";
import { inspect } from "../../tools/archiveinfo/inspect.ts";
import { Summary } from "../../tools/archiveinfo/summary.ts";
import { temporaryFolder } from "../parts/archives.ts";
import { collectGarbage } from "./_meter.ts";
import { mutate } from "./_mutate.ts";
import { seeded } from "../../demo/scenarios/random.ts";
import { archive } from "./archive.ts";

/** More of them: `ARCHIVES=1000000 deno test -A tests/fuzz/archive_files_test.ts`. */
const COUNT = Number(Deno.env.get("ARCHIVES") ?? 1500);

Deno.test(`archiveinfo and replay read ${COUNT} mutated files: no crash, nothing uncaught, no growth`, async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.bin`;
  const { signal } = new AbortController();
  const log = logFor("replay", () => {});
  const seeds = archive.seeds();
  const random = seeded(2);
  const statuses = new Map<string, number>();
  let rssAfterWarmUp = 0;
  for (let i = 0; i < COUNT; i++) {
    await Deno.writeFile(path, mutate(seeds, random));
    const summary = new Summary({ messageDirections: false, showUnknownCommands: true });
    const { inputs } = await findArchives([path]);
    const info = await inspect(inputs[0]!, { summaryOf: () => summary, onProgress() {}, signal });
    statuses.set(info.status, (statuses.get(info.status) ?? 0) + 1);
    let played = 0;
    try {
      for await (const batch of play([path], { log, signal })) played += batch.length;
    } catch (error) {
      assert(error instanceof Error && error.message === "1 of 1 inputs could not be read", `${error}`);
    }
    assertEquals(played, info.events, "both read the same");
    if (i === Math.floor(COUNT / 3)) {
      collectGarbage();
      rssAfterWarmUp = Deno.memoryUsage().rss;
    }
  }
  collectGarbage();
  assertLess(Deno.memoryUsage().rss - rssAfterWarmUp, 150 * 2 ** 20);
  for (const status of ["complete", "partial", "failed"]) assert((statuses.get(status) ?? 0) > 0, status);
});
