import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { program } from "../../mod.ts";
import { COMMON, NATS } from "../../runtime/common_options.ts";
import type { OptionTable } from "../../runtime/options.ts";
import { resolve } from "../../runtime/resolve.ts";
import { partTest } from "../../tests/parts/needs.ts";
import { requirePart } from "../../tests/parts/part.ts";
import { run } from "../../tests/parts/run.ts";

const folder = import.meta.dirname!;

interface Unit {
  readonly serviceConfig: Readonly<Record<string, unknown>>;
}

interface Evaluated {
  readonly systemd: { readonly services: Readonly<Record<string, Unit>>; readonly sockets: object };
}

/** What module.nix makes of the settings that a Nix expression says. */
async function evaluate(settings: string): Promise<Evaluated> {
  const given = `{ services.waggle = (${settings}) // { source = "/waggle"; }; }`;
  const expression = `import ${folder}/_evaluate.nix { settings = ${given}; }`;
  const { code, stdout, stderr } = await run(requirePart("nix-instantiate"), [
    "--eval",
    "--strict",
    "--json",
    "-E",
    expression,
  ]);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** The values of `services.waggle` in an example of the README. */
function settingsIn(example: string): string {
  const config = `{ services.bitcoind.mainnet.package = "/bitcoind"; }`;
  const module = example.startsWith("{ config") ? `(${example}) { config = ${config}; }` : example;
  return `(${module}).services.waggle`;
}

const README = await Deno.readTextFile(`${folder}/README.md`);
const examples = [...README.matchAll(/```nix\n(.*?)```/gs)].map(([, text]) => text!.trim());

Deno.test("nixos: every component that goes on for ever can be a service", async () => {
  const module = await Deno.readTextFile(`${folder}/module.nix`);
  const [, list] = /components = \[([^\]]*)\]/.exec(module)!;
  const components = Object.entries(program.components).map(async ([name, load]) => {
    return (await load()).default.job ? [] : [name];
  });
  assertEquals(
    [...list!.matchAll(/"([^"]+)"/g)].map(([, name]) => name).toSorted(),
    (await Promise.all(components)).flat().toSorted(),
  );
});

partTest({
  name: "nixos: the program takes every command line and configuration of the README's examples",
  needs: ["nix-instantiate"],
  async fn() {
    assertEquals(examples.length, 3);
    const seen: string[] = [];
    for (const example of examples) {
      const { systemd: { services } } = await evaluate(settingsIn(example));
      for (const [unit, { serviceConfig: { ExecStart } }] of Object.entries(services)) {
        const [, name, config] = / mod\.ts (\S+) --config (\{.*)$/.exec(String(ExecStart)) ?? [];
        if (name === undefined) continue;
        assertEquals(unit, `waggle-${name}`);
        seen.push(name);
        const { default: component } = await program.components[name]!();
        const tables: Record<string, OptionTable> = { "": COMMON, nats: NATS, [name]: component.options };
        const sources = { args: [], env: () => undefined, file: JSON.parse(config!), home: "/h" };
        assertEquals(resolve(tables, sources).problems, [], unit);
      }
    }
    assertEquals(seen.toSorted(), [
      "alerts",
      "archive",
      "ebpf",
      "hub",
      "log",
      "metrics",
      "p2p",
      "rpc",
      "uplink",
      "websocket",
    ]);
  },
});

partTest({
  name: "nixos: nobody is root but bpftrace, which has no network and a socket for the extractor's group",
  needs: ["nix-instantiate"],
  async fn() {
    const { systemd: { services, sockets } } = await evaluate(settingsIn(examples[1]!));
    const roots = Object.entries(services).filter(([, { serviceConfig }]) =>
      serviceConfig.DynamicUser !== true && serviceConfig.User === undefined
    );
    assertEquals(roots.map(([name]) => name), ["waggle-bpftrace@"]);
    assertEquals(roots[0]![1].serviceConfig.PrivateNetwork, true);
    assertStringIncludes(JSON.stringify(sockets), '"SocketMode":"0660"');
    assert(
      String(services["waggle-ebpf"]!.serviceConfig.ExecStart).includes('"input":"/run/waggle/ebpf.sock"'),
    );
  },
});
