import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { join } from "@std/path";
import { program } from "../../mod.ts";
import { decodeEvent, type Event } from "../../proto/event.ts";
import { KINDS, subjectOf } from "../../proto/subjects.ts";
import { MemoryBus } from "../../runtime/bus/memory.ts";
import { resolve } from "../../runtime/resolve.ts";
import { runComponents, type Task } from "../../runtime/runner.ts";
import { type Bitcoind, startBitcoind } from "../parts/bitcoind.ts";
import { freePort, until } from "../parts/until.ts";
import { compileNode, FakeNode, tracingCommand, tracingTest } from "./ebpf_fixture.ts";

/** Transactions that need no signature are relayed, and without the usual wait. */
const AT_ONCE = ["-acceptnonstdtxn", "-whitelist=noban,in,out@127.0.0.1"];

await tracingTest(
  "ebpf, rpc, p2p and log feed one bus from their sandboxes, and agree with what the node itself reports",
  async () => {
    await using node = await startBitcoind({
      args: ["-debug=validation", "-debug=net", "-logtimemicros", "-capturemessages", ...AT_ONCE],
    });
    await using other = await startBitcoind({ args: AT_ONCE });
    await using program = await compileNode();
    await using traced = new FakeNode(program.path);
    await using collector = new Collector();
    const port = freePort();
    await collector.start({
      ebpf: { bitcoind: program.path, command: await tracingCommand() },
      rpc: { url: node.rpcUrl, cookieFile: node.cookieFile, intervalMs: "100", slowIntervalMs: "300" },
      p2p: { address: `127.0.0.1:${port}`, network: "regtest", pingIntervalMs: "100" },
      log: { file: node.debugLog },
    });
    await collector.said("log: Following");
    await collector.said("ebpf: Attached");

    await node.rpc("addnode", `127.0.0.1:${port}`, "add");
    // Over v1 every message has 24 bytes before its payload, so that bytes can be compared.
    await node.connect(other, { v2: false });
    const hashes = await node.generate(101);
    await node.waitForSync(other);
    await node.spendCoins(hashes[0]!);

    // The node says it twice, when it enqueues the notice and when it acts on it, and so do the events.
    const connected = () => collector.members("log").filter((member) => member.case === "blockConnectedLog");
    await until("all blocks in the log", () => connected().length >= 202);
    assertEquals(
      Map.groupBy(connected(), ({ value }) => JSON.stringify(value)).entries()
        .map(([text, all]) => [text, all.length]).toArray(),
      hashes.map((blockHash, i) => [JSON.stringify({ blockHash, blockHeight: i + 1 }), 2]),
    );

    const chain = () => collector.members("rpc").findLast((member) => member.case === "blockchainInfo");
    await until(
      "the height by RPC",
      () => (chain()?.value as { blocks: number } | undefined)?.blocks === 101,
    );
    await until("the transaction there", async () => (await other.rpc("getrawmempool")).length === 1);

    const pings = () => collector.members("p2p").filter((member) => member.case === "pingDuration").length;
    await until("ten pings", () => pings() >= 10);
    const ours = (await peerInfo(node)).find(({ addr }) => addr === `127.0.0.1:${port}`);
    assert(ours !== undefined, "the node is connected to the p2p extractor");
    // A v2 pong is 29 bytes long: 3 length, 1 header, 1 type, 8 nonce, 16 tag. The node may be ahead of us by one.
    const pongs = ours.bytessent_per_msg["pong"]! / 29;
    assertGreaterOrEqual(pongs + 2, pings());
    await until("every pong the node sent then", () => pings() >= pongs);

    // Nothing pings any more, so that totals stand still.
    await node.rpc("addnode", `127.0.0.1:${port}`, "remove");
    await node.rpc("disconnectnode", `127.0.0.1:${port}`);
    const totals = () => collector.members("rpc").findLast((member) => member.case === "netTotals");
    await until("the node's own totals by RPC", async () => {
      const { totalbytesrecv, totalbytessent } = await node.rpc("getnettotals");
      const { totalBytesReceived, totalBytesSent } = totals()!.value as Record<string, number | bigint>;
      return Number(totalBytesReceived) === totalbytesrecv && Number(totalBytesSent) === totalbytessent;
    });

    // What the real node said to its peer and heard from it goes through the tracepoints, message by message.
    const peer = (await peerInfo(node)).find(({ addr }) => addr === `127.0.0.1:${other.p2pPort}`)!;
    const captures = join(node.datadir, "regtest", "message_capture", `127.0.0.1_${other.p2pPort}`);
    for (const [way, file] of [["in", "msgs_recv.dat"], ["out", "msgs_sent.dat"]]) {
      const capture = join(captures, file!);
      const messages = countCaptured(await Deno.readFile(capture));
      assertEquals((await traced.fire(`play ${way} ${capture} ${messages} 2000`)).count, messages);
    }
    await until("what the node counted, from the tracepoints", () => {
      assertEquals(collector.bytesPerMessage(true), peer.bytesrecv_per_msg);
      assertEquals(collector.bytesPerMessage(false), peer.bytessent_per_msg);
      return true;
    });
    await collector.stop();
  },
  ["bitcoind"],
);

interface PeerInfo {
  addr: string;
  bytessent_per_msg: Record<string, number>;
  bytesrecv_per_msg: Record<string, number>;
}

async function peerInfo(node: Bitcoind): Promise<PeerInfo[]> {
  return await node.rpc("getpeerinfo");
}

/** How many messages a file of the node's `-capturemessages` holds: 8 bytes time, 12 type, 4 length, payload. */
function countCaptured(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let count = 0;
  for (let at = 0; at < bytes.length; count++) at += 24 + view.getUint32(at + 20, true);
  return count;
}

/** Extractors in their sandboxes, and what they emit. */
class Collector implements AsyncDisposable {
  readonly #bus = new MemoryBus();
  readonly #stop = new AbortController();
  readonly #events: Event[] = [];
  readonly #lines: string[] = [];
  readonly #collecting = this.#collect();
  #running: Promise<boolean> | undefined;

  async start(options: Record<string, Record<string, string>>): Promise<void> {
    const tasks = await Promise.all(Object.entries(options).map(([name, values]) => task(name, values)));
    this.#running = runComponents({
      tasks,
      bus: this.#bus,
      nodes: [],
      sink: ({ component, message }) => this.#lines.push(`${component}: ${message}`),
      worker: program.worker,
      signal: this.#stop.signal,
    });
    for (const { name } of tasks) await this.said(`${name}: Started`);
  }

  /** Waits for a line of the log. */
  async said(start: string): Promise<void> {
    await until(`"${start}"`, () => this.#lines.some((line) => line.startsWith(start)));
  }

  /** What the events of a kind hold. */
  members(kind: "log" | "p2p" | "rpc"): { case: string; value: unknown }[] {
    return this.#events.filter((event) => event.kind === kind)
      .map(({ value }) => Object.values(value as object).find((member) => typeof member === "object"))
      .filter((member) => member !== undefined);
  }

  /** Bytes on the wire by message type, as the node counts them. */
  bytesPerMessage(inbound: boolean): Record<string, number> {
    const bytes: Record<string, number> = {};
    for (const event of this.#events) {
      if (event.kind !== "message" || event.value.meta?.inbound !== inbound) continue;
      const { command, size } = event.value.meta;
      bytes[command] = (bytes[command] ?? 0) + 24 + size;
    }
    return bytes;
  }

  /** Stops all of it; nothing may have been lost. */
  async stop(): Promise<void> {
    this.#stop.abort();
    assert(await this.#running, this.#lines.join("\n"));
    await this.#bus[Symbol.asyncDispose]();
    await this.#collecting;
    assertEquals(this.#bus.stats().dropped, 0);
    assertEquals(this.#events.length, this.#bus.stats().published);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#bus[Symbol.asyncDispose]();
    await this.#collecting;
  }

  async #collect(): Promise<void> {
    for await (const { data } of this.#bus.subscribe(KINDS.map((kind) => subjectOf(kind)))) {
      const decoded = decodeEvent(data);
      assert(decoded.ok && decoded.unknownFields === 0);
      this.#events.push(decoded.event);
    }
  }
}

/** A component of the program with some options set, as the command line would give them. */
async function task(name: string, options: Record<string, string>): Promise<Task> {
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
