/**
 * Ten minutes of a made-up node, the same each time: for tests that look at the pages, and for people who do.
 *
 * @module
 */

import type { Event } from "../../proto/event.ts";
import type {
  Address,
  AddrmanBucket,
  InventoryItem,
  MessageEvent,
  PeerInfo,
  Rpc,
} from "../../proto/schema.ts";

/** What the scene comes to; the pages must show it. */
export const SCENE = {
  minutes: 10,
  inbound: 26,
  outbound: 10,
  height: 870_123,
  mempoolSize: 48_211,
  refused: 120,
} as const;

const HOSTS = [
  (i: number) => `198.51.100.${i + 1}:8333`,
  (i: number) => `[2001:db8:${(i + 16).toString(16)}::${i + 1}]:8333`,
  (i: number) =>
    `${"abcdefghijklmnopqrstuvwxyz234567".slice(i % 20).padEnd(56, "q").slice(0, 56)}.onion:8333`,
  (i: number) => `${"qwertyuiopasdfghjklzxcvbnm".slice(i % 20).padEnd(52, "a").slice(0, 52)}.b32.i2p:0`,
];
const NETWORKS = ["ipv4", "ipv6", "onion", "i2p"];
const AGENTS = [
  "/Satoshi:29.0.0/",
  "/Satoshi:28.1.0/",
  "/Satoshi:27.0.0/",
  "/btcd:0.24.2/",
  "/Satoshi:29.1.0(knots)/",
];
const ONE_IN = [0, 0, 0, 1, 2, 0, 1, 3];

/** Peers: the first ones are outbound. */
const PEERS = Array.from({ length: SCENE.inbound + SCENE.outbound }, (_, i) => {
  const network = ONE_IN[i % ONE_IN.length]!;
  const inbound = i >= SCENE.outbound;
  return {
    id: 100 + i * 3,
    address: HOSTS[network]!(i),
    network: NETWORKS[network]!,
    networkNumber: network + 1,
    inbound,
    connType: inbound ? 1 : i % 5 === 4 ? 3 : 2,
    type: inbound ? "inbound" : i % 5 === 4 ? "block-relay-only" : "outbound-full-relay",
    agent: AGENTS[(i * 7) % AGENTS.length]!,
  };
});

/** Events that end at `end`, oldest first. */
export function scene(end: number): Event[] {
  const start = end - SCENE.minutes * 60_000;
  const events = [
    ...answers(start + 1000),
    ...answers(end - 8000),
    ...messages(start, end),
    ...mempool(start, end),
    ...connections(start, end),
    ...backlog(start, end),
    ...logLines(start, end),
    ...blocks(start, end),
  ];
  return events.sort((a, b) => a.timestamp - b.timestamp);
}

/** Numbers between 0 and 1 that look like chance and never change. */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function rpc(timestamp: number, rpcEvent: Rpc["rpcEvent"]): Event {
  return { timestamp, kind: "rpc", value: { rpcEvent } };
}

function answers(timestamp: number): Event[] {
  const network = (name: string) => ({
    name,
    limited: false,
    reachable: true,
    proxy: "",
    proxyRandomizeCredentials: false,
  });
  return [
    rpc(timestamp, { case: "uptime", value: 1_234_567 }),
    rpc(timestamp, {
      case: "peerInfos",
      value: { infos: PEERS.map((peer, i) => infoOf(peer, i, timestamp)) },
    }),
    rpc(timestamp, {
      case: "mempoolInfo",
      value: {
        loaded: true,
        size: SCENE.mempoolSize,
        bytes: 31_402_118,
        usage: 171_300_992,
        totalFee: 0.61,
        maxMempool: 300_000_000,
        mempoolminfee: 0.1,
        minrelaytxfee: 0.1,
        incrementalrelayfee: 0.1,
        unbroadcastcount: 0,
        fullrbf: true,
      },
    }),
    rpc(timestamp, {
      case: "networkInfo",
      value: {
        version: 290_000,
        subversion: "/Satoshi:29.0.0/",
        protocolVersion: 70016,
        localServices: "0000000000000c09",
        localServicesNames: ["NETWORK", "WITNESS"],
        localRelay: true,
        timeOffset: 0,
        connections: PEERS.length,
        connectionsIn: SCENE.inbound,
        connectionsOut: SCENE.outbound,
        networkActive: true,
        networks: NETWORKS.map(network),
        relayFee: 0.1,
        incrementalFee: 0.1,
        localAddresses: [],
        warnings: [],
      },
    }),
    rpc(timestamp, {
      case: "blockchainInfo",
      value: {
        chain: "bitcoin",
        blocks: SCENE.height - 1,
        headers: SCENE.height - 1,
        bestblockhash: "00000000000000000001".padEnd(64, "a7"),
        difficulty: 1.2e14,
        time: Math.floor(timestamp / 1000) - 700,
        mediantime: Math.floor(timestamp / 1000) - 3000,
        verificationprogress: 1,
        initialblockdownload: false,
        chainwork: "0",
        sizeOnDisk: 7e11,
        pruned: false,
        pruneHeight: 0,
        pruneTargetSize: 0,
        warnings: [],
      },
    }),
    rpc(timestamp, {
      case: "addrmanInfo",
      value: {
        networks: new Map([
          ["ipv4", { new: 41_230, tried: 9_120, total: 50_350 }],
          ["ipv6", { new: 9_870, tried: 1_204, total: 11_074 }],
          ["onion", { new: 12_011, tried: 3_990, total: 16_001 }],
          ["i2p", { new: 2_044, tried: 611, total: 2_655 }],
          ["cjdns", { new: 12, tried: 4, total: 16 }],
          ["all_networks", { new: 65_167, tried: 14_929, total: 80_096 }],
        ]),
      },
    }),
    ...[[1, 3.4], [6, 2.1], [144, 1]].map(([requestedBlocks, feeRate]) =>
      rpc(timestamp, {
        case: "estimateSmartFee",
        value: { feeRate, blocks: requestedBlocks!, requestedBlocks: requestedBlocks!, mode: 1, errors: [] },
      })
    ),
    rpc(timestamp, {
      case: "addrman",
      value: { new: buckets(timestamp, 300, 40), tried: buckets(timestamp, 90, 30) },
    }),
  ];
}

function buckets(timestamp: number, used: number, entries: number): Map<number, AddrmanBucket> {
  const next = chance(used);
  return new Map(Array.from({ length: used }, (_, bucket) => [bucket, {
    entries: new Map(Array.from({ length: entries }, (_, position) => [position, {
      address: `203.0.113.${position}`,
      port: 8333,
      network: "ipv4",
      services: 9n,
      time: Math.floor(timestamp / 1000 - next() ** 3 * 40 * 86_400),
      source: `198.51.${Math.floor(next() ** 2 * 60)}.7`,
      sourceNetwork: "ipv4",
    }])),
  }]));
}

function infoOf(peer: typeof PEERS[number], i: number, timestamp: number): PeerInfo {
  const seconds = Math.floor(timestamp / 1000);
  return {
    id: peer.id,
    address: peer.address,
    addressBind: "",
    addressLocal: "",
    network: peer.network,
    mappedAs: 0,
    services: "0000000000000c09",
    relayTransactions: true,
    lastSend: seconds,
    lastReceived: seconds,
    lastTransaction: seconds,
    lastBlock: 0,
    bytesSent: 4_000_000 + i * 190_000,
    bytesReceived: 9_000_000 + i * 270_000,
    connectionTime: seconds - 300 - i * i * 90,
    timeOffset: 0,
    pingTime: 0.02 + (i * 37 % 100) / 250,
    minimumPing: 0.015 + (i * 37 % 100) / 300,
    pingWait: i === 17 ? 31 : 0,
    version: 70016,
    subversion: peer.agent,
    inbound: peer.inbound,
    bip152HbTo: false,
    bip152HbFrom: false,
    startingHeight: SCENE.height - 20,
    syncedHeaders: SCENE.height,
    syncedBlocks: SCENE.height,
    inflight: [],
    addrRelayEnabled: true,
    addrProcessed: 1200 + i * 33,
    addrRateLimited: i === 20 ? 431 : 0,
    permissions: [],
    minfeefilter: 0.000001,
    bytesSentPerMessage: new Map(),
    bytesReceivedPerMessage: new Map(),
    connectionType: peer.type,
    transportProtocolType: i % 3 === 0 ? "v1" : "v2",
    invToSend: i % 4,
    cpuLoad: 0,
  };
}

type Content = NonNullable<MessageEvent["msg"]>;

function message(
  timestamp: number,
  peer: number,
  inbound: boolean,
  size: number,
  [command, msg]: [string, Content],
): Event {
  const { id, address, connType } = PEERS[peer]!;
  const meta = { peerId: id, addr: address, connType, command, inbound, size };
  return { timestamp, kind: "message", value: { meta, msg } };
}

function hash(number: number): Uint8Array {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < 8; i++) view.setUint32(i * 4, Math.imul(number + 1, 0x9e3779b1 + i * 0x85ebca6b) >>> 0);
  return bytes;
}

function wtx(number: number): InventoryItem {
  return { item: { case: "wtx", value: hash(number) } };
}

/** About six messages a second: every second a new transaction that some peers announce, and what goes with it. */
function messages(start: number, end: number): Event[] {
  const next = chance(7);
  const events: Event[] = [];
  for (let at = start + 1500, n = 0; at < end - 4000; at += 1000, n++) {
    const waves = 1 + 0.5 * Math.sin(n / 50);
    const announcers = Math.round(3 * waves + next() * 3);
    for (let k = 0; k < announcers; k++) {
      // Peer 3 is a little faster than others.
      const peer = k === 0 && next() < 0.3 ? 3 : Math.floor(next() * PEERS.length);
      const items = Array.from({ length: 1 + Math.floor(next() * 3) }, (_, i) => wtx(n * 2 + i));
      const time = Math.round(at + k * 150 * next());
      events.push(
        message(time, peer, true, 1 + items.length * 36, ["inv", { case: "inv", value: { items } }]),
      );
    }
    const getter = Math.floor(next() * PEERS.length);
    const tx = { txid: hash(n * 2), wtxid: hash(n * 2), raw: new Uint8Array(220) };
    events.push(
      message(at + 300, getter, false, 37, ["getdata", { case: "getdata", value: { items: [wtx(n * 2)] } }]),
    );
    events.push(message(at + 360, getter, true, 220, ["tx", { case: "tx", value: { tx } }]));
    if (n % 4 === 0) {
      events.push(
        message(at + 500, (getter + 5) % PEERS.length, false, 37, ["inv", {
          case: "inv",
          value: { items: [wtx(n * 2)] },
        }]),
      );
    }
    if (n % 9 === 0) events.push(...ping(at + 520, (n / 9) % PEERS.length, n, next()));
    if (n % 7 === 0) {
      events.push(
        message(at + 640, (n * 5) % PEERS.length, true, 60, ["addrv2", {
          case: "addrv2",
          value: { addresses: addresses(n, at, 1 + n % 3) },
        }]),
      );
    }
    // One peer pings far too often, and one sends a flood of addresses.
    if (n % 20 === 3) {
      events.push(
        message(at + 700, 12, true, 8, ["ping", { case: "ping", value: { value: BigInt(n) } }]),
        message(at + 701, 12, false, 8, ["pong", { case: "pong", value: { value: BigInt(n) } }]),
      );
    }
    if (n > 420 && n < 450) {
      events.push(
        message(at + 800, 20, true, 3000, ["addrv2", {
          case: "addrv2",
          value: { addresses: addresses(n, at, 100) },
        }]),
      );
    }
  }
  return events;
}

/** A ping of the node and, but for peer 17, its pong. */
function ping(at: number, peer: number, number: number, wait: number): Event[] {
  const value = { value: 2n ** 63n + BigInt(number) };
  const sent = message(at, peer, false, 8, ["ping", { case: "ping", value }]);
  const answer = message(Math.round(at + 30 + wait * 220), peer, true, 8, ["pong", { case: "pong", value }]);
  return peer === 17 ? [sent] : [sent, answer];
}

function addresses(seed: number, at: number, length: number): Address[] {
  return Array.from({ length }, (_, i) => {
    const services = 1033n;
    const timestamp = Math.floor(at / 1000) - i * 60;
    if ((seed + i) % 5 === 0) {
      return { timestamp, services, port: 8333, address: { case: "torv3", value: `${seed}x${i}.onion` } };
    }
    const value = `192.0.${(seed + i * 3) % 200}.${(seed * 7 + i) % 250}`;
    return { timestamp, services, port: 8333, address: { case: "ipv4", value } };
  });
}

const REASONS = [
  "min relay fee not met",
  "txn-mempool-conflict",
  "dust",
  "bad-txns-inputs-missingorspent",
  "insufficient fee",
];

function mempool(start: number, end: number): Event[] {
  const next = chance(11);
  const events: Event[] = [];
  for (let at = start + 1200, n = 0; at < end - 4000; at += 400, n++) {
    const timestamp = Math.round(at + next() * 300);
    const vsize = 140 + Math.floor(next() * 300);
    events.push({
      timestamp,
      kind: "mempool",
      value: { event: { case: "added", value: { txid: hash(n), vsize, fee: vsize * 2 } } },
    });
    if (n % 6 === 0) {
      events.push({
        timestamp: timestamp + 50,
        kind: "mempool",
        value: {
          event: {
            case: "removed",
            value: {
              txid: hash(n),
              reason: n % 12 === 0 ? "block" : "replaced",
              vsize,
              fee: 1,
              entryTime: 1,
            },
          },
        },
      });
    }
  }
  for (let n = 0; n < SCENE.refused; n++) {
    const reason = REASONS[Math.floor(next() ** 2 * REASONS.length)]!;
    events.push({
      timestamp: start + 5000 + n * 4500,
      kind: "mempool",
      value: { event: { case: "rejected", value: { txid: hash(n), reason } } },
    });
  }
  return events;
}

/** Forty connections that come and go, some of them evicted. */
function connections(start: number, end: number): Event[] {
  const next = chance(23);
  const events: Event[] = [];
  for (let i = 0; i < 40; i++) {
    const opened = Math.round(start + 5000 + i * (end - start - 60_000) / 40);
    const closed = Math.min(end - 5000, Math.round(opened + 4000 + next() ** 2 * 200_000));
    const inbound = i % 7 !== 3;
    const conn = {
      peerId: 1000 + i,
      addr: `203.0.113.${i % 9 * 5}:${40_000 + i * 17}`,
      connType: inbound ? 1 : 4,
      network: 1,
    };
    const evicted = inbound && i % 6 === 5;
    events.push(
      {
        timestamp: opened,
        kind: "connection",
        value: {
          event: { case: inbound ? "inbound" : "outbound", value: { conn, existingConnections: 26 } },
        },
      },
      ...(evicted
        ? [
          {
            timestamp: closed,
            kind: "connection",
            value: {
              event: { case: "inboundEvicted", value: { conn, timeEstablished: Math.floor(opened / 1000) } },
            },
          } satisfies Event,
        ]
        : []),
      {
        timestamp: closed,
        kind: "connection",
        value: { event: { case: "closed", value: { conn, timeEstablished: Math.floor(opened / 1000) } } },
      },
    );
  }
  return events;
}

/** A ping of the P2P extractor every five seconds; for a minute the node is busy. */
function backlog(start: number, end: number): Event[] {
  const next = chance(31);
  const events: Event[] = [];
  for (let at = start + 2000; at < end - 4000; at += 5000) {
    const minute = (at - start) / 60_000;
    const ms = 0.4 + next() * 0.5 + (minute > 6 && minute < 7 ? 40 + next() * 60 : 0);
    events.push({
      timestamp: at,
      kind: "p2p",
      value: { p2pEvent: { case: "pingDuration", value: { duration: Math.round(ms * 1e6) } } },
    });
  }
  return events;
}

const LOG_TEXTS: readonly (readonly [category: number, level: number, text: string])[] = [
  [14, 3, "received: inv (73 bytes) peer=130"],
  [12, 3, "AcceptToMemoryPool: peer=130: accepted 5bfa0c (poolsz 48211 txn, 171300 kB)"],
  [14, 3, "sending ping (8 bytes) peer=112"],
  [26, 3, "Enqueuing BlockConnected: block hash=00000000000000000001a7a7 block height=870123"],
  [
    0,
    0,
    "UpdateTip: new best=00000000000000000001a7a7 height=870123 version=0x20000000 log2_work=95.1 tx=1102338211",
  ],
  [13, 3, "0c5b3f was not accepted: min relay fee not met, 12 < 110"],
  [14, 1, "Timeout downloading block 00000000000000000001a7a7, disconnecting peer=151"],
  [23, 2, "tor: Error connecting to Tor control socket <script>alert(1)</script>"],
];

function logLines(start: number, end: number): Event[] {
  const count = 400;
  return Array.from({ length: count }, (_, i) => {
    const timestamp = Math.round(start + 3000 + i * (end - start - 8000) / count);
    const [category, logLevel, rawMessage] = LOG_TEXTS[i % 50 === 49 ? 7 : i % 23 === 22 ? 6 : i % 6]!;
    const logEvent = { case: "unknownLogMessage", value: { rawMessage } } as const;
    return {
      timestamp,
      kind: "log",
      value: {
        logTimestamp: timestamp * 1000,
        category,
        threadname: "msghand",
        logEvent,
        logLevel,
        logLineBytes: 80,
      },
    };
  });
}

function blocks(start: number, end: number): Event[] {
  return [0, 1, 2].map((i) => {
    const timestamp = Math.round(start + (end - start) * (0.15 + i * 0.3));
    const value = {
      hash: hash(900 + i),
      height: SCENE.height - 2 + i,
      transactions: 2500 + i * 411,
      inputs: 6000,
      sigops: 8000,
      connectionTime: (120 + i * 45) * 1e6,
    };
    return { timestamp, kind: "validation", value: { event: { case: "blockConnected", value } } };
  });
}
