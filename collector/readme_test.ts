import { assert, assertStringIncludes } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import { presetHelp } from "../runtime/help.ts";
import { program } from "../mod.ts";
import { doctor } from "./mod.ts";

const README = await Deno.readTextFile(new URL("README.md", import.meta.url));

Deno.test("collector: its README holds the help of its own options word for word", () => {
  assertStringIncludes(README, presetHelp("doctor", doctor));
});

for (const [name, { summary }] of Object.entries(program.presets)) {
  Deno.test(`${name}: has a task with the collector's rights, and a summary that reads like the others`, () => {
    assert(/^[A-Z]/.test(summary) && !summary.endsWith("."), summary);
    const tasks: Record<string, { description: string; command?: string }> = config.tasks;
    assertStringIncludes(tasks[name]?.command ?? "", `deno run -P=collector mod.ts ${name}`);
  });
}

Deno.test("collector: its README names every right of the task", () => {
  const { run, write, sys } = config.permissions.collector;
  for (const right of [...run, ...write, ...sys]) assertStringIncludes(README, `\`${right}\``);
});
