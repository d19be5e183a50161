/**
 * Answers of the node's RPC interface, apart from the peers and the address manager.
 *
 * @module
 */

import type {
  BlockchainInfo,
  ChainTxStats,
  MemoryInfo,
  MempoolInfo,
  NetTotals,
  NetworkInfo,
  OrphanTx,
  Rpc,
} from "../../../proto/schema.ts";
import { counter, gauge, open } from "../definition.ts";
import type { GaugeFamily } from "../family.ts";
import type { Metrics } from "../metrics.ts";
import { FEE_MODES } from "../names.ts";
import type { Peers } from "../peers.ts";
import { sum } from "../statistics.ts";
import { makeSetAddrman } from "./addrman.ts";
import { setPeerInfo } from "./peer_info.ts";

const NETWORK = open("ipv4", "ipv6", "onion", "i2p", "cjdns");

/** What the metrics of these answers are. */
export const rpc = {
  rpc_mempoolinfo_mempool_loaded: gauge("1 once the mempool has been loaded"),
  rpc_mempoolinfo_transaction_count: gauge("Transactions in the mempool"),
  rpc_mempoolinfo_transaction_fees: gauge("Fees of all transactions in the mempool in BTC"),
  rpc_mempoolinfo_transaction_vbyte: gauge("Virtual bytes of all transactions in the mempool"),
  rpc_mempoolinfo_memory_usage: gauge("Memory the mempool takes in bytes"),
  rpc_mempoolinfo_memory_max: gauge("Memory the mempool may take in bytes"),
  rpc_mempoolinfo_min_mempool_feerate: gauge(
    "Lowest fee rate the mempool takes, as the event has it: sat/vB since February 2026",
  ),
  rpc_mempoolinfo_min_relay_tx_feerate: gauge(
    "Lowest fee rate that is relayed, as the event has it: sat/vB since February 2026",
  ),
  rpc_mempoolinfo_incremental_relay_feerate: gauge(
    "Fee rate a replacement adds at least, as the event has it: sat/vB since February 2026",
  ),
  rpc_uptime: gauge("Seconds since the node was started"),
  rpc_nettotals_total_bytes_received: gauge("Bytes received since the node was started"),
  rpc_nettotals_total_bytes_sent: gauge("Bytes sent since the node was started"),
  rpc_memoryinfo_locked_used: gauge("Bytes of locked memory in use"),
  rpc_memoryinfo_locked_free: gauge("Bytes of locked memory that are free"),
  rpc_memoryinfo_locked_total: gauge("Bytes of locked memory"),
  rpc_memoryinfo_locked_locked: gauge("Bytes of locked memory that could be locked"),
  rpc_memoryinfo_locked_chunks_used: gauge("Chunks of locked memory in use"),
  rpc_memoryinfo_locked_chunks_free: gauge("Chunks of locked memory that are free"),
  rpc_addrmaninfo: gauge("Addresses in the address manager by network and table", {
    labels: {
      network: open("ipv4", "ipv6", "onion", "i2p", "cjdns", "all_networks"),
      table: ["new", "tried", "total"],
    },
  }),
  rpc_chaintxstats_tx_count: gauge("Transactions in the chain"),
  rpc_chaintxstats_window_final_block_height: gauge("Height of the last block of the window"),
  rpc_chaintxstats_window_block_count: gauge("Blocks in the window"),
  rpc_chaintxstats_window_tx_count: gauge("Transactions in the window"),
  rpc_chaintxstats_window_interval: gauge("Seconds the window spans"),
  rpc_chaintxstats_tx_rate: gauge("Transactions per second in the window"),
  rpc_networkinfo_version: gauge("Version of the node as a number"),
  rpc_networkinfo_protocol_version: gauge("Protocol version of the node"),
  rpc_networkinfo_time_offset: gauge("Seconds the node's peers are ahead of it"),
  rpc_networkinfo_connections: gauge("Connections"),
  rpc_networkinfo_connections_in: gauge("Inbound connections"),
  rpc_networkinfo_connections_out: gauge("Outbound connections"),
  rpc_networkinfo_network_active: gauge("1 while the node's networking is on"),
  rpc_networkinfo_relay_fee: gauge(
    "Lowest fee rate that is relayed, as the event has it: sat/vB since February 2026",
  ),
  rpc_networkinfo_incremental_fee: gauge(
    "Fee rate a replacement adds at least, as the event has it: sat/vB since February 2026",
  ),
  rpc_networkinfo_warnings: gauge("Warnings the node gives about the network"),
  rpc_networkinfo_local_addresses_count: gauge("Addresses the node announces as its own"),
  rpc_networkinfo_networks: gauge("1 for a network with this property", {
    labels: { network: NETWORK, property: ["limited", "reachable"] },
  }),
  rpc_blockchaininfo_blocks: gauge("Height of the chain"),
  rpc_blockchaininfo_headers: gauge("Height of the headers"),
  rpc_blockchaininfo_difficulty: gauge("Difficulty"),
  rpc_blockchaininfo_verification_progress: gauge("How much of the chain is verified, 0 to 1"),
  rpc_blockchaininfo_initial_block_download: gauge("1 while the node syncs"),
  rpc_blockchaininfo_size_on_disk: gauge("Bytes of blocks on disk"),
  rpc_blockchaininfo_pruned: gauge("1 if the node prunes"),
  rpc_blockchaininfo_prune_height: gauge("Height of the first block that is kept; 0 if all are"),
  rpc_blockchaininfo_prune_target_size: gauge("Bytes of blocks the node keeps; 0 if it keeps all"),
  rpc_blockchaininfo_warnings: gauge("Warnings the node gives about the chain"),
  rpc_getorphantxs_count: gauge("Orphan transactions"),
  rpc_getorphantxs_bytes: gauge("Bytes of orphan transactions"),
  rpc_getorphantxs_vsize: gauge("Virtual bytes of orphan transactions"),
  rpc_getorphantxs_weight: gauge("Weight of orphan transactions"),
  rpc_getorphantxs_from_mean: gauge("Mean of peers that announced an orphan transaction; NaN without one"),
  rpc_getorphantxs_from_min: gauge("Fewest peers that announced an orphan transaction; 2^63 - 1 without one"),
  rpc_getorphantxs_from_max: gauge("Most peers that announced an orphan transaction"),
  rpc_getorphantxs_added_count: counter("Orphan transactions that were not there the time before"),
  rpc_getorphantxs_added_bytes: counter("Bytes of orphan transactions that were not there the time before"),
  rpc_getorphantxs_removed_count: counter("Orphan transactions that were there the time before, and not now"),
  rpc_getorphantxs_removed_bytes: counter(
    "Bytes of orphan transactions that were there the time before, and not now",
  ),
  rpc_estimatesmartfee_feerate: gauge("Estimated fee rate in sat/vB", {
    labels: { target_block: open("1", "6", "144"), mode: FEE_MODES },
  }),
};

/** What takes the node's answers. */
export function makeSetRpc(metrics: Metrics, peers: Peers) {
  const setAddrman = makeSetAddrman(metrics);
  const setOrphans = makeSetOrphans(metrics);
  return (timestamp: number, { rpcEvent }: Rpc): void => {
    switch (rpcEvent?.case) {
      case "peerInfos":
        return setPeerInfo(metrics, peers, rpcEvent.value.infos);
      case "mempoolInfo":
        return setMempoolInfo(metrics, rpcEvent.value);
      case "uptime":
        return set(metrics.rpc_uptime, rpcEvent.value);
      case "netTotals":
        return setNetTotals(metrics, rpcEvent.value);
      case "memoryInfo":
        return setMemoryInfo(metrics, rpcEvent.value);
      case "addrmanInfo":
        for (const [network, counts] of rpcEvent.value.networks) {
          for (const table of ["new", "tried", "total"] as const) {
            metrics.rpc_addrmaninfo.at(network, table).value = counts[table];
          }
        }
        return;
      case "chainTxStats":
        return setChainTxStats(metrics, rpcEvent.value);
      case "networkInfo":
        return setNetworkInfo(metrics, rpcEvent.value);
      case "blockchainInfo":
        return setBlockchainInfo(metrics, rpcEvent.value);
      case "orphanTxs":
        return setOrphans(rpcEvent.value.orphans);
      case "addrman":
        return setAddrman(timestamp, rpcEvent.value);
      case "estimateSmartFee": {
        const { feeRate, requestedBlocks, mode } = rpcEvent.value;
        if (feeRate === undefined) return;
        metrics.rpc_estimatesmartfee_feerate.at(String(requestedBlocks), FEE_MODES[mode] ?? "UNSET").value =
          feeRate;
      }
    }
  };
}

function setMempoolInfo(metrics: Metrics, info: MempoolInfo): void {
  set(metrics.rpc_mempoolinfo_mempool_loaded, info.loaded);
  set(metrics.rpc_mempoolinfo_transaction_count, info.size);
  set(metrics.rpc_mempoolinfo_transaction_fees, info.totalFee);
  set(metrics.rpc_mempoolinfo_transaction_vbyte, info.bytes);
  set(metrics.rpc_mempoolinfo_memory_usage, info.usage);
  set(metrics.rpc_mempoolinfo_memory_max, info.maxMempool);
  set(metrics.rpc_mempoolinfo_min_mempool_feerate, info.mempoolminfee);
  set(metrics.rpc_mempoolinfo_min_relay_tx_feerate, info.minrelaytxfee);
  set(metrics.rpc_mempoolinfo_incremental_relay_feerate, info.incrementalrelayfee);
}

function setNetTotals(metrics: Metrics, totals: NetTotals): void {
  set(metrics.rpc_nettotals_total_bytes_received, totals.totalBytesReceived);
  set(metrics.rpc_nettotals_total_bytes_sent, totals.totalBytesSent);
}

function setMemoryInfo(metrics: Metrics, info: MemoryInfo): void {
  set(metrics.rpc_memoryinfo_locked_used, info.used);
  set(metrics.rpc_memoryinfo_locked_free, info.free);
  set(metrics.rpc_memoryinfo_locked_total, info.total);
  set(metrics.rpc_memoryinfo_locked_locked, info.locked);
  set(metrics.rpc_memoryinfo_locked_chunks_used, info.chunksUsed);
  set(metrics.rpc_memoryinfo_locked_chunks_free, info.chunksFree);
}

function setChainTxStats(metrics: Metrics, stats: ChainTxStats): void {
  set(metrics.rpc_chaintxstats_tx_count, stats.txCount);
  set(metrics.rpc_chaintxstats_window_final_block_height, stats.windowFinalBlockHeight);
  set(metrics.rpc_chaintxstats_window_block_count, stats.windowBlockCount);
  if (stats.windowTxCount !== undefined) set(metrics.rpc_chaintxstats_window_tx_count, stats.windowTxCount);
  if (stats.windowInterval !== undefined) set(metrics.rpc_chaintxstats_window_interval, stats.windowInterval);
  if (stats.txRate !== undefined) set(metrics.rpc_chaintxstats_tx_rate, stats.txRate);
}

function setNetworkInfo(metrics: Metrics, info: NetworkInfo): void {
  set(metrics.rpc_networkinfo_version, info.version);
  set(metrics.rpc_networkinfo_protocol_version, info.protocolVersion);
  set(metrics.rpc_networkinfo_time_offset, info.timeOffset);
  set(metrics.rpc_networkinfo_connections, info.connections);
  set(metrics.rpc_networkinfo_connections_in, info.connectionsIn);
  set(metrics.rpc_networkinfo_connections_out, info.connectionsOut);
  set(metrics.rpc_networkinfo_network_active, info.networkActive);
  set(metrics.rpc_networkinfo_relay_fee, info.relayFee);
  set(metrics.rpc_networkinfo_incremental_fee, info.incrementalFee);
  set(metrics.rpc_networkinfo_warnings, info.warnings.length);
  set(metrics.rpc_networkinfo_local_addresses_count, info.localAddresses.length);
  for (const { name, limited, reachable } of info.networks) {
    metrics.rpc_networkinfo_networks.at(name, "limited").value = Number(limited);
    metrics.rpc_networkinfo_networks.at(name, "reachable").value = Number(reachable);
  }
}

function setBlockchainInfo(metrics: Metrics, info: BlockchainInfo): void {
  set(metrics.rpc_blockchaininfo_blocks, info.blocks);
  set(metrics.rpc_blockchaininfo_headers, info.headers);
  set(metrics.rpc_blockchaininfo_difficulty, info.difficulty);
  set(metrics.rpc_blockchaininfo_verification_progress, info.verificationprogress);
  set(metrics.rpc_blockchaininfo_initial_block_download, info.initialblockdownload);
  set(metrics.rpc_blockchaininfo_size_on_disk, info.sizeOnDisk);
  set(metrics.rpc_blockchaininfo_pruned, info.pruned);
  set(metrics.rpc_blockchaininfo_prune_height, info.pruneHeight);
  set(metrics.rpc_blockchaininfo_prune_target_size, info.pruneTargetSize);
  set(metrics.rpc_blockchaininfo_warnings, info.warnings.length);
}

/** What the Rust tool says of an empty orphanage: the largest number it has, 2^63 - 1. */
const NO_ORPHANS = 2 ** 63;

/** Sets and counts orphan transactions; the sizes of those before are kept for comparison. */
function makeSetOrphans(metrics: Metrics) {
  let before: ReadonlyMap<string, number> = new Map();
  return (orphans: readonly OrphanTx[]): void => {
    set(metrics.rpc_getorphantxs_count, orphans.length);
    set(metrics.rpc_getorphantxs_bytes, sum(orphans.map(({ bytes }) => bytes)));
    set(metrics.rpc_getorphantxs_vsize, sum(orphans.map(({ vsize }) => vsize)));
    set(metrics.rpc_getorphantxs_weight, sum(orphans.map(({ weight }) => weight)));
    const announcers = orphans.map(({ from }) => from.length);
    set(metrics.rpc_getorphantxs_from_mean, sum(announcers) / orphans.length);
    set(metrics.rpc_getorphantxs_from_min, announcers.reduce((a, b) => Math.min(a, b), NO_ORPHANS));
    set(metrics.rpc_getorphantxs_from_max, announcers.reduce((a, b) => Math.max(a, b), 0));
    const now = new Map(orphans.map(({ wtxid, bytes }) => [wtxid, bytes]));
    for (const [wtxid, bytes] of now) {
      if (before.has(wtxid)) continue;
      metrics.rpc_getorphantxs_added_count.at().add(1);
      metrics.rpc_getorphantxs_added_bytes.at().add(bytes);
    }
    for (const [wtxid, bytes] of before) {
      if (now.has(wtxid)) continue;
      metrics.rpc_getorphantxs_removed_count.at().add(1);
      metrics.rpc_getorphantxs_removed_bytes.at().add(bytes);
    }
    before = now;
  };
}

function set(metric: GaugeFamily, value: number | boolean): void {
  metric.at().value = Number(value);
}
