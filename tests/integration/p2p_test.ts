/**
 * The p2p extractor with real nodes that connect to it: both transports, every kind of event, restarts of either side.
 */

import { assert, assertEquals, assertLess } from "@std/assert";
import { NODE_VERSION, ScriptedNode } from "../../extractors/p2p/_scripted_node.ts";
import p2p from "../../extractors/p2p/mod.ts";
import { hashFromHex } from "../../proto/bitcoin/mod.ts";
import { decodeEvent } from "../../proto/event.ts";
import type { Address, InventoryItem, P2p } from "../../proto/schema.ts";
import { MemoryBus } from "../../runtime/bus/memory.ts";
import { createContext } from "../../runtime/context.ts";
import { logFor } from "../../runtime/log.ts";
import type { Values } from "../../runtime/options.ts";
import { runComponents } from "../../runtime/runner.ts";
import { type Bitcoind, startBitcoind } from "../parts/bitcoind.ts";
import { partTest } from "../parts/needs.ts";
import { freePort, until } from "../parts/until.ts";

type P2pEvent = NonNullable<P2p["p2pEvent"]>;
type P2pValues = Values<typeof p2p.options>;

/** Nobody is dialled but us; we are told of transactions at once; outputs of OP_TRUE may be spent. */
const NODE_ARGS = ["-connect=0", "-listen=1", "-acceptnonstdtxn=1", "-whitelist=noban,in,out@127.0.0.1"];

/** An extractor at work. */
interface Observed extends AsyncDisposable {
  readonly port: number;
  readonly lines: string[];
  /** Everything it emitted. */
  readonly events: P2pEvent[];
  /** Complete once it has ended. */
  readonly counts: Map<string, number>;
  /** Addresses, inventory entries, durations and fee rates, in order. */
  readonly addresses: Address[];
  readonly items: InventoryItem["item"][];
  readonly durations: number[];
  readonly feeRates: bigint[];
  /** Waits until so many nodes have connected since the start. */
  connected(nodes?: number): Promise<void>;
  stop(): Promise<void>;
}

interface Run {
  readonly values: P2pValues;
  readonly bus: MemoryBus;
  readonly signal: AbortSignal;
  readonly lines: string[];
  readonly counts: Map<string, number>;
}

function observe(options: Partial<P2pValues>, run: (parts: Run) => Promise<unknown> = here): Observed {
  const port = freePort();
  const bus = new MemoryBus();
  const subscription = bus.subscribe(["p2p-extractor"]);
  const stop = new AbortController();
  const defaults = Object.entries(p2p.options).map(([name, option]) => [name, option.default]);
  const values: P2pValues = {
    ...Object.fromEntries(defaults),
    address: `127.0.0.1:${port}`,
    network: "regtest",
    pingIntervalMs: 100,
    ...options,
  };
  const [lines, counts, events]: [string[], Map<string, number>, P2pEvent[]] = [[], new Map(), []];
  const ended = run({ values, bus, signal: stop.signal, lines, counts });
  const collected = (async () => {
    for await (const { data } of subscription) {
      const decoded = decodeEvent(data);
      assert(decoded.ok && decoded.event.kind === "p2p" && decoded.unknownFields === 0);
      assertLess(Math.abs(decoded.event.timestamp - Date.now()), 60_000);
      events.push(decoded.event.value.p2pEvent!);
    }
  })();
  const stopped = async () => {
    stop.abort();
    await ended;
    await bus[Symbol.asyncDispose]();
    await collected;
  };
  return {
    port: Number(values.address.split(":")[1]),
    lines,
    counts,
    events,
    get addresses() {
      return events.flatMap((event) => event.case === "addressAnnouncement" ? event.value.addresses : []);
    },
    get items() {
      return events.flatMap((event) =>
        event.case === "inventoryAnnouncement" ? event.value.inventory.map(({ item }) => item) : []
      );
    },
    get durations() {
      return events.flatMap((event) => event.case === "pingDuration" ? [event.value.duration] : []);
    },
    get feeRates() {
      return events.flatMap((event) => event.case === "feefilterAnnouncement" ? [event.value] : []);
    },
    async connected(nodes = 1) {
      await until(`${nodes} nodes`, () => {
        return lines.filter((line) => line.includes(" connected: ")).length >= nodes;
      });
    },
    stop: stopped,
    [Symbol.asyncDispose]: stopped,
  };
}

/** In this thread. */
function here({ values, bus, signal, lines, counts }: Run): Promise<void> {
  return p2p.run(createContext<typeof p2p.options>({
    options: values,
    nodes: [],
    bus,
    log: logFor("p2p", ({ level, message }) => lines.push(`${level} ${message}`)),
    signal,
    count: (what, by = 1) => counts.set(what, (counts.get(what) ?? 0) + by),
  }));
}

/** As the program runs it: supervised, in a Worker with the rights it asks for. */
function sandboxed({ values, bus, signal, lines, counts }: Run): Promise<unknown> {
  return runComponents({
    tasks: [{ name: "p2p", component: p2p, values }],
    bus,
    nodes: [],
    sink: ({ level, message }) => lines.push(`${level} ${message}`),
    worker: new URL("../../worker.ts", import.meta.url),
    signal,
    onEnd: (_name, snapshot) => snapshot.counts.forEach((times, what) => counts.set(what, times)),
  });
}

interface PeerInfo {
  readonly id: number;
  readonly addr: string;
  readonly subver: string;
  readonly version: number;
  readonly transport_protocol_type: string;
  readonly session_id: string;
  readonly connection_type: string;
  readonly relaytxes: boolean;
  readonly addr_relay_enabled: boolean;
  readonly bytesrecv_per_msg: Readonly<Record<string, number>>;
  readonly bytessent_per_msg: Readonly<Record<string, number>>;
}

/** What the node says about us. */
async function us(node: Bitcoind, { port }: { readonly port: number }): Promise<PeerInfo> {
  return await until("the node to list us", async () => {
    const peers = await node.rpc<PeerInfo[]>("getpeerinfo");
    return peers.find(({ addr, bytesrecv_per_msg }) => {
      return addr === `127.0.0.1:${port}` && "verack" in bytesrecv_per_msg;
    });
  });
}

/** Sends a transaction; its wtxid as on the wire. */
async function spendCoins(node: Bitcoind, block: string): Promise<Uint8Array> {
  const { hash } = await node.rpc<{ hash: string }>("decoderawtransaction", await node.spendCoins(block));
  return hashFromHex(hash);
}

function same(a: InventoryItem["item"], kind: "wtx" | "block", hash: Uint8Array): boolean {
  return a?.case === kind && a.value.toHex() === hash.toHex();
}

for (const transport of ["v1", "v2"] as const) {
  partTest({
    name:
      `p2p takes a real node over ${transport}: handshake, pings, fee filter, blocks, transactions, addresses`,
    needs: ["bitcoind"],
    async fn(t) {
      await using observed = observe({});
      await using node = await startBitcoind({
        args: [...NODE_ARGS, `-v2transport=${transport === "v2" ? 1 : 0}`],
      });
      await node.rpc("addnode", `127.0.0.1:${observed.port}`, "onetry");
      await observed.connected();

      await t.step("the node lists us as what we say we are", async () => {
        const peer = await us(node, observed);
        assertEquals(peer.transport_protocol_type, transport);
        assertEquals([peer.subver, peer.version, peer.connection_type], [
          "/p2p-extractor:0.1/",
          70016,
          "manual",
        ]);
        assert(peer.relaytxes && peer.addr_relay_enabled);
        assert(["sendaddrv2", "wtxidrelay"].every((command) => peer.bytesrecv_per_msg[command]! > 0));
        const [line] = observed.lines.filter((line) => line.includes(" connected: "));
        assert(line!.includes(`over ${transport}, protocol 70016`), line);
      });

      await t.step("a ping at every interval, and every pong an event", async () => {
        const startedAt = performance.now();
        const before = observed.durations.length;
        await until("ten pongs", () => observed.durations.length >= before + 10);
        assertLess(performance.now() - startedAt, 5000);
        // bitcoind looks for messages every 100 ms at the latest.
        for (const duration of observed.durations) {
          assert(Number.isInteger(duration) && duration > 10_000 && duration < 2e9, `${duration} ns`);
        }
      });

      await t.step("the fee filter: nothing during initial download, then the node's own", async () => {
        await until("a fee filter", () => observed.feeRates.length >= 1);
        assert(observed.feeRates[0]! > 1_000_000n, `${observed.feeRates[0]} sat/kvB`);
        await node.generate(1);
        await until("the next fee filter", () => observed.feeRates.length >= 2);
        assert(observed.feeRates[1]! < 10_000n, `${observed.feeRates[1]} sat/kvB`);
      });

      await t.step("a block", async () => {
        const [hash] = await node.generate(1);
        await until("its inv", () => observed.items.some((item) => same(item, "block", hashFromHex(hash!))));
      });

      await t.step("a transaction, by its wtxid", async () => {
        await node.generate(100);
        const wtxid = await spendCoins(node, await node.rpc("getblockhash", 1));
        await until("its inv", () => observed.items.some((item) => same(item, "wtx", wtxid)));
      });

      await t.step("addresses that another peer tells the node", async () => {
        using stranger = await ScriptedNode.connect(node.p2pPort, { transport });
        await stranger.send({ ...NODE_VERSION, timestamp: BigInt(Math.floor(Date.now() / 1000)) });
        await stranger.until("wtxidrelay");
        await stranger.send({ type: "wtxidrelay" }, { type: "sendaddrv2" });
        await stranger.until("verack");
        const time = Math.floor(Date.now() / 1000);
        const address = { network: "ipv4", networkId: 1, bytes: Uint8Array.of(44, 1, 2, 3) } as const;
        const entry = { time, services: 9n, address, port: 8333 };
        await stranger.send(
          { type: "verack" },
          { type: "addrv2", addresses: [entry] },
          { type: "ping", nonce: 1n },
        );
        // Only then has the node read it, and the time may pass.
        await stranger.until("pong");
        // Addresses are passed on every 30 s on average, by the node's clock.
        let mocked = time;
        await until("the address", async () => {
          await node.rpc("setmocktime", mocked += 30);
          return observed.addresses.length > 0;
        });
        await node.rpc("setmocktime", 0);
        assertEquals(observed.addresses, [
          { timestamp: time, services: 9n, port: 8333, address: { case: "ipv4", value: "44.1.2.3" } },
        ]);
      });

      await t.step("addresses of every network", async () => {
        const payload = Uint8Array.fromHex(
          "03" +
            "0000000109" + "02" + "10" + "20010db8000000000000000000000001" + "208d" +
            "0000000209" + "04" + "20" + "ab".repeat(32) + "208d" +
            "00000003fd0908" + "06" + "10" + "fc" + "00".repeat(15) + "0000",
        );
        const { id } = await us(node, observed);
        const before = observed.addresses.length;
        await node.rpc("sendmsgtopeer", id, "addrv2", payload.toHex());
        await until("the addresses", () => observed.addresses.length === before + 3);
        const [ipv6, torv3, cjdns] = observed.addresses.slice(before);
        assertEquals(ipv6!.address, { case: "ipv6", value: "2001:db8::1" });
        assertEquals([torv3!.address?.case, torv3!.port], ["torv3", 8333]);
        assertEquals([cjdns!.address?.case, cjdns!.services], ["cjdns", 0x809n]);
      });

      await t.step(
        "the node has sent, by its own count, what was seen, and got nothing but answers",
        async () => {
          const header = transport === "v1" ? 24 : 21;
          const ours = new Set(["version", "sendaddrv2", "wtxidrelay", "verack", "ping", "pong"]);
          await until("the same bytes", async () => {
            const { bytessent_per_msg: sent, bytesrecv_per_msg: received } = await us(node, observed);
            const { feefilter, inv, addrv2 } = sent;
            assertEquals<unknown>({ feefilter, inv, addrv2 }, {
              feefilter: observed.feeRates.length * (header + 8),
              inv: observed.events.reduce((sum, event) => {
                if (event.case !== "inventoryAnnouncement") return sum;
                const { length } = event.value.inventory;
                assertLess(length, 0xfd);
                return sum + header + 1 + length * 36;
              }, 0),
              addrv2: 2 * header + 14 + 1 + 25 + 41 + 27,
            });
            assertEquals(Object.keys(received).filter((command) => !ours.has(command)), []);
            return true;
          });
          assertEquals(observed.counts, new Map());
        },
      );

      await t.step("big messages arrive while we ping", async () => {
        const { id } = await us(node, observed);
        const before = observed.durations.length;
        const startedAt = performance.now();
        for (let i = 0; i < 3; i++) await node.rpc("sendmsgtopeer", id, "block", "00".repeat(3_900_000));
        await until("pongs", () => observed.durations.length >= before + 5);
        const missing = (performance.now() - startedAt) / 100 - (observed.durations.length - before);
        assertLess(missing, 10, "of pings at every 100 ms");
        assertEquals(observed.lines.filter((line) => line.includes(" gone ")), []);
      });
    },
  });
}

partTest({
  name: "p2p takes two nodes at once; one that is killed does not disturb the other",
  needs: ["bitcoind"],
  async fn() {
    await using observed = observe({ pingIntervalMs: 1000 });
    const args = [...NODE_ARGS, `-addnode=127.0.0.1:${observed.port}`];
    await using first = await startBitcoind({ args: [...args, "-v2transport=0"] });
    await using second = await startBitcoind({ args: [...args, "-uacomment=second"] });
    await observed.connected(2);
    assertEquals((await us(first, observed)).transport_protocol_type, "v1");
    assertEquals((await us(second, observed)).transport_protocol_type, "v2");
    const [hash] = await first.generate(1);
    const [other] = await second.generate(2);
    for (const block of [hash!, other!]) {
      await until("its inv", () => observed.items.some((item) => same(item, "block", hashFromHex(block))));
    }
    await second.kill();
    await until("the end of one", () => observed.lines.some((line) => line.includes(" gone ")));
    const [last] = await first.generate(1);
    await until("an inv of the other", () => {
      return observed.items.some((item) => same(item, "block", hashFromHex(last!)));
    });
    assertEquals(observed.lines.filter((line) => line.includes(" gone ")).length, 1);
  },
});

partTest({
  name: "p2p survives a restart of the node, and the node one of p2p",
  needs: ["bitcoind"],
  async fn() {
    const first = observe({});
    const args = [...NODE_ARGS, `-addnode=127.0.0.1:${first.port}`];
    await using node = await startBitcoind({ args });
    await first.connected(1);
    await node.restart();
    await first.connected(2);
    const before = first.durations.length;
    await until("pongs of the new node", () => first.durations.length > before + 2);
    await first.stop();
    // A node that stops with something unread resets the connection.
    const ended = ["closed", "reset"].map((how) => first.counts.get(`connections ended (${how})`) ?? 0);
    assertEquals(ended[0]! + ended[1]!, 1);
    assertEquals(first.counts.get("connections ended (stopped)"), 1);

    await until("the node to notice", async () => (await node.rpc<unknown[]>("getpeerinfo")).length === 0);
    await using again = observe({ address: `127.0.0.1:${first.port}` });
    // By itself it would try again within a minute.
    await node.rpc("addnode", `127.0.0.1:${first.port}`, "onetry");
    await again.connected();
    await until("pongs again", () => again.durations.length >= 2);
  },
});

partTest({
  name: "p2p without services is not what a syncing node waits for, and is told everything all the same",
  needs: ["bitcoind"],
  async fn() {
    await using observed = observe({ services: 0 });
    await using synced = await startBitcoind();
    await synced.generate(101);
    await using fresh = await startBitcoind({ args: NODE_ARGS });
    await fresh.rpc("addnode", `127.0.0.1:${observed.port}`, "onetry");
    await observed.connected();
    // With the default, a node takes its first peer for one that has the chain, and waits 15 minutes for headers.
    await fresh.connect(synced);
    await until("the chain", async () => await fresh.rpc("getblockcount") === 101);
    const wtxid = await spendCoins(fresh, await fresh.rpc("getblockhash", 1));
    const [hash] = await synced.generate(1);
    await until("a transaction and a block", () =>
      observed.items.some((item) => same(item, "wtx", wtxid)) &&
      observed.items.some((item) => same(item, "block", hashFromHex(hash!))));
    await until(
      "pongs and a fee filter",
      () => observed.durations.length > 0 && observed.feeRates.length > 1,
    );
  },
});

partTest({
  name: "p2p of another network is left by the node, and says what to look at",
  needs: ["bitcoind"],
  async fn() {
    await using observed = observe({ network: "testnet4" });
    await using node = await startBitcoind({ args: [...NODE_ARGS, "-v2transport=0"] });
    await node.rpc("addnode", `127.0.0.1:${observed.port}`, "onetry");
    const line = await until("the end", () => observed.lines.find((line) => line.includes(" gone ")));
    assert(line.includes("other-network; check that --p2p.network is the node's"), line);
    assertEquals(observed.events, []);
  },
});

partTest({
  name: "p2p in its sandbox, which may only listen on its address",
  needs: ["bitcoind"],
  async fn() {
    await using observed = observe({}, sandboxed);
    await using node = await startBitcoind({ args: NODE_ARGS });
    await until("the sandbox", () => observed.lines.some((line) => line.includes("Waiting for nodes")));
    await node.rpc("addnode", `127.0.0.1:${observed.port}`, "onetry");
    await observed.connected();
    assertEquals((await us(node, observed)).transport_protocol_type, "v2");
    const [hash] = await node.generate(1);
    await until("the inv", () => observed.items.some((item) => same(item, "block", hashFromHex(hash!))));
    await until("pongs", () => observed.durations.length >= 3);
    const [line] = observed.lines.filter((line) => line.includes("Started in a sandbox"));
    assert(line?.includes(`net 127.0.0.1:${observed.port}`), line);
  },
});
