import { assertEquals } from "@std/assert";
import type {
  AddrmanBucket,
  AddrmanEntry,
  BlockchainInfo,
  ChainTxStats,
  NetworkInfo,
  PeerInfo,
  Rpc,
} from "../../proto/schema.ts";
import { formatEvent } from "./format.ts";
import { debugFloat, displayFloat } from "./format_rpc.ts";

// Written by hand from the formats of the Rust logger. Fields that no line shows are left out of the values.

const entry = {} as AddrmanEntry;

function bucket(...positions: number[]): AddrmanBucket {
  return { entries: new Map(positions.map((position) => [position, entry])) };
}

function chainTxStats(txRate?: number): ChainTxStats {
  return { txCount: 1100000000, txRate } as ChainTxStats;
}

function networkInfo(warnings: string[]): NetworkInfo {
  return { version: 300000, connections: 125, warnings } as NetworkInfo;
}

const transaction = { txid: new Uint8Array(32), wtxid: new Uint8Array(32) };

const ANSWERS: readonly (readonly [NonNullable<Rpc["rpcEvent"]>, string])[] = [
  [
    { case: "peerInfos", value: { infos: [{ id: 0 } as PeerInfo, { id: 4294967295 } as PeerInfo] } },
    "PeerInfos([PeerInfo(id=0), PeerInfo(id=4294967295)])",
  ],
  [{ case: "peerInfos", value: { infos: [] } }, "PeerInfos([])"],
  [
    {
      case: "mempoolInfo",
      value: {
        loaded: true,
        size: 5,
        bytes: 600,
        usage: 7000,
        totalFee: 1,
        maxMempool: 2,
        mempoolminfee: 3,
        minrelaytxfee: 4,
        incrementalrelayfee: 5,
        unbroadcastcount: 6,
        fullrbf: true,
      },
    },
    "MempoolInfo(size=5txn, bytes=600vB, usage=7000b)",
  ],
  [{ case: "uptime", value: 12345 }, "Uptime(12345s)"],
  [
    {
      case: "netTotals",
      value: {
        totalBytesReceived: 9007199254740991,
        totalBytesSent: 2,
        timeMillis: 3,
        uploadTarget: {
          timeframe: 0,
          target: 0,
          targetReached: false,
          serveHistoricalBlocks: false,
          bytesLeftInCycle: 0,
          timeLeftInCycle: 0,
        },
      },
    },
    "NetTotals(recv=9007199254740991B, sent=2B)",
  ],
  [
    { case: "memoryInfo", value: { used: 1, free: 2, total: 3, locked: 4, chunksUsed: 5, chunksFree: 6 } },
    "MemoryInfo(used=1B, total=3B, locked=4B)",
  ],
  [
    {
      case: "addrmanInfo",
      value: {
        networks: new Map([
          ["ipv4", { new: 1, tried: 2, total: 3 }],
          ["onion", { new: 4, tried: 5, total: 9 }],
          ["all_networks", { new: 5, tried: 7, total: 12 }],
        ]),
      },
    },
    "AddrManInfo(total=24)",
  ],
  [
    { case: "chainTxStats", value: chainTxStats(6.25) },
    "ChainTxStats(tx_count=1100000000, tx_rate=Some(6.25))",
  ],
  [{ case: "chainTxStats", value: chainTxStats(7) }, "ChainTxStats(tx_count=1100000000, tx_rate=Some(7.0))"],
  [{ case: "chainTxStats", value: chainTxStats() }, "ChainTxStats(tx_count=1100000000, tx_rate=None)"],
  [
    { case: "networkInfo", value: networkInfo([]) },
    "NetworkInfo(version=300000, connections=125, warnings=none)",
  ],
  [
    { case: "networkInfo", value: networkInfo(["pre-release", "old clock"]) },
    "NetworkInfo(version=300000, connections=125, warnings=[pre-release; old clock])",
  ],
  [
    {
      case: "blockchainInfo",
      value: {
        chain: "regtest",
        blocks: 101,
        initialblockdownload: true,
        warnings: ["one"],
      } as BlockchainInfo,
    },
    "BlockchainInfo(chain=regtest, blocks=101, ibd=true, warnings=[one])",
  ],
  [
    {
      case: "orphanTxs",
      value: {
        orphans: [
          { txid: "aa", wtxid: "bb", bytes: 1, vsize: 2, weight: 3, from: [0, 7], transaction },
          { txid: "cc", wtxid: "dd", bytes: 4, vsize: 5, weight: 6, from: [], transaction },
        ],
      },
    },
    "OrphanTxs([OrphanTx(txid=aa, bytes=1, vsize=2, weight=3, from=[0, 7]), OrphanTx(txid=cc, bytes=4, vsize=5, weight=6, from=[])])",
  ],
  [
    {
      case: "addrman",
      value: { new: new Map([[0, bucket(1, 2, 3)], [1023, bucket(63)]]), tried: new Map([[5, bucket(9)]]) },
    },
    "Addrman(new=4, tried=1)",
  ],
  [
    {
      case: "estimateSmartFee",
      value: { feeRate: 1.5, blocks: 2, requestedBlocks: 1, mode: 1, errors: [] },
    },
    "EstimateSmartFee(fee_rate=1.5sat/vB, blocks=2, mode=ECONOMICAL)",
  ],
  [
    { case: "estimateSmartFee", value: { feeRate: 3, blocks: 6, requestedBlocks: 6, mode: 2, errors: [] } },
    "EstimateSmartFee(fee_rate=3sat/vB, blocks=6, mode=CONSERVATIVE)",
  ],
  [
    {
      case: "estimateSmartFee",
      value: { blocks: 0, requestedBlocks: 144, mode: 0, errors: ["Insufficient data", "no feerate found"] },
    },
    "EstimateSmartFee(estimation failed, blocks=0, mode=UNSET, errors=[Insufficient data, no feerate found])",
  ],
];

for (const [rpcEvent, text] of ANSWERS) {
  Deno.test(`formatEvent() prints an RPC answer as the Rust logger does: ${text.slice(0, 60)}`, () => {
    assertEquals(formatEvent({ timestamp: 0, kind: "rpc", value: { rpcEvent } }), { group: "rpc", text });
  });
}

// As rustc prints them with {} and {:?}.
const FLOATS: readonly (readonly [x: number, display: string, debug: string])[] = [
  [0, "0", "0.0"],
  [0.1, "0.1", "0.1"],
  [-2.5, "-2.5", "-2.5"],
  [1e15, "1000000000000000", "1000000000000000.0"],
  [1e16, "10000000000000000", "1e16"],
  [1.25e22, "12500000000000000000000", "1.25e22"],
  [0.0001, "0.0001", "0.0001"],
  [0.00001, "0.00001", "1e-5"],
  [-1.5e-7, "-0.00000015", "-1.5e-7"],
  [NaN, "NaN", "NaN"],
  [Infinity, "inf", "inf"],
  [-Infinity, "-inf", "-inf"],
];

Deno.test("displayFloat() and debugFloat() print numbers as Rust does", () => {
  for (const [x, display, debug] of FLOATS) {
    assertEquals([displayFloat(x), debugFloat(x)], [display, debug]);
  }
});
