import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { BOARDS } from "./grafana/boards/mod.ts";
import { ANOMALIES, NOT_IN_METRICS, TROUBLES } from "./prometheus/alerts.ts";

const root = new URL("..", import.meta.url).pathname;
const README = await Deno.readTextFile(new URL("README.md", import.meta.url));

Deno.test("README: the table of boards is what the boards say", () => {
  const rows = README.split("\n").filter((line) => line.startsWith("| [")).map((line) =>
    line.split("|").slice(1, -1).map((cell) => cell.trim())
  );
  assertEquals(
    rows,
    BOARDS.map(({ name, title, about, wall }) => [
      `[${title}](grafana/dashboards/${name}.json)${wall ? " ▣" : ""}`,
      about,
    ]),
  );
});

Deno.test("README: every alert is named", () => {
  const names = [
    ...ANOMALIES.map(({ rule }) => rule),
    ...Object.keys(NOT_IN_METRICS),
    ...TROUBLES.map(({ alert }) => alert),
  ];
  for (const name of names) assertStringIncludes(README, `\`${name}\``);
});

Deno.test("README: its commands put files where Grafana's provider and Prometheus look", async () => {
  const folder = await Deno.makeTempDir({ prefix: "waggle-deploy-" });
  await Deno.mkdir(`${folder}/grafana`);
  const commands = [...README.matchAll(/^sudo (install|cp) .*$/gm)].map(([command]) =>
    command.replace("sudo ", "").replaceAll("/etc/", `${folder}/`)
  );
  assertEquals(commands.length, 3);
  for (const command of commands) {
    const { code, stderr } = await new Deno.Command("sh", { args: ["-c", command], cwd: root }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
  }
  const provider = await Deno.readTextFile(`${folder}/grafana/provisioning/dashboards/waggle.yaml`);
  const path = /path: (\S+)/.exec(provider)![1]!.replace("/etc/", `${folder}/`);
  assertEquals([...Deno.readDirSync(path)].length, BOARDS.length);
  assert([...Deno.readDirSync(`${folder}/prometheus/rules`)].length > 0);
  assertStringIncludes(
    await Deno.readTextFile(`${folder}/grafana/provisioning/datasources/waggle.yaml`),
    "type: prometheus",
  );
  await Deno.remove(folder, { recursive: true });
});
