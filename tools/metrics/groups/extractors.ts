/**
 * What the node told the P2P extractor, and what it wrote to its log.
 *
 * @module
 */

import { isMutated, MUTATED_STATES } from "../../../proto/mutated_states.ts";
import type { CompactBlockReconstructedLog, Log, P2p, SawNewHeaderLog } from "../../../proto/schema.ts";
import { counter, gauge } from "../definition.ts";
import type { Metrics } from "../metrics.ts";
import {
  INVENTORY_TYPE_BY_MEMBER,
  INVENTORY_TYPES,
  LOG_CATEGORIES,
  LOG_LEVELS,
  networkOf,
  NETWORKS,
} from "../names.ts";

const LINE = { category: LOG_CATEGORIES, level: LOG_LEVELS };
const RECONSTRUCTION = { tx_requested: ["true", "false"], bandwidth: ["high", "low", "unknown"] };

/** What the metrics of both are. */
export const extractors = {
  p2pextractor_ping_duration_nanoseconds: gauge(
    "Nanoseconds the node took to answer the P2P extractor's last ping",
  ),
  p2pextractor_addrv2relay_addresses: counter("Addresses the node announced to the P2P extractor", {
    labels: { network: NETWORKS },
  }),
  p2pextractor_addrv2relay_messages: counter("addrv2 messages the node sent to the P2P extractor"),
  p2pextractor_addrv2relay_messages_10_or_less_entries: counter(
    "addrv2 messages of at most 10 addresses the node sent to the P2P extractor",
  ),
  p2pextractor_addrv2relay_size: gauge("Addresses in the last addrv2 message to the P2P extractor"),
  p2pextractor_invs_items: counter("Items the node announced to the P2P extractor by type", {
    labels: { inv_type: INVENTORY_TYPES },
  }),
  p2pextractor_invs_size: gauge("Items in the last inv message to the P2P extractor"),
  p2pextractor_invs_messages: counter("inv messages the node sent to the P2P extractor"),
  p2pextractor_feefilter_messages: counter("feefilter messages the node sent to the P2P extractor"),
  p2pextractor_feefilter_last: gauge(
    "Fee rate in sat/kvB of the last feefilter message to the P2P extractor",
  ),
  log_events: counter("Lines of the node's log by category and level", { labels: LINE }),
  log_bytes: counter("Bytes of lines of the node's log by category and level", { labels: LINE }),
  log_block_connected_events: counter("Lines of the node's log that say that a block was connected"),
  log_block_checked_events: counter("Lines of the node's log that say that a block was checked"),
  log_mutated_blocks: counter("Blocks that failed their check as changed on their way", {
    labels: { status: MUTATED_STATES },
  }),
  log_compact_block_reconstruction_count: counter("Compact blocks that were put together", {
    labels: RECONSTRUCTION,
  }),
  log_compact_block_reconstruction_time: gauge(
    "Microseconds between header and whole of the last compact block that was put together",
    { labels: RECONSTRUCTION },
  ),
  log_compact_block_reconstruction_requested_bytes: counter(
    "Bytes of transactions that had to be requested for compact blocks",
  ),
  log_compact_block_reconstruction_txs_requested: counter(
    "Transactions that had to be requested for compact blocks",
  ),
  log_compact_block_reconstruction_txs_extra_pool: counter(
    "Transactions of compact blocks from the extra pool",
  ),
};

const FEW_ADDRESSES = 10;

/** Counts what the node told the P2P extractor. */
export function countP2p(metrics: Metrics, { p2pEvent }: P2p): void {
  switch (p2pEvent?.case) {
    case "pingDuration":
      metrics.p2pextractor_ping_duration_nanoseconds.at().value = p2pEvent.value.duration;
      break;
    case "addressAnnouncement": {
      const { addresses } = p2pEvent.value;
      for (const address of addresses) {
        metrics.p2pextractor_addrv2relay_addresses.at(networkOf(address)).value++;
      }
      metrics.p2pextractor_addrv2relay_messages.at().add(1);
      metrics.p2pextractor_addrv2relay_size.at().value = addresses.length;
      if (addresses.length <= FEW_ADDRESSES) {
        metrics.p2pextractor_addrv2relay_messages_10_or_less_entries.at().add(1);
      }
      break;
    }
    case "inventoryAnnouncement": {
      const { inventory } = p2pEvent.value;
      for (const { item } of inventory) {
        const type = item === undefined ? "None" : INVENTORY_TYPE_BY_MEMBER[item.case];
        metrics.p2pextractor_invs_items.at(type).value++;
      }
      metrics.p2pextractor_invs_messages.at().add(1);
      metrics.p2pextractor_invs_size.at().value = inventory.length;
      break;
    }
    case "feefilterAnnouncement":
      metrics.p2pextractor_feefilter_messages.at().add(1);
      metrics.p2pextractor_feefilter_last.at().value = Number(p2pEvent.value);
  }
}

/** A header whose block is on its way. */
interface Header {
  readonly seenUs: number;
  readonly bandwidth: "high" | "low";
}

const HASH_DIGITS = 64;
const FORGET_AFTER_US = 5 * 60 * 1_000_000;
/** Headers that come in five minutes; while a node syncs there are more, and no compact blocks. */
const MOST_HEADERS = 1000;

/** What counts lines of the log. */
export function makeCountLog(metrics: Metrics) {
  const headers = new Map<string, Header>();
  return ({ category, logLevel, logLineBytes, logTimestamp, logEvent }: Log): void => {
    const line = [LOG_CATEGORIES[category] ?? "unknown", LOG_LEVELS[logLevel] ?? "info"] as const;
    metrics.log_events.at(...line).add(1);
    metrics.log_bytes.at(...line).add(logLineBytes);
    switch (logEvent?.case) {
      case "blockConnectedLog":
        return metrics.log_block_connected_events.at().add(1);
      case "blockCheckedLog":
        metrics.log_block_checked_events.at().add(1);
        if (isMutated(logEvent.value.state)) {
          metrics.log_mutated_blocks.at(logEvent.value.state).add(1);
        }
        return;
      case "sawNewHeaderLog":
        return keepHeader(headers, logTimestamp, logEvent.value);
      case "compactBlockReconstructedLog":
        countReconstruction(metrics, logEvent.value);
        return countFinished(metrics, headers, logTimestamp, logEvent.value);
    }
  };
}

function keepHeader(headers: Map<string, Header>, seenUs: number, header: SawNewHeaderLog): void {
  for (const [hash, { seenUs: before }] of headers) {
    if (headers.size < MOST_HEADERS && seenUs - before <= FORGET_AFTER_US) break;
    headers.delete(hash);
  }
  // The first line counts: that is when the node could begin.
  if (headers.has(header.blockHash) || header.blockHash.length !== HASH_DIGITS) return;
  headers.set(header.blockHash, { seenUs, bandwidth: header.isCmpctblock ? "high" : "low" });
}

function countReconstruction(metrics: Metrics, block: CompactBlockReconstructedLog): void {
  metrics.log_compact_block_reconstruction_requested_bytes.at().add(block.requestedTxnBytes);
  metrics.log_compact_block_reconstruction_txs_requested.at().add(block.requestedTxnCount);
  metrics.log_compact_block_reconstruction_txs_extra_pool.at().add(block.extraPoolTxnCount);
}

function countFinished(
  metrics: Metrics,
  headers: Map<string, Header>,
  finishedUs: number,
  { blockHash, requestedTxnCount }: CompactBlockReconstructedLog,
): void {
  const header = headers.get(blockHash);
  headers.delete(blockHash);
  if (header === undefined || finishedUs - header.seenUs > FORGET_AFTER_US) return;
  const at = [String(requestedTxnCount > 0), header.bandwidth] as const;
  metrics.log_compact_block_reconstruction_count.at(...at).add(1);
  metrics.log_compact_block_reconstruction_time.at(...at).value = Math.max(0, finishedUs - header.seenUs);
}
