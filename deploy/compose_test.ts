import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { parse } from "@std/yaml";
import { CALLS } from "../extractors/rpc/calls.ts";
import { program } from "../mod.ts";
import { COMMON, NATS } from "../runtime/common_options.ts";
import type { Component } from "../runtime/component.ts";
import type { OptionTable } from "../runtime/options.ts";
import { resolve } from "../runtime/resolve.ts";
import { partTest } from "../tests/parts/needs.ts";
import { requirePart } from "../tests/parts/part.ts";
import { run } from "../tests/parts/run.ts";
import { readContainerfile } from "../tests/parts/containerfile.ts";

type Texts = readonly string[];

interface Service {
  readonly profiles: Texts;
  readonly image: string;
  readonly build?: { readonly dockerfile: string; readonly target: string };
  readonly user: string;
  readonly read_only: boolean;
  readonly cap_drop: Texts;
  readonly cap_add?: Texts;
  readonly security_opt: Texts;
  readonly command: Texts;
  readonly volumes?: Texts;
  readonly tmpfs?: Texts;
  readonly networks?: Texts | Readonly<Record<string, unknown>>;
  readonly network_mode?: string;
  readonly ports?: Texts;
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly healthcheck?: { readonly test: Texts };
}

/** Services of more than one component. A logger would fill the container's log. */
const COMPONENTS: Readonly<Record<string, Texts>> = {
  collector: ["ebpf", "rpc", "p2p", "log", "alerts", "metrics", "websocket"],
};

const read = (path: string) => Deno.readTextFileSync(new URL(path, import.meta.url));
const compose = parse(read("compose.yaml")) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { internal?: boolean } | null>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const services = Object.entries(compose.services);
const stages = readContainerfile(read("Containerfile"));

/** Of the Compose Specification what is used here, each with the shape it must have. */
const isText = (value: unknown) => typeof value === "string";
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);
const isMap = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
const SHAPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  build: (value) => isMap(value) && Object.values(value as object).every(isText),
  cap_add: isTexts,
  cap_drop: isTexts,
  command: isTexts,
  depends_on: (value) => isMap(value) && Object.values(value as object).every(isMap),
  environment: (value) => isMap(value) && Object.values(value as object).every(isText),
  healthcheck: (value) =>
    isMap(value) && Object.entries(value as object).every(([key, value]) => {
      if (key === "test") return isTexts(value);
      return ["interval", "timeout", "start_period"].includes(key) && /^\d+[sm]$/.test(String(value));
    }),
  image: isText,
  init: (value) => value === true,
  logging: (value) => isMap(value),
  network_mode: isText,
  networks: (value) => isTexts(value) || isMap(value),
  pid: isText,
  ports: isTexts,
  profiles: isTexts,
  read_only: (value) => value === true,
  restart: (value) => value === "unless-stopped",
  security_opt: isTexts,
  stop_grace_period: isText,
  tmpfs: isTexts,
  user: isText,
  volumes: isTexts,
};

Deno.test("compose: every key is one of the specification, with a value of its shape", () => {
  for (const [name, service] of services) {
    for (const [key, value] of Object.entries(service)) {
      assert(SHAPES[key]?.(value), `${name}: ${key}: ${JSON.stringify(value)}`);
    }
  }
});

Deno.test("compose: nobody is root or gets a capability but who traces, and everything is read-only", () => {
  for (const [name, { user, read_only, cap_drop, cap_add, security_opt, network_mode }] of services) {
    assertEquals([read_only, cap_drop, security_opt], [true, ["ALL"], ["no-new-privileges:true"]], name);
    const traces = name === "bpftrace";
    assertEquals(user.startsWith("0:"), traces, name);
    assertEquals(cap_add !== undefined, traces, name);
    if (traces) assertEquals(network_mode, "none");
  }
});

Deno.test("compose: images are pinned, and those built here are stages of the Containerfile", () => {
  for (const [name, { image, build }] of services) {
    assertMatch(image, /^[\w./-]+:v?\d+(\.\d+)+(-\w+)?$/, name);
    if (build === undefined) continue;
    assertEquals(build.dockerfile, "deploy/Containerfile");
    assert(stages.some(({ name }) => name === build.target), name);
  }
  const bases = stages.map(({ from }) => from).filter((from) => from.includes(":"));
  for (const base of bases) assertNotEquals(base.split(":")[1], "latest");
  assert(bases.includes(`denoland/deno:${Deno.version.deno}`), "the Deno that the tests run with");
});

Deno.test("compose: only the node's P2P port can be reached from other machines", () => {
  const open = services.flatMap(([name, { ports = [] }]) => ports.map((port) => `${name} ${port}`))
    .filter((port) => !port.includes(" 127.0.0.1:"));
  assertEquals(open, ["node 8333:8333"]);
  const ways = services.filter(([, { networks = [] }]) => networksOf({ networks }).includes("outside"));
  assertEquals(ways.map(([name]) => name), ["node"]);
  assertEquals([compose.networks.inner?.internal, compose.networks.federation?.internal], [true, true]);
});

Deno.test("compose: what services name is there, in each of their profiles", () => {
  for (const [name, service] of services) {
    for (const volume of service.volumes ?? []) {
      const [source = ""] = volume.split(":");
      if (source.startsWith(".")) Deno.statSync(new URL(source, import.meta.url));
      else assert(source.startsWith("/sys/") || source in compose.volumes, `${name}: ${source}`);
    }
    for (const network of networksOf(service)) assert(network in compose.networks, `${name}: ${network}`);
    const others = Object.keys(service.depends_on ?? {});
    const shared = /^service:(.*)/.exec(service.network_mode ?? "")?.[1];
    for (const other of [...others, ...shared === undefined ? [] : [shared]]) {
      const missing = service.profiles.filter((profile) =>
        !compose.services[other]?.profiles.includes(profile)
      );
      assertEquals(missing, [], `${name} needs ${other}`);
    }
  }
});

Deno.test("compose: the program takes each command line, and its rights cover the addresses in it", async () => {
  const sets = JSON.parse(read("../deno.json")).permissions as Record<string, { net?: true | string[] }>;
  const ours = services.filter(([, { build }]) => build?.target === "waggle");
  assertEquals(ours.map(([name]) => name), ["collector", "archive", "hub", "uplink"]);
  for (const [name, { command }] of ours) {
    const at = command.indexOf("mod.ts");
    const rights = command.slice(1, at);
    const words = command.slice(at + 1).map((arg) => arg.replace(/\$\{\w+:-(.*?)\}/, "$1"));
    const names = words.filter((word) => !word.startsWith("-"));
    assertEquals([command[0], names], ["run", COMPONENTS[name] ?? [name]]);
    const { problems, values } = await parsed(names, words.slice(names.length));
    assertEquals(problems, [], name);
    const set = sets[rights.find((right) => right.startsWith("-P="))!.slice(3)]!;
    const flags = rights.filter((right) => right.startsWith("--allow-net=")).join(",");
    const isAllowed = (address: string) =>
      set.net === true || set.net?.includes(address) || flags.includes(address);
    for (const [, address] of JSON.stringify(values).matchAll(/((?:nats|0\.0\.0\.0):\d+)/g)) {
      assert(isAllowed(address!), `${name} may reach ${address}`);
    }
  }
});

Deno.test("compose: ports and addresses agree with each other and with the defaults", async () => {
  const { collector, hub, node, prometheus, grafana } = compose.services;
  const defaults = async (name: string, option: string) => {
    const { default: component } = await program.components[name]!();
    return String(component.options[option]?.default);
  };
  const portOf = (address: string) => address.split(":").at(-1)!;
  const published = (service: Service, address: string) =>
    assert(service.ports?.includes(`127.0.0.1:${portOf(address)}:${portOf(address)}`), address);
  published(collector!, await defaults("websocket", "address"));
  published(
    collector!,
    read("grafana/provisioning/datasources/waggle.yaml").includes(":9090") ? ":3000" : "",
  );
  published(hub!, await defaults("hub", "address"));
  const metrics = await defaults("metrics", "address");
  assert(collector!.healthcheck!.test.includes(`http://${metrics}/metrics`));
  assert(read("prometheus/prometheus.yml").includes(`targets: ["${metrics}"]`));
  assert(prometheus!.command.includes("--web.listen-address=127.0.0.1:9090"));
  assertEquals([prometheus!.network_mode, grafana!.network_mode], ["service:collector", "service:collector"]);
  assert(node!.command.includes(`-addnode=10.83.33.3:${portOf(await defaults("p2p", "address"))}`));
  assert(node!.command.includes(`-rpcport=${portOf(await defaults("rpc", "url"))}`));
  const [, calls] = /-rpcwhitelist=__cookie__:(\S+)/.exec(node!.command.join(" "))!;
  assertEquals(calls!.split(",").toSorted(), Object.keys(CALLS).toSorted());
});

Deno.test("README: the commands for containers name services and profiles that exist, and what the program takes", async () => {
  const commands = [
    ...read("README.md").matchAll(/docker compose -f (deploy\/compose\.yaml) --profile (\w+) (.*)/g),
  ];
  assertEquals(commands.length, 5);
  for (const [, file, profile, rest] of commands) {
    Deno.statSync(new URL(`../${file}`, import.meta.url));
    if (rest === "up -d") {
      assert(services.some(([, { profiles }]) => profiles.includes(profile!)), profile);
      continue;
    }
    const [, service, component, command, options] =
      /^(?:run --rm|exec) (\w+) (?:deno )?run -A mod\.ts (\w+) (\w+) (.*)$/
        .exec(rest!)!;
    assert(compose.services[service!]?.profiles.includes(profile!), service);
    const { default: loaded } = await program.components[component!]!();
    const { default: known } = await loaded.commands![command!]!();
    const words = options!.split(" ").map((word) => word.replaceAll("'", ""));
    const tables = { "": COMMON, [component!]: { ...loaded.options, ...known.options } };
    const sources = { args: words, env: () => undefined, file: undefined, home: "/h" };
    assertEquals(resolve(tables, sources).problems, []);
    const folder = words[words.findIndex((word) => word.endsWith(".folder")) + 1];
    assert(compose.services[service!]!.volumes!.some((volume) => volume.endsWith(`:${folder}`)), folder);
  }
});

partTest({
  name: "compose: a node, a NATS server and bpftrace's shell take what they are given",
  needs: ["bitcoind", "nats-server"],
  async fn() {
    const { node, bpftrace } = compose.services;
    const options = node!.command.map((arg) => arg.replace(/\$\{\w+:-(.*?)\}/, "$1"));
    const said = await run(requirePart("bitcoind"), [...options, "-version"]);
    assertEquals([said.code, said.stderr], [0, ""]);
    const config = new URL("nats.conf", import.meta.url).pathname;
    const checked = await run(requirePart("nats-server"), ["-t", "-c", config]);
    assertEquals(checked.code, 0, checked.stderr);
    const shell = await run("sh", ["-n", "-c", bpftrace!.command[0]!]);
    assertEquals([shell.code, shell.stderr], [0, ""]);
  },
});

/** What the program would run with, or what it has against it. */
async function parsed(names: Texts, args: Texts) {
  const tables: Record<string, OptionTable> = { "": COMMON, nats: NATS };
  const loaded = new Map<string, Component>();
  for (const each of names) {
    const { default: component } = await program.components[each]!();
    loaded.set(each, component);
    tables[each] = component.options;
  }
  const { values, problems } = resolve(tables, {
    args: [...args],
    env: () => undefined,
    file: undefined,
    home: "/home/waggle",
  });
  const checks = [...loaded].flatMap(([each, component]) => component.check?.(values[each]!) ?? []);
  return { values, problems: [...problems, ...checks] };
}

function networksOf({ networks = [] }: Pick<Service, "networks">): Texts {
  return Array.isArray(networks) ? networks : Object.keys(networks);
}
