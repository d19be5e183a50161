import { assertEquals } from "@std/assert";
import plugin, { complaint } from "./layers.ts";

const ALLOWED: [string, string][] = [
  ["runtime/runner.ts", "../proto/event.ts"],
  ["runtime/bus/nats.ts", "../backoff.ts"],
  ["extractors/rpc/mod.ts", "../../runtime/component.ts"],
  ["extractors/rpc/mod.ts", "./calls.ts"],
  ["extractors/mod.ts", "./rpc/mod.ts"],
  ["federation/uplink/mod.ts", "../../proto/event.ts"],
  ["federation/uplink/mod.ts", "../summary/mod.ts"],
  ["mod.ts", "./tools/mod.ts"],
  ["demo/operators.ts", "../federation/hub/mod.ts"],
  ["demo/main.ts", "./scenarios/mod.ts"],
  ["tools/alerts/scenarios_test.ts", "../../demo/scenarios/mod.ts"],
  ["proto/bitcoin/block.ts", "bitcoinjs-lib"],
  ["tools/logger/mod_test.ts", "../../tests/parts/process.ts"],
];

const REFUSED: [string, string][] = [
  ["proto/event.ts", "../runtime/log.ts"],
  ["runtime/cli.ts", "../tools/mod.ts"],
  ["extractors/log/mod.ts", "../rpc/mod.ts"],
  ["extractors/log/mod.ts", "../../tools/logger/mod.ts"],
  ["extractors/log/mod.ts", "../mod.ts"],
  ["tools/logger/mod.ts", "../../federation/hub/mod.ts"],
  ["federation/hub/mod.ts", "../uplink/mod.ts"],
  ["federation/summary/mod.ts", "../hub/mod.ts"],
  ["tools/logger/mod.ts", "../../tests/parts/process.ts"],
  ["tools/logger/mod.ts", "nats"],
  ["runtime/cli.ts", "../mod.ts"],
  ["mod.ts", "./demo/main.ts"],
  ["deploy/grafana/build.ts", "../../demo/scenarios/mod.ts"],
  ["demo/main.ts", "../tests/parts/process.ts"],
];

Deno.test("the import rule allows what the design allows", () => {
  for (const [from, to] of ALLOWED) assertEquals(complaint(from, to), undefined, `${from} -> ${to}`);
});

Deno.test("the import rule refuses what the design forbids", () => {
  for (const [from, to] of REFUSED) assertEquals(typeof complaint(from, to), "string", `${from} -> ${to}`);
});

Deno.test("the lint plugin reports imports, dynamic imports and re-exports", () => {
  const source = `
    import { a } from "../rpc/mod.ts";
    export { b } from "../rpc/mod.ts";
    export * from "../rpc/mod.ts";
    const c = () => import("../rpc/mod.ts");
  `;
  const file = new URL("../extractors/log/mod.ts", import.meta.url).pathname;
  assertEquals(Deno.lint.runPlugin(plugin, file, source).length, 4);
});
