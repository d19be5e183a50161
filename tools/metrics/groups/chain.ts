/**
 * Mempool and blocks as the eBPF extractor saw them, and the tip as the IPC extractor did.
 *
 * @module
 */

import type { AddrmanEvent, Ipc, MempoolEvent, ValidationEvent } from "../../../proto/schema.ts";
import { counter, gauge, open } from "../definition.ts";
import type { Metrics } from "../metrics.ts";

/** What the metrics of mempool, blocks, and of an old node's address manager are. */
export const chain = {
  mempool_added: counter("Transactions that entered the mempool"),
  mempool_added_vbytes: counter("Virtual bytes of transactions that entered the mempool"),
  mempool_replaced: counter("Transactions that were replaced in the mempool"),
  mempool_replaced_vbytes: counter("Virtual bytes of transactions that were replaced in the mempool"),
  mempool_rejected: counter("Transactions that the mempool refused by reason", {
    labels: { reason: open() },
  }),
  mempool_removed: counter("Transactions that left the mempool by reason", {
    labels: { reason: open("expiry", "sizelimit", "sizelimi", "reorg", "block", "conflict", "replaced") },
  }),
  validation_block_connected_latest_height: gauge("Height of the block connected last"),
  validation_block_connected_latest_connection_time: gauge("Microseconds it took to connect the last block"),
  validation_block_connected_latest_sigops: gauge("Signature operations in the block connected last"),
  validation_block_connected_latest_inputs: gauge("Inputs of transactions in the block connected last"),
  validation_block_connected_latest_transactions: gauge("Transactions in the block connected last"),
  validation_block_connected_connection_time: counter("Microseconds it took to connect blocks, all together"),
  ipc_block_tip_height: gauge("Height of the tip that the node's mining interface told last"),
  addrman_new_insert: counter("Attempts to insert into the new table, of nodes with tracepoints for it", {
    labels: { inserted: ["true", "false"] },
  }),
  addrman_tried_insert: counter("Insertions into the tried table, of nodes with tracepoints for it"),
};

const NANOSECONDS_PER_MICROSECOND = 1000;

/** Counts what happened in the mempool. */
export function countMempool(metrics: Metrics, { event }: MempoolEvent): void {
  switch (event?.case) {
    case "added":
      metrics.mempool_added.at().add(1);
      metrics.mempool_added_vbytes.at().add(event.value.vsize);
      break;
    case "replaced":
      metrics.mempool_replaced.at().add(1);
      metrics.mempool_replaced_vbytes.at().add(event.value.replacedVsize);
      break;
    case "rejected":
      metrics.mempool_rejected.at(event.value.reason).add(1);
      break;
    case "removed":
      metrics.mempool_removed.at(event.value.reason).add(1);
  }
}

/** Takes note of a block that was connected. */
export function countValidation(metrics: Metrics, { event }: ValidationEvent): void {
  if (event === undefined) return;
  const { height, connectionTime, sigops, inputs, transactions } = event.value;
  const microseconds = Math.floor(connectionTime / NANOSECONDS_PER_MICROSECOND);
  metrics.validation_block_connected_latest_height.at().value = height;
  metrics.validation_block_connected_latest_connection_time.at().value = microseconds;
  metrics.validation_block_connected_latest_sigops.at().value = sigops;
  metrics.validation_block_connected_latest_inputs.at().value = inputs;
  metrics.validation_block_connected_latest_transactions.at().value = transactions;
  metrics.validation_block_connected_connection_time.at().add(microseconds);
}

/** Takes note of a new tip. */
export function countIpc(metrics: Metrics, { ipcEvent }: Ipc): void {
  if (ipcEvent !== undefined) metrics.ipc_block_tip_height.at().value = ipcEvent.value.height;
}

/** Counts insertions that were traced until April 2026. */
export function countAddrmanInsert(metrics: Metrics, { event }: AddrmanEvent): void {
  if (event?.case === "new") metrics.addrman_new_insert.at(String(event.value.inserted)).add(1);
  if (event?.case === "tried") metrics.addrman_tried_insert.at().add(1);
}
