/**
 * RPC answers as text, one row per RPC.
 *
 * @module
 */

import { type AddrmanBucket, FeeEstimateMode, type OrphanTx, type Rpc } from "../../proto/schema.ts";
import { printable } from "../../runtime/log.ts";
import { formatMember, type Formats, list } from "./primitives.ts";

const ANSWERS: Formats<NonNullable<Rpc["rpcEvent"]>> = {
  peerInfos: ({ infos }) => `PeerInfos([${list(infos, ({ id }) => `PeerInfo(id=${id})`)}])`,
  mempoolInfo: ({ size, bytes, usage }) => `MempoolInfo(size=${size}txn, bytes=${bytes}vB, usage=${usage}b)`,
  uptime: (seconds) => `Uptime(${seconds}s)`,
  netTotals: (m) => `NetTotals(recv=${m.totalBytesReceived}B, sent=${m.totalBytesSent}B)`,
  memoryInfo: ({ used, total, locked }) => `MemoryInfo(used=${used}B, total=${total}B, locked=${locked}B)`,
  addrmanInfo: ({ networks }) => `AddrManInfo(total=${sum(networks.values(), ({ total }) => total)})`,
  chainTxStats: ({ txCount, txRate }) =>
    `ChainTxStats(tx_count=${txCount}, tx_rate=${
      txRate === undefined ? "None" : `Some(${debugFloat(txRate)})`
    })`,
  networkInfo: ({ version, connections, warnings }) =>
    `NetworkInfo(version=${version}, connections=${connections}, warnings=${warningTexts(warnings)})`,
  blockchainInfo: (m) =>
    `BlockchainInfo(chain=${
      printable(m.chain)
    }, blocks=${m.blocks}, ibd=${m.initialblockdownload}, warnings=${warningTexts(m.warnings)})`,
  orphanTxs: ({ orphans }) => `OrphanTxs([${list(orphans, orphan)}])`,
  addrman: (m) => `Addrman(new=${entries(m.new)}, tried=${entries(m.tried)})`,
  estimateSmartFee: ({ feeRate, blocks, mode, errors }) =>
    feeRate === undefined
      ? `EstimateSmartFee(estimation failed, blocks=${blocks}, mode=${modeName(mode)}, errors=[${
        list(errors, printable)
      }])`
      : `EstimateSmartFee(fee_rate=${displayFloat(feeRate)}sat/vB, blocks=${blocks}, mode=${modeName(mode)})`,
};

/** An RPC answer, or `undefined` for one that is not in the schema. */
export function formatRpc({ rpcEvent }: Rpc): string | undefined {
  return formatMember(ANSWERS, rpcEvent);
}

function orphan({ txid, bytes, vsize, weight, from }: OrphanTx): string {
  return `OrphanTx(txid=${printable(txid)}, bytes=${bytes}, vsize=${vsize}, weight=${weight}, from=[${
    from.join(", ")
  }])`;
}

function warningTexts(warnings: readonly string[]): string {
  return warnings.length === 0 ? "none" : `[${list(warnings, printable, "; ")}]`;
}

function entries(buckets: ReadonlyMap<number, AddrmanBucket>): number {
  return sum(buckets.values(), ({ entries }) => entries.size);
}

function sum<T>(items: Iterable<T>, count: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += count(item);
  return total;
}

const MODE_NAMES = new Map<number, string>(Object.entries(FeeEstimateMode).map(([name, n]) => [n, name]));

function modeName(mode: number): string {
  return MODE_NAMES.get(mode) ?? String(mode);
}

/**
 * A number as Rust's `{}` prints it: never with an exponent.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(displayFloat(1), "1");
 * assertEquals(displayFloat(2.5e-7), "0.00000025");
 * ```
 */
export function displayFloat(x: number): string {
  if (!Number.isFinite(x)) return notFinite(x);
  const [digits = "", exponent] = String(Math.abs(x)).split("e");
  if (exponent === undefined) return String(x);
  const bare = digits.replace(".", "");
  const places = Number(exponent);
  const sign = x < 0 ? "-" : "";
  return sign + (places < 0 ? `0.${"0".repeat(-places - 1)}${bare}` : bare.padEnd(places + 1, "0"));
}

/**
 * A number as Rust's `{:?}` prints it: a whole one has a decimal point, a very large or small one an exponent.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(debugFloat(7), "7.0");
 * assertEquals(debugFloat(1e16), "1e16");
 * ```
 */
export function debugFloat(x: number): string {
  if (!Number.isFinite(x)) return notFinite(x);
  const size = Math.abs(x);
  if (size >= 1e16 || size < 1e-4 && size > 0) return x.toExponential().replace("e+", "e");
  return Number.isInteger(x) ? `${x}.0` : String(x);
}

function notFinite(x: number): string {
  return Number.isNaN(x) ? "NaN" : x < 0 ? "-inf" : "inf";
}
