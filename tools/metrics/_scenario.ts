/**
 * A few minutes of a node, as events: small enough that every metric can be worked out by hand.
 *
 * @module
 */

import { encodeEvent, type Event, type Payloads } from "../../proto/event.ts";
import type { Address, InventoryItem, MessageEvent, PeerInfo } from "../../proto/schema.ts";
import type { Kind } from "../../proto/subjects.ts";

/** Unix milliseconds of the first event: 2023-11-14 22:13:20.123. */
export const START_MS = 1_700_000_000_123;
/** The same in seconds. */
export const START_S = 1_700_000_000;

/** Addresses of the scenario that are on the lists. */
export const LISTS = {
  tor_exit: "198.51.100.7\n",
  banlist_gmax: "bitcoin-cli setban 192.0.2.0/25 add 31536000\n",
  banlist_monero: "# a comment\n192.0.2.1\n",
  bitprojects: "192.0.2.128/25",
};

const HASH = new Uint8Array(32).fill(7);
const ALICE = { peerId: 1, addr: "203.0.113.7:8333", connType: 1 };
const BOB = { peerId: 2, addr: "[2001:db8:0:1::5]:8333", connType: 2 };
const LION = { peerId: 3, addr: "87.229.79.20:40000", connType: 1 };
const NOBODY = { peerId: 4, addr: "abcdefghijklmnop.onion:8333", connType: 1 };

function event<K extends Kind>(kind: K, value: Payloads[K], laterMs = 0): Event {
  return { timestamp: START_MS + laterMs, kind, value } as Event;
}

interface From {
  peerId: number;
  addr: string;
  connType: number;
}

function message(
  from: From,
  direction: "received" | "sent",
  command: string,
  size: number,
  msg: MessageEvent["msg"],
) {
  return event("message", { meta: { ...from, command, inbound: direction === "received", size }, msg });
}

function items(counts: Partial<Record<NonNullable<InventoryItem["item"]>["case"], number>>): InventoryItem[] {
  return Object.entries(counts).flatMap(([type, count]) =>
    Array.from({ length: count }, () => ({ item: { case: type, value: HASH } } as InventoryItem))
  );
}

function address(
  network: "ipv4" | "ipv6" | "torv3" | "cjdns",
  value: string,
  { services = 1033n, ageS = 600 }: { services?: bigint; ageS?: number } = {},
): Address {
  return { timestamp: START_S - ageS, address: { case: network, value }, services, port: 8333 };
}

const EMPTY_ADDRESS: Address = { timestamp: 0, address: undefined, services: 0n, port: 0 };

function version(userAgent: string): MessageEvent["msg"] {
  const value = {
    version: 70016,
    services: 1033n,
    timestamp: 1n,
    receiver: EMPTY_ADDRESS,
    sender: EMPTY_ADDRESS,
  };
  return { case: "version", value: { ...value, nonce: 1n, userAgent, startHeight: 1, relay: true } };
}

const MESSAGES: Event[] = [
  // 3 + 1 items of two types, then 2 of one, then none; then 36 sent, which is large, and 35 of each, which is not.
  message(ALICE, "received", "inv", 145, { case: "inv", value: { items: items({ wtx: 3, block: 1 }) } }),
  message(ALICE, "received", "inv", 73, { case: "inv", value: { items: items({ transaction: 2 }) } }),
  message(BOB, "received", "inv", 1, { case: "inv", value: { items: [] } }),
  message(ALICE, "sent", "inv", 1297, { case: "inv", value: { items: items({ wtx: 36 }) } }),
  message(ALICE, "sent", "inv", 2521, { case: "inv", value: { items: items({ wtx: 35, transaction: 35 }) } }),
  message(ALICE, "received", "tx", 222, { case: "tx", value: { tx: { txid: HASH, wtxid: HASH } } }),
  message(ALICE, "received", "ping", 8, { case: "ping", value: { value: 0n } }),
  message(ALICE, "received", "ping", 8, { case: "ping", value: { value: 255n } }),
  message(ALICE, "received", "ping", 8, { case: "ping", value: { value: 256n } }),
  message(ALICE, "received", "ping", 8, { case: "ping", value: { value: 0x1_0000n } }),
  message(LION, "received", "ping", 8, { case: "ping", value: { value: 0xffff_ffff_ffff_ffffn } }),
  message(ALICE, "sent", "ping", 8, { case: "ping", value: { value: 1n } }),
  message(BOB, "received", "ping", 0, { case: "oldping", value: true }),
  message(NOBODY, "received", "ping", 0, { case: "oldping", value: true }),
  // Herself, a neighbour of hers, somebody far away from the future.
  message(ALICE, "received", "addr", 91, {
    case: "addr",
    value: {
      addresses: [
        address("ipv4", "203.0.113.7", { ageS: 0 }),
        address("ipv4", "203.0.113.200", { ageS: 3, services: 1n }),
        address("ipv6", "2001:db8::1", { ageS: -100 }),
      ],
    },
  }),
  message(BOB, "received", "addrv2", 70, {
    case: "addrv2",
    value: {
      addresses: [
        address("ipv6", "2001:db8:0:1::5"),
        address("ipv6", "2001:db8:0:1:ffff::"),
        address("torv3", `${"a".repeat(52)}.onion`),
      ],
    },
  }),
  message(BOB, "received", "addrv2", 0, { case: "emptyaddrv2", value: true }),
  message(ALICE, "received", "version", 102, version("/Satoshi:31.0.0/")),
  message(LION, "received", "version", 102, version("/whatever:1/")),
  message(ALICE, "received", "version", 102, version("/pynode:0.0.1/")),
  message(ALICE, "sent", "version", 102, version("/Satoshi:29.0.0/")),
  message(ALICE, "received", "feefilter", 8, { case: "feefilter", value: { fee: 1000n } }),
  message(ALICE, "received", "reject", 60, {
    case: "reject",
    value: { rejectedCommand: "tx", reason: 6, reasonDetails: "min relay fee not met", hash: HASH },
  }),
  message(ALICE, "received", "wtf", 3, { case: "unknown", value: { command: "wtf", payload: HASH } }),
];

const conn = (from: From, network: number) => ({ ...from, network });

const CONNECTIONS: Event[] = [
  event("connection", {
    event: { case: "inbound", value: { conn: conn(ALICE, 1), existingConnections: 40 } },
  }),
  event("connection", {
    event: { case: "inbound", value: { conn: conn(LION, 1), existingConnections: 41 } },
  }),
  event("connection", {
    event: {
      case: "inbound",
      value: { conn: conn({ ...ALICE, addr: "192.0.2.1:1024" }, 1), existingConnections: 42 },
    },
  }),
  event("connection", {
    event: {
      case: "inbound",
      value: { conn: conn({ ...ALICE, addr: "198.51.100.7:1024" }, 1), existingConnections: 43 },
    },
  }),
  event("connection", { event: { case: "outbound", value: { conn: conn(BOB, 2), existingConnections: 9 } } }),
  event("connection", {
    event: { case: "closed", value: { conn: conn(ALICE, 1), timeEstablished: START_S - 60 } },
  }),
  // Opened after it was closed: no age.
  event("connection", {
    event: { case: "closed", value: { conn: conn(NOBODY, 3), timeEstablished: START_S + 60 } },
  }),
  event("connection", {
    event: { case: "inboundEvicted", value: { conn: conn(LION, 1), timeEstablished: START_S } },
  }),
  event("connection", {
    event: { case: "misbehaving", value: { id: 3, message: "header with invalid pow" } },
  }),
  event("connection", {
    event: { case: "misbehaving", value: { id: 4, message: "header with invalid pow" } },
  }),
];

const replaced = {
  ...{ replacedTxid: HASH, replacedVsize: 150, replacedFee: 1, replacedEntryTime: 1, replacementId: HASH },
  ...{ replacementVsize: 99, replacementFee: 2, replacedByTransaction: true },
};

const CHAIN: Event[] = [
  event("mempool", { event: { case: "added", value: { txid: HASH, vsize: 141, fee: 1000 } } }),
  event("mempool", { event: { case: "added", value: { txid: HASH, vsize: 109, fee: 1000 } } }),
  event("mempool", { event: { case: "replaced", value: replaced } }),
  event("mempool", { event: { case: "rejected", value: { txid: HASH, reason: "min relay fee not met" } } }),
  event("mempool", {
    event: { case: "removed", value: { txid: HASH, reason: "block", vsize: 141, fee: 1000, entryTime: 1 } },
  }),
  event("validation", {
    event: {
      case: "blockConnected",
      value: {
        ...{ hash: HASH, height: 840_000, transactions: 3050, inputs: 7000, sigops: 9000 },
        connectionTime: 123_456_789,
      },
    },
  }),
  event("validation", {
    event: {
      case: "blockConnected",
      value: {
        hash: HASH,
        height: 840_001,
        transactions: 10,
        inputs: 20,
        sigops: 30,
        connectionTime: 1_000_999,
      },
    },
  }),
  event("ipc", { ipcEvent: { case: "blockTip", value: { height: 840_001, hash: HASH } } }),
  event("addrman", {
    event: {
      case: "new",
      value: { inserted: true, bucket: 1, bucketPos: 2, addr: "x", addrAS: 0, source: "y", sourceAS: 0 },
    },
  }),
];

function peer(id: number, more: Partial<PeerInfo>): PeerInfo {
  return {
    ...{ id, address: "203.0.113.7:8333", addressBind: "", addressLocal: "", network: "ipv4", mappedAs: 0 },
    ...{ services: "0409", relayTransactions: true, lastSend: 0, lastReceived: 0, lastTransaction: 0 },
    ...{ lastBlock: 0, bytesSent: 0, bytesReceived: 0, connectionTime: 0, timeOffset: 0, pingTime: 0 },
    ...{ minimumPing: 0, pingWait: 0, version: 70016, subversion: "", inbound: true, bip152HbTo: false },
    ...{ bip152HbFrom: false, startingHeight: 0, syncedHeaders: 0, syncedBlocks: 0, inflight: [] },
    ...{
      addrRelayEnabled: true,
      addrProcessed: 0,
      addrRateLimited: 0,
      permissions: [],
      minfeefilter: 0.00001,
    },
    ...{ bytesSentPerMessage: new Map(), bytesReceivedPerMessage: new Map(), connectionType: "inbound" },
    ...{ transportProtocolType: "v2", invToSend: 0, cpuLoad: 0 },
    ...more,
  };
}

const PEERS: PeerInfo[] = [
  peer(1, { pingTime: 0.1, minimumPing: 0.05, invToSend: 10, addrProcessed: 100, addrRateLimited: 5 }),
  peer(2, {
    ...{ address: "203.0.114.9:8333", pingTime: 0.3, minimumPing: 0.15, invToSend: 40, timeOffset: 11 },
    ...{ addrProcessed: 11, bip152HbTo: true, inflight: [840_002, 840_003], mappedAs: 64496, cpuLoad: 2.5 },
  }),
  peer(3, {
    ...{ address: "87.229.79.20:40000", transportProtocolType: "v1", timeOffset: -11, pingWait: 5.5 },
    ...{ invToSend: 100, minfeefilter: 0.000001, bytesReceivedPerMessage: new Map([["tx", 400]]) },
    ...{ addrRelayEnabled: false, version: 70015, cpuLoad: 7.5 },
  }),
  peer(4, {
    ...{
      address: "192.0.2.200:8333",
      inbound: false,
      connectionType: "outbound-full-relay",
      bip152HbFrom: true,
    },
    ...{ relayTransactions: false, inflight: [840_002], pingTime: 0.2, minimumPing: 0.1 },
  }),
  peer(5, { address: "162.218.65.1:8333", network: "ipv4" }),
  peer(6, { address: "abcdefghijklmnop.onion:8333", network: "onion", inbound: true }),
];

const orphan = (wtxid: string, bytes: number, from: number[]) => ({
  ...{ txid: wtxid, wtxid, bytes, vsize: bytes - 10, weight: bytes * 4 - 40, from },
  transaction: { txid: HASH, wtxid: HASH },
});

const entry = (
  address: string,
  more: { port?: number; services?: bigint; ageS?: number; mappedAs?: number } = {},
) => ({
  ...{ address, port: more.port ?? 8333, network: "ipv4", services: more.services ?? 9n },
  ...{
    time: START_S - (more.ageS ?? 0),
    source: "203.0.113.7",
    sourceNetwork: "ipv4",
    mappedAs: more.mappedAs,
  },
});

const bucket = (entries: [number, ReturnType<typeof entry>][]) => ({ entries: new Map(entries) });

function rpc(rpcEvent: Payloads["rpc"]["rpcEvent"]): Event {
  return event("rpc", { rpcEvent });
}

const HOUR = 3600;

const RPC: Event[] = [
  rpc({ case: "peerInfos", value: { infos: PEERS } }),
  rpc({
    case: "mempoolInfo",
    value: {
      ...{
        loaded: true,
        size: 5000,
        bytes: 2_000_000,
        usage: 9_000_000,
        totalFee: 0.25,
        maxMempool: 300_000_000,
      },
      ...{
        mempoolminfee: 0.1,
        minrelaytxfee: 0.1,
        incrementalrelayfee: 0.1,
        unbroadcastcount: 0,
        fullrbf: true,
      },
    },
  }),
  rpc({ case: "uptime", value: 12_345 }),
  rpc({
    case: "netTotals",
    value: {
      ...{ totalBytesReceived: 1_000_000_000_000, totalBytesSent: 2_000_000_000_000, timeMillis: START_MS },
      uploadTarget: {
        ...{ timeframe: 0, target: 0, targetReached: false, serveHistoricalBlocks: true },
        ...{ bytesLeftInCycle: 0, timeLeftInCycle: 0 },
      },
    },
  }),
  rpc({
    case: "memoryInfo",
    value: { used: 1, free: 2, total: 3, locked: 4, chunksUsed: 5, chunksFree: 6 },
  }),
  rpc({
    case: "addrmanInfo",
    value: { networks: new Map([["ipv4", { new: 60_000, tried: 9_000, total: 69_000 }]]) },
  }),
  rpc({
    case: "chainTxStats",
    value: {
      ...{ time: START_S, txCount: 900_000_000, windowFinalBlockHash: "", windowFinalBlockHeight: 840_001 },
      ...{ windowBlockCount: 4320, windowTxCount: 12_000_000, windowInterval: 2_600_000, txRate: 4.6 },
    },
  }),
  rpc({
    case: "networkInfo",
    value: {
      ...{ version: 310_000, subversion: "/Satoshi:31.0.0/", protocolVersion: 70016, localServices: "" },
      ...{ localServicesNames: [], localRelay: true, timeOffset: -1, connections: 50, connectionsIn: 40 },
      ...{ connectionsOut: 10, networkActive: true, relayFee: 0.1, incrementalFee: 0.2 },
      networks: [{
        name: "onion",
        limited: true,
        reachable: false,
        proxy: "",
        proxyRandomizeCredentials: false,
      }],
      ...{ localAddresses: [{ address: "x", port: 1, score: 1 }], warnings: ["one", "two"] },
    },
  }),
  rpc({
    case: "blockchainInfo",
    value: {
      ...{
        chain: "bitcoin",
        blocks: 840_001,
        headers: 840_002,
        bestblockhash: "",
        difficulty: 8.6e13,
        time: 1,
      },
      ...{ mediantime: 1, verificationprogress: 0.999, initialblockdownload: false, chainwork: "" },
      ...{
        sizeOnDisk: 700_000_000_000,
        pruned: true,
        pruneHeight: 800_000,
        pruneTargetSize: 550,
        warnings: [],
      },
    },
  }),
  rpc({ case: "orphanTxs", value: { orphans: [orphan("aa", 300, [1, 2, 3]), orphan("bb", 200, [1])] } }),
  rpc({ case: "orphanTxs", value: { orphans: [orphan("bb", 200, [1]), orphan("cc", 1000, [1, 2])] } }),
  rpc({
    case: "addrman",
    value: {
      new: new Map([[
        0,
        bucket([[0, entry("192.0.2.1", { ageS: 40 * 24 * HOUR })], [1, entry("192.0.2.2")]]),
      ]]),
      tried: new Map(),
    },
  }),
  rpc({
    case: "addrman",
    value: {
      new: new Map([
        [0, bucket([[0, entry("192.0.2.9")], [1, entry("192.0.2.2", { services: 1n, ageS: 2 * HOUR })]])],
        [5, bucket([[3, entry("192.0.2.2", { port: 18333, ageS: -700, mappedAs: 64496 })]])],
      ]),
      tried: new Map([[1, bucket([[1, entry("192.0.2.77", { ageS: 10 })]])]]),
    },
  }),
  rpc({
    case: "estimateSmartFee",
    value: { feeRate: 2.5, blocks: 2, requestedBlocks: 1, mode: 2, errors: [] },
  }),
  rpc({ case: "estimateSmartFee", value: { blocks: 2, requestedBlocks: 144, mode: 1, errors: ["no"] } }),
];

function log(more: Partial<Payloads["log"]>): Event {
  return event("log", {
    ...{ logTimestamp: START_MS * 1000, category: 0, threadname: "", logLevel: 0, logLineBytes: 100 },
    logEvent: { case: "unknownLogMessage", value: { rawMessage: "hello" } },
    ...more,
  });
}

const BLOCK = "ab".repeat(32);

function header(blockHash: string, isCmpctblock: boolean): Payloads["log"]["logEvent"] {
  return { case: "sawNewHeaderLog", value: { blockHash, blockHeight: 1, peerId: 1, isCmpctblock } };
}

function reconstructed(blockHash: string, requestedTxnCount: number): Payloads["log"]["logEvent"] {
  return {
    case: "compactBlockReconstructedLog",
    value: {
      ...{ blockHash, prefilledTxnCount: 1, mempoolTxnCount: 3000, extraPoolTxnCount: 4 },
      ...{ requestedTxnCount, requestedTxnBytes: requestedTxnCount * 250 },
    },
  };
}

const EXTRACTORS: Event[] = [
  event("p2p", { p2pEvent: { case: "pingDuration", value: { duration: 1_234_567 } } }),
  event("p2p", {
    p2pEvent: {
      case: "addressAnnouncement",
      value: { addresses: [address("ipv4", "192.0.2.1"), address("cjdns", "fc00::1")] },
    },
  }),
  event("p2p", {
    p2pEvent: {
      case: "addressAnnouncement",
      value: { addresses: Array.from({ length: 11 }, () => address("ipv4", "192.0.2.1")) },
    },
  }),
  event("p2p", {
    p2pEvent: { case: "inventoryAnnouncement", value: { inventory: items({ wtx: 69, compactBlock: 1 }) } },
  }),
  event("p2p", { p2pEvent: { case: "feefilterAnnouncement", value: 1000n } }),
  log({ category: 14, logLevel: 3 }),
  log({ category: 14, logLevel: 3, logLineBytes: 50 }),
  log({ logEvent: { case: "blockConnectedLog", value: { blockHash: BLOCK, blockHeight: 1 } } }),
  log({
    category: 26,
    logEvent: {
      case: "blockCheckedLog",
      value: { blockHash: BLOCK, state: "bad-txnmrklroot", debugMessage: "" },
    },
  }),
  log({
    category: 26,
    logEvent: { case: "blockCheckedLog", value: { blockHash: BLOCK, state: "Valid", debugMessage: "" } },
  }),
  // One that took 2.5 s and asked for transactions; one that took longer than five minutes; one without a header.
  log({ logEvent: header(BLOCK, true) }),
  log({ logTimestamp: START_MS * 1000 + 2_500_000, logEvent: reconstructed(BLOCK, 2) }),
  log({ logEvent: header("cd".repeat(32), false) }),
  log({ logTimestamp: START_MS * 1000 + 300_000_001, logEvent: reconstructed("cd".repeat(32), 0) }),
  log({ logEvent: reconstructed("ef".repeat(32), 1) }),
];

/** Bytes that the Rust extractors wrote, or that nobody should have written. */
const AS_BYTES = [
  // A log line of the first generation.
  "221108c0e0d8bebc849003100e1a040a02686950fbd095ffbc31",
  // A log line of today.
  "221708c0e0d8bebc849003100e1a0022040a0268693803404050fbd095ffbc31",
  // No event at all; an RPC event without a member; an event without one.
  "ffffff",
  "120050fbd095ffbc31",
  "50fbd095ffbc31",
].map((hex) => Uint8Array.fromHex(hex));

/** The second event, whose first item says that its hash is a byte longer than the item. */
function brokenInventory(): Uint8Array {
  return Uint8Array.fromHex(encodeEvent(MESSAGES[1]!).toHex().replace("0a220a20", "0a220a21"));
}

/** The events in their order. */
export function scenario(): Uint8Array[] {
  const events = [...MESSAGES, ...CONNECTIONS, ...CHAIN, ...RPC, ...EXTRACTORS];
  return [...events.map(encodeEvent), ...AS_BYTES, brokenInventory()];
}
