import { assertEquals, assertStringIncludes } from "@std/assert";
import { parse } from "@std/yaml";
import { inCi } from "../tests/parts/part.ts";
import { freePort } from "../tests/parts/until.ts";
import { CleanRoot, obstacle } from "../tests/parts/clean_root.ts";
import { readContainerfile } from "../tests/parts/containerfile.ts";

const read = (path: string) => Deno.readTextFileSync(new URL(path, import.meta.url));
const problem = await obstacle();

Deno.test({
  name:
    "Containerfile: its steps make a folder from which the hub runs, as nobody in particular, on a read-only " +
    `file system${problem === undefined || inCi() ? "" : ` (not run: ${problem})`}`,
  ignore: problem !== undefined && !inCi(),
  async fn() {
    const stage = readContainerfile(read("Containerfile")).find(({ name }) => name === "waggle")!;
    await using root = await CleanRoot.build(stage);
    const { hub } = (parse(read("compose.yaml")) as {
      services: { hub: { command: string[]; healthcheck: { test: string[] } } };
    }).services;
    const port = freePort();
    const here = (word: string) => word.replaceAll("8790", String(port));
    await using process = root.start(["deno", ...hub.command.map(here)], ["/hub"]);
    await process.waitForLine(/Serving http/);
    const [, ...check] = hub.healthcheck.test.map(here);
    await using health = root.start(check, []);
    assertEquals((await health.status).code, 0, health.output);
    const { uid } = await Deno.stat(`${root.path}/hub/hub.sqlite`);
    assertEquals(uid, 1000);
    assertEquals((await process.stop()).code, 0, process.output);

    await using sick = root.start(check, []);
    assertEquals((await sick.status).code, 1);
    assertStringIncludes(sick.output, "Cannot reach");
    await using writes = root.start(["touch", "/waggle/x"], []);
    await writes.status;
    assertStringIncludes(writes.output, "Read-only file system");
  },
});
