import { assert, assertEquals } from "@std/assert";
import { joined } from "../../proto/bytes.ts";
import { CanaryScan } from "../../proto/canaries.ts";
import { type Plant, plant } from "../../proto/golden/planted.ts";
import { Summariser } from "./mod.ts";
import { BIN, START } from "./_network.ts";
import { encodeSummary } from "./encode.ts";

const schema = Deno.readTextFileSync(new URL("../../proto/schema.ts", import.meta.url));
const { events, plants } = plant(schema, { start: START });

/** Blocks that everybody knows; everything else never leaves. */
const MAY_LEAVE: ReadonlySet<string> = new Set([
  ...["BlockConnected.hash", "BlockConnected.height", "BlockTip.hash", "BlockTip.height"],
  ...["BlockConnectedLog.blockHash", "BlockConnectedLog.blockHeight", "BlockCheckedLog.blockHash"],
  ...["SawNewHeaderLog.blockHash", "SawNewHeaderLog.blockHeight"],
  ...["BlockchainInfo.bestblockhash", "BlockchainInfo.blocks"],
]);
const secrets = plants.filter(({ path }) => !MAY_LEAVE.has(path));
const NODES = ["hive-of-wilhelmina", "hive-of-ottokar"];
const policy = { clip: 64, keysPerNode: 26 };

/** Which of the plants are in the bytes. */
function found(of: readonly Plant[], bytes: Uint8Array): string[] {
  return of.filter(({ canary }) => new CanaryScan([canary]).find(bytes) !== undefined).map(({ path }) =>
    path
  );
}

function text(value: unknown): Uint8Array {
  const plain = (_: string, each: unknown) => each instanceof Uint8Array ? each.toHex() : each;
  return new TextEncoder().encode(JSON.stringify(value, plain));
}

function fed(canaries: readonly string[]): Summariser {
  const summariser = new Summariser({ nodes: NODES, policy, canaries });
  for (const node of NODES) for (const bytes of events) summariser.observe(node, bytes);
  return summariser;
}

Deno.test("every member of every message of the schema is planted", () => {
  const paths = new Set(plants.map(({ path }) => path));
  const missing = [...schema.matchAll(/^export interface (\w+) \{\n([^]*?)^\}/gm)].flatMap(
    ([, name, body]) => {
      const members = body!.matchAll(/^ {2}(\w+)\??: (string|number|bigint|Uint8Array)/gm);
      return [...members].map(([, member]) => `${name}.${member}`);
    },
  ).filter((path) => !paths.has(path) && !/^(LogG1|ArchiveHeader)\./.test(path));
  assertEquals(missing, []);
  assert(secrets.length > 300, String(secrets.length));
});

Deno.test("what is planted is in the events, and the search finds it there", () => {
  const all = joined(events);
  const text = plants.filter(({ canary }) => !/^\d+$/.test(canary));
  const here = new Set(found(text, all));
  assertEquals([...new Set(text.map(({ path }) => path))].filter((path) => !here.has(path)), []);
});

Deno.test("no plant is in the frame, the preview, the saved baseline or a reason", () => {
  const summariser = fed(NODES);
  const preview = summariser.preview(BIN);
  const closed = summariser.close(BIN);
  assert("summary" in closed, text(closed).toString());
  const all = [...secrets, ...NODES.map((canary) => ({ path: "node", canary }))];
  const frame = encodeSummary(closed.summary);
  assertEquals(found(all, frame), []);
  assertEquals(found(all, text(preview)), []);
  assertEquals(found(all, text(closed.withheld)), []);
  assertEquals(found(all, text(summariser.save())), []);
  assert(closed.summary.values.length > 80, "the events were counted");
});

Deno.test("the hashes of blocks that a node accepted do leave, which shows that the search would find more", () => {
  const closed = fed([]).close(BIN);
  assert("summary" in closed);
  const here = found(plants.filter(({ path }) => MAY_LEAVE.has(path)), encodeSummary(closed.summary));
  assert(here.includes("BlockConnected.hash") && here.includes("BlockConnectedLog.blockHash"), here.join());
});

Deno.test("a summary with a canary in it stays here, and the reason does not say the canary", () => {
  const leaving = plants.find(({ path }) => path === "BlockConnectedLog.blockHash")!;
  const summariser = fed([]);
  assert("summary" in summariser.preview(BIN));
  summariser.canaries = ["hive", leaving.canary];
  const blocked = summariser.preview(BIN);
  assertEquals(blocked, { blocked: "The summary holds canary 2 as hash, reversed" });
  assertEquals(summariser.close(BIN), blocked);
  const next = summariser.close(BIN + 1);
  assert("blocked" in next || next.summary.values.length === 0, "the bin is over");
});
