import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { decodeEvent } from "../../proto/event.ts";
import { signetStartBytes } from "../../proto/bitcoin/mod.ts";
import { MemoryBus } from "../../runtime/bus/memory.ts";
import { createContext } from "../../runtime/context.ts";
import { ScriptedNode } from "./_scripted_node.ts";
import p2p from "./mod.ts";

const { options } = p2p;

function defaults() {
  return {
    address: options.address.default,
    network: options.network.default,
    signetChallenge: options.signetChallenge.default,
    pingIntervalMs: options.pingIntervalMs.default,
    disable: options.disable.default,
    allow: options.allow.default,
    maxConnections: options.maxConnections.default,
    services: options.services.default,
    userAgent: options.userAgent.default,
  };
}

Deno.test("p2p has the Rust extractor's defaults", () => {
  const { address, network, pingIntervalMs, disable, services, userAgent } = defaults();
  assertEquals([address, network, pingIntervalMs, disable, services, userAgent], [
    "127.0.0.1:9333",
    "mainnet",
    10_000,
    [],
    9,
    "/p2p-extractor:0.1/",
  ]);
});

Deno.test("p2p asks for the address it listens on, and nothing else", () => {
  assertEquals(p2p.permissions!({ ...defaults(), address: "[::1]:1234" }), { net: ["[::1]:1234"] });
});

Deno.test("p2p refuses options that make no sense, and says what is near", () => {
  assertThrows(
    () => options.disable.parse("ping,feefliter"),
    SyntaxError,
    'unknown kind "feefliter": did you mean feefilter?',
  );
  assertThrows(() => options.disable.parse("inv"), SyntaxError, "did you mean invs?");
  assertThrows(() => options.allow.parse("127.0.0.1,localhost"), SyntaxError, 'not "localhost"');
  assertThrows(() => options.signetChallenge.parse("5z"), SyntaxError, "expected bytes in hex");
  assertThrows(() => options.userAgent.parse("a".repeat(257)), RangeError, "at most 256 bytes");
  assertThrows(() => options.network.parse("testnet"), SyntaxError, "testnet4");
  assertEquals(options.disable.parse("ping, invs"), ["ping", "invs"]);
});

async function run(
  values: Partial<ReturnType<typeof defaults>>,
  test: (port: number, bus: MemoryBus) => Promise<void>,
) {
  await using bus = new MemoryBus();
  const stop = new AbortController();
  const listening = Promise.withResolvers<number>();
  const log = {
    error() {},
    warn() {},
    debug() {},
    info(line: string) {
      const port = /^Waiting for nodes on 127\.0\.0\.1:(\d+)$/.exec(line)?.[1];
      if (port !== undefined) listening.resolve(Number(port));
    },
  };
  const ended = p2p.run(createContext<typeof options>({
    options: { ...defaults(), address: "127.0.0.1:0", ...values },
    nodes: [],
    bus,
    log,
    signal: stop.signal,
    count() {},
  }));
  await test(await Promise.race([listening.promise, ended.then(() => 0)]), bus);
  stop.abort();
  await ended;
}

Deno.test("p2p emits events that read as what the node sent", async () => {
  await run({ network: "regtest" }, async (port, bus) => {
    const [node] = await ScriptedNode.handshake(port, { transport: "v2" });
    using _node = node;
    using subscription = bus.subscribe(["*"]);
    const before = Date.now();
    await node.send({ type: "feefilter", feeRate: 1234n });
    for await (const { subject, data } of subscription) {
      const decoded = decodeEvent(data);
      assertEquals(subject, "p2p-extractor");
      assertEquals(decoded.ok && decoded.event.value, {
        p2pEvent: { case: "feefilterAnnouncement", value: 1234n },
      });
      const { timestamp } = decoded.ok ? decoded.event : { timestamp: 0 };
      assertEquals(timestamp >= before && timestamp <= Date.now(), true);
      break;
    }
  });
});

Deno.test("p2p speaks a signet with a challenge of its own, and tells nodes what it was told to", async () => {
  const startBytes = signetStartBytes(Uint8Array.of(0x51));
  const values = { network: "signet", signetChallenge: "51", services: 0, userAgent: "/x:1/" } as const;
  await run(values, async (port) => {
    const [node, [version]] = await ScriptedNode.handshake(port, { startBytes });
    using _node = node;
    assertEquals(version?.type === "version" && [version.services, version.userAgent], [0n, "/x:1/"]);
  });
});

Deno.test("p2p wants no challenge for another network than signet", async () => {
  await assertRejects(
    () => run({ network: "regtest", signetChallenge: "51" }, () => Promise.resolve()),
    TypeError,
    "Cannot use a signet challenge on regtest",
  );
});
