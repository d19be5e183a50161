import { assertEquals, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path";

import { partTest } from "../parts/needs.ts";
import { requirePart } from "../parts/part.ts";
import { startProcess } from "../parts/process.ts";
import { run } from "../parts/run.ts";
import { ROOT } from "../parts/tree.ts";
import { until } from "../parts/until.ts";

partTest({
  name: "README: a node, a collector and Prometheus, as it is written",
  needs: ["bitcoind", "prometheus"],
  async fn() {
    const [, section = ""] = Deno.readTextFileSync(`${ROOT}README.md`).split(
      "\n## A node, a collector and Prometheus\n",
    );
    const [first, second] = [...section.split("\n## ")[0]!.matchAll(/```sh\n(.*?)```/gs)].map(([, text]) =>
      text!
    );
    const [setup, , ...node] = first!.trim().split("\n");
    assertEquals([setup, node.pop()], ["npx --yes deno task setup", "deno task collector"]);
    const query = /query\?g0\.expr=(\w+)/.exec(section)![1]!;
    const end = /`(kill .*?)`/.exec(section)![1]!;

    const home = await Deno.makeTempDir({ prefix: "waggle-readme-" });
    const folders = (["bitcoind", "prometheus"] as const).map((part) => dirname(requirePart(part)));
    const env = {
      HOME: home,
      DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
      PATH: [dirname(Deno.execPath()), ...folders, Deno.env.get("PATH")].join(":"),
      NO_COLOR: "1",
    };
    const started = await run("bash", ["-euc", node.join("\n")], { cwd: ROOT, env });
    assertEquals(started.code, 0, started.stderr);
    const processes = ["deno task collector", second!].map((command) =>
      startProcess("bash", { args: ["-c", `exec ${command.trim()}`], name: command, cwd: ROOT, env })
    );
    try {
      await until("an answer of Prometheus", async () => {
        const answer = await fetch(`http://127.0.0.1:9090/api/v1/query?query=${query}`);
        assertStringIncludes(await answer.text(), `"__name__":"${query}"`);
        return true;
      });
    } finally {
      for (const process of processes) await process.stop();
      assertEquals((await run("bash", ["-euc", end], { env })).code, 0);
      await until(
        "the node to end",
        () => run("ls", [`${home}/.bitcoin/regtest/bitcoind.pid`]).then(({ code }) => code !== 0),
      );
      await Deno.remove(home, { recursive: true });
    }
  },
});
