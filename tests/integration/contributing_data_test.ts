import { assert, assertEquals, assertMatch } from "@std/assert";
import { dirname } from "@std/path";
import type { DataSetList } from "../../federation/datasets/listed.ts";
import { run } from "../parts/run.ts";
import { startProcess } from "../parts/process.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const PAGE = Deno.readTextFileSync(`${ROOT}docs/contributing-data.md`);

Deno.test("docs/contributing-data.md, followed to the letter, publishes a data set", async () => {
  const home = await Deno.makeTempDir({ prefix: "waggle-contributing-" });
  const env = {
    HOME: home,
    DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
    PATH: `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}`,
    NO_COLOR: "1",
  };
  const blocks = [...PAGE.matchAll(/```sh\n(.*?)```/gs)].map(([, commands]) => commands!);
  const isHub = (block: string) => block.startsWith("deno task hub --hub.datasets");
  assertEquals([blocks.length, blocks.filter(isHub).length], [8, 1]);
  const before = blocks.slice(0, blocks.findIndex(isHub));
  const after = blocks.slice(before.length + 1);
  const follow = async (commands: readonly string[]) => {
    const { code, stdout, stderr } = await run("bash", ["-euc", commands.join("")], { cwd: ROOT, env });
    assertEquals(code, 0, `${stdout}${stderr}`);
    return { stdout, stderr };
  };
  try {
    const made = await follow(before);
    assertMatch(made.stderr, /nothing was found in them/);
    assertMatch(made.stdout, /^\+ \{/m);
    const hub = startProcess("bash", {
      args: ["-c", `exec ${blocks[before.length]}`],
      name: "hub",
      cwd: ROOT,
      env,
    });
    try {
      await hub.waitForLine(/Serving/);
      const sent = await follow(after);
      assertMatch(sent.stderr, /found nothing in it; its operator decides now/);
      assertMatch(sent.stdout, /waiting[^]*Policy +strict[^]*status +complete/);
    } finally {
      await hub.stop();
    }
    const list: DataSetList = JSON.parse(await Deno.readTextFile(`${home}/.waggle/hub/public/datasets.json`));
    assertEquals(list.dataSets.length, 1);
    for (const { name } of list.dataSets[0]!.files) {
      const released = await Deno.readFile(
        `${home}/.waggle/hub/public/datasets/${list.dataSets[0]!.id}/${name}`,
      );
      assert(equal(released, await Deno.readFile(`${home}/data-set/${name}`)), name);
    }
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
