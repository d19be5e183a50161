import { assert, assertEquals, assertLess, assertRejects, assertStringIncludes } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import { program } from "../mod.ts";
import { SUBJECTS } from "../proto/subjects.ts";
import { MemoryBus } from "../runtime/bus/memory.ts";
import type { Component, Permissions } from "../runtime/component.ts";
import { createContext } from "../runtime/context.ts";
import { componentHelp } from "../runtime/help.ts";
import type { OptionTable } from "../runtime/options.ts";
import { logFor } from "../runtime/log.ts";
import { resolve } from "../runtime/resolve.ts";
import { runComponents } from "../runtime/runner.ts";
import { extractors } from "../extractors/mod.ts";
import { tools } from "../tools/mod.ts";
import { until } from "./parts/until.ts";
import { WatchedBus } from "../runtime/bus/_watched.ts";
import { assertConfined, assertRefusals, attemptsFor } from "./sandbox_attempts.ts";

/**
 * What every component owes, tested for every line of the tables: a new component is tested by being there.
 */

const components = await Promise.all(
  Object.entries(program.components).map(async ([name, load]) => {
    const component: Component = (await load()).default;
    return { name, component, values: defaults(component.options) };
  }),
);

const tasks: Record<string, { description: string; command?: string }> = config.tasks;
const permissionSets: Record<string, unknown> = config.permissions;

/** What the bus and the options need, in a process of its own. */
const OF_THE_RUNTIME = { net: ["127.0.0.1:4222"], env: ["HOME", "WAGGLE_*"] };

/** Rights on files that are only known when they are named on the command line: the Worker has those, its process all. */
const NAMED_AT_START: Readonly<Record<string, readonly ("read" | "write")[]>> = {
  archiveinfo: ["read"],
  contribute: ["read"],
  export: ["read", "write"],
  redact: ["read", "write"],
  replay: ["read"],
};

function defaults(options: OptionTable): Record<string, unknown> {
  const home = Deno.env.get("HOME");
  return resolve({ it: options }, { args: [], env: () => undefined, file: undefined, home }).values.it!;
}

function folder(name: string): string {
  return name in extractors ? `extractors/${name}` : name in tools ? `tools/${name}` : `federation/${name}`;
}

function read(path: string): string {
  return Deno.readTextFileSync(new URL(`../${path}`, import.meta.url));
}

for (const { name, component, values } of components) {
  Deno.test(`${name}: its README holds its help text word for word`, () => {
    assertStringIncludes(read(`${folder(name)}/README.md`), componentHelp(name, component));
  });

  Deno.test(`${name}: summary and options read like the others`, () => {
    for (
      const text of [
        component.summary,
        ...Object.values(component.options).map((option) => option.help),
      ]
    ) {
      assert(
        /^[A-Z]/.test(text) && !text.endsWith("."),
        `"${text}" starts with a capital and has no full stop`,
      );
    }
    assert(component.example.startsWith(name), "the example can be pasted after `deno task`");
  });

  Deno.test(`${name}: its defaults pass its own checks`, () => {
    for (const option of Object.values(component.options)) {
      const value = option.default;
      if (value === undefined || Array.isArray(value) && value.length === 0) continue;
      assertEquals(option.parse(Array.isArray(value) ? value.join(",") : String(value)), value);
    }
  });

  Deno.test(`${name}: has a task and a permission set that grant what it says it touches, and no more`, () => {
    assert(tasks[name] !== undefined, `deno.json has a task "${name}"`);
    const wanted = component.permissions?.(values) ?? {};
    const granted = (permissionSets[name] ?? {}) as Permissions;
    const fromTask = [...(tasks[name].command ?? "").matchAll(/--allow-(\w+)=(\S+)/g)];
    for (const right of ["run", "net", "read", "write", "env"] as const) {
      if ((NAMED_AT_START[name] as readonly string[] | undefined)?.includes(right)) {
        assertEquals([granted[right] as unknown, wanted[right]], [true, []], right);
        continue;
      }
      const ofTheRuntime = right === "net" && component.offBus ? [] : (OF_THE_RUNTIME as Permissions)[right];
      const expected = [...(wanted[right] ?? []), ...(ofTheRuntime ?? [])];
      const given = [...(granted[right] ?? []), ...fromTask.filter((m) => m[1] === right).map((m) => m[2]!)];
      assertEquals(new Set(given.map(withoutHome)), new Set(expected.map(withoutHome)), right);
    }
  });

  Deno.test(`${name}: the root README shows what it may touch`, () => {
    // The formatter pads the columns of a table.
    const rows = read("README.md").split("\n").map((line) => line.replaceAll(/ +/g, " "));
    const row = permissionRow(name, component.permissions?.(values) ?? {});
    assert(rows.includes(row), `README.md has the row ${row}`);
  });

  Deno.test(`${name}: as a Worker it is refused everything it did not ask for`, async () => {
    const permissions = component.permissions?.(values) ?? {};
    await assertConfined(permissions);
  });

  // A process that may read any file does not run the component itself: its Worker does, and was tested above.
  if (!(name in NAMED_AT_START)) {
    Deno.test(`${name}: as a process of its own it is refused everything it did not ask for`, async () => {
      const own = component.permissions?.(values) ?? {};
      const permissions = {
        ...own,
        net: [...(own.net ?? []), ...(component.offBus ? [] : OF_THE_RUNTIME.net)],
        env: [...(own.env ?? []), ...OF_THE_RUNTIME.env],
      };
      const attempts = attemptsFor(permissions);
      const extra = [...(tasks[name]?.command ?? "").matchAll(/--allow-\w+=\S+/g)]
        .map(([flag]) => flag.replace("$HOME", Deno.env.get("HOME") ?? ""));
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "--no-prompt",
          `-P=${name}`,
          ...extra,
          new URL("./sandbox_probe.ts", import.meta.url).pathname,
          JSON.stringify(attempts.map(({ attempt }) => attempt)),
        ],
      }).output();
      const text = new TextDecoder().decode(stdout);
      assert(text.startsWith("["), `the probe answers: ${new TextDecoder().decode(stderr)}`);
      assertRefusals(attempts, JSON.parse(text));
    });
  }

  Deno.test(`${name}: stops within a second, twice, after meeting broken events`, async () => {
    for (let run = 0; run < 2; run++) {
      await using bus = new WatchedBus();
      const stop = new AbortController();
      const started = Promise.withResolvers<void>();
      const lines: string[] = [];
      const ended = runComponents({
        tasks: [{ name, component, values }],
        bus,
        nodes: [],
        sink({ level, message }) {
          lines.push(`${level}: ${message}`);
          if (message.startsWith("Started")) started.resolve();
        },
        worker: program.worker,
        signal: stop.signal,
      });
      await started.promise;
      if (name in tools && !component.job) await bus.listened();
      for (const subject of Object.values(SUBJECTS)) {
        bus.publish(subject, Uint8Array.of(0xff, 0xff, 0xff));
        bus.publish(subject, new Uint8Array(0));
      }
      const stoppedAt = performance.now();
      stop.abort();
      assert(await ended, lines.join("\n"));
      assertLess(performance.now() - stoppedAt, 2000, "well within a second, and CI may be slow");
      assert(lines.some((line) => line.includes(" 0 restarts")), lines.join("\n"));
    }
  });
}

/** Tools that listen, and the option that says where. */
const LISTENING = {
  alerts: "address",
  "connectivity-check": "metricsAddress",
  metrics: "address",
  websocket: "address",
};

for (const [name, option] of Object.entries(LISTENING)) {
  Deno.test(`${name}: when it fails it gives its address back, so that it can be started again`, async () => {
    const { component, values } = components.find((one) => one.name === name)!;
    const stop = new AbortController();
    const serving = Promise.withResolvers<URL>();
    const options = { ...values, [option]: "127.0.0.1:0" };
    const log = logFor(name, ({ message }) => {
      const url = URL.parse(message.replace("Serving ", ""));
      if (url !== null) serving.resolve(url);
    });
    await using bus = new MemoryBus();
    const context = createContext({ options, nodes: [], bus, log, signal: stop.signal, count() {} });
    // deno-lint-ignore require-yield
    async function* subscribe() {
      await serving.promise;
      throw new Error("The bus is gone");
    }
    await assertRejects(() => component.run({ ...context, subscribe }), Error, "The bus is gone");
    const { hostname, port } = await serving.promise;
    await until("the address is free", () => {
      Deno.listen({ hostname, port: Number(port) }).close();
      return true;
    });
    stop.abort();
  });
}

/** A row of the README's table of rights. */
function permissionRow(name: string, permissions: Permissions): string {
  const cell = (items: readonly string[] | undefined) =>
    items === undefined || items.length === 0
      ? "–"
      : items.map((item) => `\`${withoutHome(item)}\``).join(", ");
  const { run, net, read, write, env } = permissions;
  return `| ${name} | ${[run, net, read, write, env].map(cell).join(" | ")} |`;
}

function withoutHome(path: string): string {
  return path.replace(/^\$HOME\//, "~/").replace(`${Deno.env.get("HOME")}/`, "~/");
}
