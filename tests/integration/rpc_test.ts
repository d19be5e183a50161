/**
 * The rpc extractor with real nodes: every kind of event, in this thread and in its sandbox, over a restart.
 */

import { assert, assertEquals, assertGreaterOrEqual, assertLess, assertMatch } from "@std/assert";
import rpc from "../../extractors/rpc/mod.ts";
import { encodeFrame, encodeMessage, FrameParser, hashToHex, START_BYTES } from "../../proto/bitcoin/mod.ts";
import { decodeEvent } from "../../proto/event.ts";
import type { Rpc } from "../../proto/schema.ts";
import type { Subscription } from "../../runtime/bus/bus.ts";
import { MemoryBus } from "../../runtime/bus/memory.ts";
import { createContext } from "../../runtime/context.ts";
import { logFor } from "../../runtime/log.ts";
import type { Values } from "../../runtime/options.ts";
import { runComponents } from "../../runtime/runner.ts";
import { type Bitcoind, startBitcoind } from "../parts/bitcoind.ts";
import { partTest } from "../parts/needs.ts";
import { requirePart } from "../parts/part.ts";
import { runOrThrow } from "../parts/run.ts";
import { until } from "../parts/until.ts";

type RpcEvent = NonNullable<Rpc["rpcEvent"]>;
type Latest = { [E in RpcEvent as E["case"]]?: E["value"] };
type RpcValues = Values<typeof rpc.options>;

const KINDS: readonly RpcEvent["case"][] = [
  "peerInfos",
  "mempoolInfo",
  "uptime",
  "netTotals",
  "memoryInfo",
  "addrmanInfo",
  "networkInfo",
  "orphanTxs",
  "estimateSmartFee",
  "chainTxStats",
  "blockchainInfo",
  "addrman",
];

/** An extractor at work. */
interface Observed extends AsyncDisposable {
  readonly lines: string[];
  /** Complete once it has ended. */
  readonly counts: Map<string, number>;
  /** The latest event of each kind. */
  latest: Latest;
  /** Waits until there is an event of every kind that is newer than this call. */
  all(): Promise<Required<Latest>>;
}

interface RunParts {
  readonly bus: MemoryBus;
  readonly signal: AbortSignal;
  readonly lines: string[];
  readonly counts: Map<string, number>;
}

function observe(run: (parts: RunParts) => Promise<unknown>): Observed {
  const bus = new MemoryBus();
  const subscription = bus.subscribe(["rpc"]);
  const stop = new AbortController();
  const parts: RunParts = { bus, signal: stop.signal, lines: [], counts: new Map() };
  const ended = run(parts);
  const observed: Observed = {
    ...parts,
    latest: {},
    async all() {
      this.latest = {};
      await until("an event of every kind", () => KINDS.every((kind) => this.latest[kind] !== undefined));
      return this.latest as Required<Latest>;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await ended;
      await bus[Symbol.asyncDispose]();
      await collected;
    },
  };
  const collected = collect(subscription, observed);
  return observed;
}

async function collect(subscription: Subscription, observed: Observed): Promise<void> {
  for await (const { data } of subscription) {
    const decoded = decodeEvent(data);
    assert(decoded.ok && decoded.event.kind === "rpc" && decoded.unknownFields === 0);
    assertLess(Math.abs(decoded.event.timestamp - Date.now()), 60_000);
    const { case: kind, value } = decoded.event.value.rpcEvent!;
    Object.assign(observed.latest, { [kind]: value });
  }
}

function values(overrides: Partial<RpcValues>): RpcValues {
  const defaults = Object.entries(rpc.options).map(([name, option]) => [name, option.default]);
  return { ...Object.fromEntries(defaults), intervalMs: 200, slowIntervalMs: 200, ...overrides };
}

/** In this thread. */
function observeHere(options: Partial<RpcValues>): Observed {
  return observe(({ bus, signal, lines, counts }) =>
    rpc.run(createContext<typeof rpc.options>({
      options: values(options),
      nodes: [],
      bus,
      log: logFor("rpc", ({ level, message }) => lines.push(`${level} ${message}`)),
      signal,
      count: (what, by = 1) => counts.set(what, (counts.get(what) ?? 0) + by),
    }))
  );
}

/** As the program runs it: supervised, in a Worker with the rights it asks for. */
function observeSandboxed(options: Partial<RpcValues>): Observed {
  return observe(({ bus, signal, lines, counts }) =>
    runComponents({
      tasks: [{ name: "rpc", component: rpc, values: values(options) }],
      bus,
      nodes: [],
      sink: ({ level, message }) => lines.push(`${level} ${message}`),
      worker: new URL("../../worker.ts", import.meta.url),
      signal,
      onEnd: (_name, snapshot) => snapshot.counts.forEach((times, what) => counts.set(what, times)),
    })
  );
}

async function untilLine(observed: Observed, part: string): Promise<string> {
  return await until(`a line with "${part}"`, () => observed.lines.find((line) => line.includes(part)));
}

/** Nobody is dialled by itself; places in the address manager are predictable; outputs of OP_TRUE may be spent. */
const NODE_ARGS = ["-connect=0", "-listen=1", "-test=addrman", "-acceptnonstdtxn=1"];
/** Addresses of networks that this node cannot reach, so that it does not even try. */
const TRIED = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion";
const FRESH = "kpgvmscirrdqpekbqjsvw5teanhatztpp2gl6eee4zkowvwfxwenqaid.onion";

/** A node with a chain, a mempool, addresses, a peer and an orphan. */
async function startBusyNode(args: string[] = []) {
  await using stack = new AsyncDisposableStack();
  const node = stack.use(await startBitcoind({ args: [...NODE_ARGS, ...args] }));
  const other = stack.use(await startBitcoind());
  await node.generate(110);
  await node.connect(other);
  for (const [address, tried] of [[TRIED, true], [FRESH, false]]) {
    assertEquals((await node.rpc("addpeeraddress", address, 8333, tried)).success, true);
  }
  await node.spendCoins(await node.rpc("getblockhash", 1));
  const orphan = await node.spend("ab".repeat(32), "1");
  stack.use(await sendOrphan(node, orphan));
  await until("the orphan at the node", async () => (await node.rpc("getorphantxs")).length === 1);
  const owned = stack.move();
  return { node, other, orphan, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Connects as a peer and sends a transaction whose input nobody knows. */
async function sendOrphan(node: Bitcoind, hex: string): Promise<AsyncDisposable> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: node.p2pPort });
  const greeted = Promise.withResolvers<void>();
  const send = async (command: string, payload: Uint8Array) => {
    const frame = encodeFrame(START_BYTES.regtest, command, payload);
    for (let sent = 0; sent < frame.length;) sent += await connection.write(frame.subarray(sent));
  };
  const nobody = {
    services: 0n,
    address: { network: "ipv4" as const, networkId: 1, bytes: new Uint8Array(4) },
    port: 0,
  };
  const reading = (async () => {
    const parser = new FrameParser(START_BYTES.regtest);
    for (const chunk = new Uint8Array(65_536);;) {
      const length = await connection.read(chunk);
      if (length === null) break;
      const { frames } = parser.push(chunk.slice(0, length));
      if (frames.some(({ command }) => command === "verack")) greeted.resolve();
    }
  })().catch(() => {});
  const version = encodeMessage({
    type: "version",
    version: 70016,
    services: 0n,
    timestamp: BigInt(Math.floor(Date.now() / 1000)),
    receiver: nobody,
    sender: nobody,
    nonce: 1n,
    userAgent: "/orphanage:1/",
    startHeight: 0,
    relay: true,
  });
  await send("version", version);
  await greeted.promise;
  await send("verack", new Uint8Array());
  await send("tx", Uint8Array.fromHex(hex));
  return {
    async [Symbol.asyncDispose]() {
      connection.close();
      await reading;
    },
  };
}

/** Compares every kind of event with what the node says when it is asked in another way. */
async function compare(latest: Required<Latest>, { node, orphan }: { node: Bitcoind; orphan: string }) {
  const chain = await node.rpc("getblockchaininfo");
  assertEquals(latest.blockchainInfo.chain, "regtest");
  assertEquals(latest.blockchainInfo.blocks, 110);
  assertEquals(latest.blockchainInfo.bestblockhash, chain.bestblockhash);
  assertEquals(latest.blockchainInfo.chainwork, String((110 + 1) * 2)); // two hashes a block on regtest
  assertEquals(latest.blockchainInfo.difficulty, chain.difficulty);
  assertEquals(latest.blockchainInfo.sizeOnDisk, chain.size_on_disk);
  assertEquals([latest.chainTxStats.txCount, latest.chainTxStats.windowBlockCount], [111, 109]);
  assertEquals(latest.chainTxStats.windowFinalBlockHash, chain.bestblockhash);

  const peers = await node.rpc("getpeerinfo");
  assertEquals(
    latest.peerInfos.infos.map((peer) => [peer.id, peer.address, peer.inbound, peer.subversion]),
    // deno-lint-ignore no-explicit-any -- whatever the node prints
    peers.map((peer: any) => [peer.id, peer.addr, peer.inbound, peer.subver]),
  );
  const [outbound, inbound] = latest.peerInfos.infos;
  assertEquals([outbound!.connectionType, inbound!.connectionType], ["manual", "inbound"]);
  assertEquals([outbound!.version, inbound!.version], [peers[0].version, 70016]);
  assertEquals(inbound!.bytesReceivedPerMessage.get("tx"), orphan.length / 2 + 24);
  assert(outbound!.pingTime > 0 && outbound!.pingTime < 10, "seconds");

  assertEquals([latest.mempoolInfo.size, latest.mempoolInfo.totalFee], [1, 0.0001]);
  const mempool = await node.rpc("getmempoolinfo");
  assertEquals(latest.mempoolInfo.minrelaytxfee, Math.round(mempool.minrelaytxfee * 1e8) / 1000);
  assertEquals([latest.mempoolInfo.maxMempool, latest.mempoolInfo.bytes], [
    mempool.maxmempool,
    mempool.bytes,
  ]);

  const network = await node.rpc("getnetworkinfo");
  assertEquals([latest.networkInfo.version, latest.networkInfo.subversion], [
    network.version,
    network.subversion,
  ]);
  assertEquals([latest.networkInfo.connections, latest.networkInfo.connectionsIn], [2, 1]);
  assertEquals(latest.networkInfo.networks.map(({ name }) => name), [
    "ipv4",
    "ipv6",
    "onion",
    "i2p",
    "cjdns",
  ]);
  assertEquals(latest.networkInfo.relayFee, latest.mempoolInfo.minrelaytxfee);

  const totals = await node.rpc("getnettotals");
  assertGreaterOrEqual(totals.totalbytessent, latest.netTotals.totalBytesSent);
  assert(latest.netTotals.totalBytesSent > 1000);
  assertLess(Math.abs(latest.netTotals.timeMillis - Date.now()), 60_000);
  assertEquals(latest.netTotals.uploadTarget.timeframe, 86400);
  assertEquals(latest.memoryInfo.total, (await node.rpc("getmemoryinfo")).locked.total);
  assertLess(Math.abs(latest.uptime - await node.rpc("uptime")), 60);

  assertEquals(latest.addrmanInfo.networks.get("onion"), { new: 1, tried: 1, total: 2 });
  const [tried] = [...latest.addrman.tried.values()].flatMap(({ entries }) => [...entries.values()]);
  const [fresh] = [...latest.addrman.new.values()].flatMap(({ entries }) => [...entries.values()]);
  assertEquals([tried!.address, tried!.port, tried!.network], [TRIED, 8333, "onion"]);
  assertEquals([fresh!.address, fresh!.source], [FRESH, FRESH]);
  const raw = await node.rpc("getrawaddrman");
  const places = [...latest.addrman.new].flatMap(([bucket, { entries }]) =>
    [...entries.keys()].map((position) => `${bucket}/${position}`)
  );
  assertEquals(places, Object.keys(raw.new));
  assertEquals(fresh!.services, BigInt(raw.new[places[0]!].services));

  const [ownOrphan] = await node.rpc("getorphantxs", 2);
  const { orphans: [seen] } = latest.orphanTxs;
  assertEquals([seen!.txid, seen!.wtxid, seen!.from], [ownOrphan.txid, ownOrphan.wtxid, [inbound!.id]]);
  assertEquals(hashToHex(seen!.transaction.txid), ownOrphan.txid);
  assertEquals(hashToHex(seen!.transaction.wtxid), ownOrphan.wtxid);
  assertEquals(seen!.transaction.raw?.toHex(), orphan);

  assertEquals(latest.estimateSmartFee, {
    feeRate: undefined,
    blocks: 0,
    requestedBlocks: 144,
    mode: 2,
    errors: ["Insufficient data or no feerate found"],
  });
}

partTest({
  name: "rpc emits what a real node says, an event of every kind",
  needs: ["bitcoind"],
  fn: async () => {
    await using busy = await startBusyNode();
    const { node } = busy;
    await using observed = observeHere({ url: node.rpcUrl, cookieFile: node.cookieFile });
    await until("a ping", async () => (await node.rpc("getpeerinfo"))[0].pingtime > 0);
    await compare(await observed.all(), busy);
    assertEquals(observed.lines, ["info Chain tips: 1 active"]);
    assertEquals([...observed.counts], []);
  },
});

partTest({
  name: "rpc logs the reorganisation of a real node",
  needs: ["bitcoind"],
  fn: async () => {
    await using node = await startBitcoind();
    await node.generate(5);
    await using observed = observeHere({ url: node.rpcUrl, cookieFile: node.cookieFile });
    await untilLine(observed, "info Chain tips: 1 active");
    const tip = await node.rpc("getbestblockhash");
    await node.rpc("invalidateblock", tip);
    await untilLine(observed, `warn Chain tip ${tip} at height 5: no longer active`);
    assertEquals(observed.counts.get("chain tips (invalid)"), 1);
  },
});

partTest({
  name: "rpc in its sandbox emits every kind of event, and again after the node's restart with a new cookie",
  needs: ["bitcoind"],
  fn: async () => {
    await using busy = await startBusyNode();
    const { node } = busy;
    await using observed = observeSandboxed({ url: node.rpcUrl, cookieFile: node.cookieFile });
    await until("a ping", async () => (await node.rpc("getpeerinfo"))[0].pingtime > 0);
    await compare(await observed.all(), busy);
    const { host } = new URL(node.rpcUrl);
    assertEquals(observed.lines[0], `info Started in a sandbox: net ${host}; read ${node.cookieFile}`);

    const cookie = await Deno.readTextFile(node.cookieFile);
    await node.stop();
    await untilLine(observed, "warn No answer from the node");
    await node.start();
    assert(await Deno.readTextFile(node.cookieFile) !== cookie, "the node has a new cookie");
    await untilLine(observed, "info The node answers again");
    const { uptime, peerInfos, blockchainInfo } = await observed.all();
    assertLess(uptime, 60);
    assertEquals([peerInfos.infos.length, blockchainInfo.blocks], [0, 110]);
    await observed[Symbol.asyncDispose]();
    assertEquals(observed.lines.filter((line) => /^(warn|error)/.test(line)).length, 1);
    assertMatch(await untilLine(observed, "Ended: 0 events in"), /\d+ out, 0 dropped, 0 restarts/);
  },
});

partTest({
  name: "rpc lives with a user who may call nothing but what its README lists",
  needs: ["bitcoind"],
  fn: async () => {
    const readme = await Deno.readTextFile(new URL("../../extractors/rpc/README.md", import.meta.url));
    const whitelist = /^rpcwhitelist=waggle:(\S+)$/m.exec(readme)?.[1];
    assert(whitelist !== undefined, "the README has the line");
    const password = "correct horse battery staple";
    await using busy = await startBusyNode([
      `-rpcauth=waggle:${await rpcAuth(password)}`,
      `-rpcwhitelist=waggle:${whitelist}`,
      "-rpcwhitelistdefault=0",
    ]);
    const { node } = busy;
    const passwordFile = `${node.datadir}/password`;
    await Deno.writeTextFile(passwordFile, `${password}\n`);
    await using observed = observeSandboxed({ url: node.rpcUrl, user: "waggle", passwordFile });
    await until("a ping", async () => (await node.rpc("getpeerinfo"))[0].pingtime > 0);
    await compare(await observed.all(), busy);
    await untilLine(observed, "Chain tips: 1 active");
    await observed[Symbol.asyncDispose]();
    assertEquals([...observed.counts], []);
  },
});

partTest({
  name: "rpc reaches a node through TLS with the authority it was given, and with no other",
  needs: ["bitcoind", "openssl"],
  fn: async () => {
    await using node = await startBitcoind();
    const { tlsCa, keyFile } = await makeLeafCertificate(node.datadir);
    await using proxy = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      cert: await Deno.readTextFile(tlsCa),
      key: await Deno.readTextFile(keyFile),
      onListen: () => {},
    }, async (request) =>
      await fetch(node.rpcUrl, {
        method: "POST",
        headers: { authorization: request.headers.get("authorization")!, connection: "close" },
        body: await request.text(),
      }));
    const url = `https://localhost:${proxy.addr.port}`;
    await using trusting = observeSandboxed({ url, cookieFile: node.cookieFile, tlsCa });
    assertEquals((await trusting.all()).blockchainInfo.chain, "regtest");
    await using distrusting = observeSandboxed({ url, cookieFile: node.cookieFile });
    assertMatch(await untilLine(distrusting, "No answer from the node"), /certificate/i);
    assertEquals(distrusting.latest, {});
  },
});

/** A self-signed certificate as the README wants it: one that is no authority for others, which Deno would refuse. */
async function makeLeafCertificate(folder: string): Promise<{ tlsCa: string; keyFile: string }> {
  const tlsCa = `${folder}/leaf.pem`;
  const keyFile = `${folder}/leaf-key.pem`;
  await runOrThrow(requirePart("openssl"), [
    ...["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost"],
    ...["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
    ...["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"],
    ...["-out", tlsCa, "-keyout", keyFile],
  ]);
  return { tlsCa, keyFile };
}

/** Salt and hash as `rpcauth` wants them. */
async function rpcAuth(password: string): Promise<string> {
  const encoder = new TextEncoder();
  const salt = "0123456789abcdef";
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(salt), algorithm, false, ["sign"]);
  return `${salt}$${new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(password))).toHex()}`;
}
