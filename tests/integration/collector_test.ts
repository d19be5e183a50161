import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { program } from "../../mod.ts";
import { decodeEvent, type Event } from "../../proto/event.ts";
import { KINDS, subjectOf } from "../../proto/subjects.ts";
import { MemoryBus } from "../../runtime/bus/memory.ts";
import { resolve } from "../../runtime/resolve.ts";
import { runComponents, type Task } from "../../runtime/runner.ts";
import { startBitcoind } from "../parts/bitcoind.ts";
import { partTest } from "../parts/needs.ts";
import { freePort, until } from "../parts/until.ts";

interface PeerInfo {
  id: number;
  addr: string;
  bytessent_per_msg: Record<string, number>;
}

/** A component of the program with some options set, as the command line would give them. */
async function task(name: keyof typeof program.components, options: Record<string, string>): Promise<Task> {
  const { default: component } = await program.components[name]!();
  const file = { [name]: options };
  const { values, problems } = resolve({ [name]: component.options }, {
    args: [],
    env: () => undefined,
    file,
  });
  assertEquals(problems, []);
  return { name, component, values: values[name]!, isSource: true };
}

function membersOf(
  events: readonly Event[],
  kind: "log" | "p2p" | "rpc",
): { case: string; value: unknown }[] {
  return events.filter((event) => event.kind === kind)
    .map(({ value }) => Object.values(value as object).find((member) => typeof member === "object"))
    .filter((member) => member !== undefined);
}

partTest({
  name: "rpc, p2p and log feed one bus from their sandboxes, and agree with what the node itself reports",
  needs: ["bitcoind"],
  async fn() {
    await using node = await startBitcoind({ args: ["-debug=validation", "-debug=net", "-logtimemicros"] });
    await using other = await startBitcoind();
    await using bus = new MemoryBus();
    const events: Event[] = [];
    const collecting = collect(bus, events);
    const stop = new AbortController();
    const port = freePort();
    const lines: string[] = [];
    const running = runComponents({
      tasks: [
        await task("rpc", {
          url: node.rpcUrl,
          cookieFile: node.cookieFile,
          intervalMs: "100",
          slowIntervalMs: "300",
        }),
        await task("p2p", { address: `127.0.0.1:${port}`, network: "regtest", pingIntervalMs: "100" }),
        await task("log", { file: node.debugLog }),
      ],
      bus,
      nodes: [],
      sink: ({ component, message }) => lines.push(`${component}: ${message}`),
      worker: program.worker,
      signal: stop.signal,
    });
    await until("all three run", () => lines.filter((line) => / Started /.test(line)).length === 3);
    await until("log follows", () => lines.some((line) => line.startsWith("log: Following")));

    await node.rpc("addnode", `127.0.0.1:${port}`, "add");
    await node.connect(other);
    const hashes = await node.generate(5);

    // The node says it twice, when it enqueues the notice and when it acts on it, and so do the events.
    const connected = () => membersOf(events, "log").filter((member) => member.case === "blockConnectedLog");
    await until("five blocks in the log", () => connected().length >= 10);
    assertEquals(
      Map.groupBy(connected(), ({ value }) => JSON.stringify(value)).entries().map((
        [text, all],
      ) => [text, all.length])
        .toArray(),
      (hashes as string[]).map((blockHash, i) => [JSON.stringify({ blockHash, blockHeight: i + 1 }), 2]),
    );

    const pings = () => membersOf(events, "p2p").filter((member) => member.case === "pingDuration").length;
    await until("ten pings", () => pings() >= 10, { deadlineMs: 20_000 });
    const chain = () => membersOf(events, "rpc").findLast((member) => member.case === "blockchainInfo");
    await until("the height by RPC", () => (chain()?.value as { blocks: number } | undefined)?.blocks === 5);

    const peers = await node.rpc("getpeerinfo") as PeerInfo[];
    const ours = peers.find(({ addr }) => addr === `127.0.0.1:${port}`);
    assert(ours !== undefined, "the node is connected to the p2p extractor");
    // A v2 pong is 29 bytes long: 3 length, 1 header, 1 type, 8 nonce, 16 tag. The node may be ahead of us by one.
    const pongs = ours.bytessent_per_msg["pong"]! / 29;
    assertGreaterOrEqual(pongs + 2, pings());
    await until("every pong the node sent then", () => pings() >= pongs);

    stop.abort();
    assert(await running, lines.join("\n"));
    await bus[Symbol.asyncDispose]();
    await collecting;
    assertEquals(bus.stats().dropped, 0);
    assertEquals(events.length, bus.stats().published);
  },
});

async function collect(bus: MemoryBus, events: Event[]): Promise<void> {
  for await (const { data } of bus.subscribe(KINDS.map((kind) => subjectOf(kind)))) {
    const decoded = decodeEvent(data);
    assert(decoded.ok && decoded.unknownFields === 0);
    events.push(decoded.event);
  }
}
