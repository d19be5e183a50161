import { assertEquals } from "@std/assert";
import protobuf from "protobufjs";
import { checkSummary } from "./check.ts";
import { METRICS } from "./metrics.ts";
import { Metric, type Summary } from "./schema.ts";

const RIGHT: Summary = {
  sequence: 1,
  bin: 2_958_000,
  schema: 1,
  thin: true,
  sources: [1, 4],
  values: [{ metric: Metric.PEERS_BY_NETWORK, index: 3, value: 32 }, {
    metric: Metric.INBOUND_PEERS,
    value: 7,
  }],
  blocks: [{ hash: new Uint8Array(32), delay: 5 }],
  tips: [{ hash: new Uint8Array(32), height: 900_000, status: 1 }],
  anomalies: [1, 7],
};

Deno.test("checkSummary() accepts what may be said, and nothing beside it", () => {
  assertEquals(checkSummary(RIGHT), undefined);
  const hash = new Uint8Array(31);
  const wrong: Partial<Summary>[] = [
    { schema: 2 },
    { sequence: 0 },
    { sequence: 2 ** 53 },
    { sources: [5] },
    { sources: [1, 1] },
    { anomalies: [12] },
    { values: [{ metric: 20, value: 0 }] },
    { values: [{ metric: Metric.PEERS_V2, value: 33 }] },
    { values: [{ metric: Metric.PEERS_V2, index: 1, value: 1 }] },
    { values: [{ metric: Metric.PEERS_BY_NETWORK, value: 1 }] },
    { values: [{ metric: Metric.PEERS_V2, value: 1 }, { metric: Metric.PEERS_V2, index: 0, value: 2 }] },
    { blocks: [{ hash, delay: 1 }] },
    { blocks: [{ hash: new Uint8Array(32), delay: 6 }] },
    { blocks: Array.from({ length: 33 }, () => ({ hash: new Uint8Array(32), delay: 1 })) },
    { tips: [{ hash, height: 1, status: 1 }] },
    { tips: [{ hash: new Uint8Array(32), height: 1, status: 0 }] },
  ];
  for (const change of wrong) {
    assertEquals(typeof checkSummary({ ...RIGHT, ...change }), "string", JSON.stringify(change));
  }
});

Deno.test("every metric has a line in the vocabulary, and its parts are numbers of one byte", () => {
  assertEquals(Object.keys(METRICS), Object.keys(Metric));
  for (const { parts = {} } of Object.values(METRICS)) {
    for (const index of Object.values(parts)) assertEquals(index > 0 && index < 128, true);
  }
});

Deno.test("a summary has no field that could carry text", () => {
  const { root } = protobuf.parse(
    Deno.readTextFileSync(new URL("../federation.proto", import.meta.url)),
    { keepCase: true },
  );
  const seen: string[] = [];
  walk(root.resolveAll().lookupType("federation.Summary"));
  assertEquals(seen, ["blocks.hash bytes", "tips.hash bytes"]);

  function walk(type: protobuf.Type, path = ""): void {
    for (const field of type.fieldsArray) {
      const at = `${path}${field.name}`;
      if (field.resolvedType instanceof protobuf.Enum) continue;
      if (field.resolvedType !== null) walk(field.resolvedType as protobuf.Type, `${at}.`);
      else if (!/^(u?int32|uint64|bool)$/.test(field.type)) seen.push(`${at} ${field.type}`);
    }
  }
});
