import { type Board, growth, now, of, perSecond, query, ratio, type Series, sumBy } from "../panel.ts";

/** Transactions that wait for a block. */
export const mempoolBoard: Board = {
  name: "mempool",
  title: "Mempool",
  about: "Transactions that wait for a block: how many there are, which come, leave, and are refused.",
  wall: true,
  panels: [
    { title: "Transactions", queries: [now("rpc_mempoolinfo_transaction_count")] },
    { title: "Virtual size", unit: "suffix: vB", queries: [now("rpc_mempoolinfo_transaction_vbyte")] },
    { title: "Fees", unit: "suffix: BTC", queries: [now("rpc_mempoolinfo_transaction_fees")] },
    {
      title: "Memory, share of what it may take",
      unit: "percentunit",
      queries: [ratio(now("rpc_mempoolinfo_memory_usage"), now("rpc_mempoolinfo_memory_max"))],
    },
    { title: "Memory", unit: "bytes", queries: [now("rpc_mempoolinfo_memory_usage")] },
    {
      title: "Memory per virtual byte",
      unit: "bytes",
      queries: [ratio(now("rpc_mempoolinfo_memory_usage"), now("rpc_mempoolinfo_transaction_vbyte"))],
    },
    {
      title: "Lowest fee rate",
      unit: "suffix: sat/vB",
      queries: [now("rpc_mempoolinfo_min_mempool_feerate")],
    },
    {
      title: "Lowest fee rate that is relayed",
      unit: "suffix: sat/vB",
      queries: [now("rpc_mempoolinfo_min_relay_tx_feerate")],
    },
    {
      title: "Fee rate a replacement adds",
      unit: "suffix: sat/vB",
      queries: [now("rpc_mempoolinfo_incremental_relay_feerate")],
    },
    {
      title: "Transactions that entered",
      unit: "cps",
      queries: [query(`${growth("60m", "mempool_added").expr} / 3600`)],
    },
    {
      title: "Virtual bytes that entered, per minute",
      unit: "suffix: vB",
      queries: [query(`${growth("60m", "mempool_added_vbytes").expr} / 60`)],
    },
    {
      title: "Loaded",
      kind: "stat",
      unit: "bool_yes_no",
      steps: [[0, "red"], [1, "green"]],
      queries: [now("rpc_mempoolinfo_mempool_loaded")],
    },
    {
      title: "Refused by reason",
      unit: "cps",
      kind: "stack",
      queries: [perSecond("mempool_rejected", { by: ["reason"] })],
    },
    {
      title: "Left by reason",
      unit: "cps",
      kind: "stack",
      queries: [perSecond("mempool_removed", { by: ["reason"] })],
    },
    { title: "Replaced", unit: "cps", queries: [perSecond("mempool_replaced")] },
    {
      title: "Virtual bytes replaced",
      unit: "suffix: vB/s",
      queries: [perSecond("mempool_replaced_vbytes")],
    },
  ],
};

const estimates = ["CONSERVATIVE", "ECONOMICAL"].flatMap((mode) =>
  [1, 6, 144].map((blocks) => ({
    title: `${mode === "CONSERVATIVE" ? "Conservative" : "Economical"}, ${
      blocks === 1 ? "next block" : `${blocks} blocks`
    }`,
    unit: "suffix: sat/vB" as const,
    queries: [now("rpc_estimatesmartfee_feerate", { where: `target_block="${blocks}", mode="${mode}"` })],
  }))
);

/** Fees and orphans. */
export const feesBoard: Board = {
  name: "fees-and-orphans",
  title: "Fees and orphans",
  about: "The node's estimates of fees, and transactions whose parents it does not know.",
  panels: [
    ...estimates,
    { title: "Orphans", queries: [now("rpc_getorphantxs_count")] },
    {
      title: "Size of orphans",
      unit: "bytes",
      queries: [
        now("rpc_getorphantxs_bytes", { as: "bytes" }),
        now("rpc_getorphantxs_vsize", { as: "virtual bytes" }),
      ],
    },
    { title: "Weight of orphans", unit: "suffix: WU", queries: [now("rpc_getorphantxs_weight")] },
    {
      title: "Orphans that came and went in 10 min",
      queries: [
        growth("10m", "rpc_getorphantxs_added_count", { as: "came" }),
        growth("10m", "rpc_getorphantxs_removed_count", { as: "went" }),
      ],
    },
    {
      title: "Bytes of orphans that came and went in 10 min",
      unit: "bytes",
      queries: [
        growth("10m", "rpc_getorphantxs_added_bytes", { as: "came" }),
        growth("10m", "rpc_getorphantxs_removed_bytes", { as: "went" }),
      ],
    },
    {
      title: "Peers that announced an orphan",
      note: "The fewest are left out where there is no orphan.",
      queries: [
        now("rpc_getorphantxs_from_max", { as: "most" }),
        now("rpc_getorphantxs_from_mean", { as: "mean" }),
        query(`${of("rpc_getorphantxs_from_min")} < 1e18`, { as: "fewest" }),
      ],
    },
  ],
};

const reconstructed = (window: string, where = "") =>
  sumBy(`increase(${of("log_compact_block_reconstruction_count", where)}[${window}])`);

/** Blocks on their way. */
export const blocksBoard: Board = {
  name: "blocks",
  title: "Blocks",
  about: "Blocks on their way into the node: connected, put together from compact blocks, missing, changed.",
  wall: true,
  panels: [
    {
      title: "Height",
      kind: "stat",
      unit: "locale",
      queries: [
        now("validation_block_connected_latest_height", { as: "tracepoint" }),
        now("ipc_block_tip_height", { as: "mining interface" }),
      ],
    },
    {
      title: "Time to connect the last block",
      unit: "µs",
      steps: [[0, "green"], [1e6, "yellow"], [1e7, "red"]],
      log: true,
      queries: [now("validation_block_connected_latest_connection_time")],
    },
    {
      title: "Share of time spent connecting blocks",
      unit: "percentunit",
      queries: [query(`${sumBy(`rate(${of("validation_block_connected_connection_time")}[1h])`)} / 1e6`)],
    },
    {
      title: "Transactions in the last block",
      queries: [now("validation_block_connected_latest_transactions")],
    },
    { title: "Inputs in the last block", queries: [now("validation_block_connected_latest_inputs")] },
    {
      title: "Signature operations in the last block",
      queries: [now("validation_block_connected_latest_sigops")],
    },
    {
      title: "Blocks in 1 h, by the log",
      queries: [
        growth("1h", "log_block_connected_events", { as: "connected" }),
        growth("1h", "log_block_checked_events", { as: "checked" }),
      ],
    },
    {
      title: "Mutated blocks",
      kind: "table",
      queries: [now("log_mutated_blocks", { by: ["status"] })],
      note: "Since the metrics tool began.",
    },
    {
      title: "Mutated blocks in 1 h",
      steps: [[0, "green"], [1, "red"]],
      queries: [growth("1h", "log_mutated_blocks", { by: ["status"] })],
    },
    {
      title: "Compact blocks without a request, share of 1 d",
      unit: "percentunit",
      queries: [query(`${reconstructed("1d", 'tx_requested="false"')} / ${reconstructed("1d")}`)],
    },
    {
      title: "Compact blocks sent at once, share of 1 d",
      unit: "percentunit",
      note: "High bandwidth: a peer sends the compact block without being asked.",
      queries: [query(`${reconstructed("1d", 'bandwidth="high"')} / ${reconstructed("1d")}`)],
    },
    {
      title: "Compact blocks without a request, by messages",
      unit: "percentunit",
      note:
        "An approximation, for nodes whose log is not read: one minus getblocktxn sent by cmpctblock received, over 1 d.",
      queries: [
        query(
          `1 - ${
            sumBy(`increase(${of("p2p_message_count", 'direction="outbound", message="getblocktxn"')}[1d])`)
          } / ${
            sumBy(`increase(${of("p2p_message_count", 'direction="inbound", message="cmpctblock"')}[1d])`)
          }`,
        ),
      ],
    },
    {
      title: "Time to put the last compact block together",
      unit: "µs",
      log: true,
      queries: [now("log_compact_block_reconstruction_time", { by: ["tx_requested", "bandwidth"] })],
    },
    {
      title: "Time to put compact blocks together, mean of 1 d",
      unit: "µs",
      log: true,
      queries: [
        query(`max by (host) (avg_over_time(${of("log_compact_block_reconstruction_time")}[1d]))`),
      ],
    },
    {
      title: "Bytes requested for compact blocks in 1 h",
      unit: "bytes",
      queries: [growth("1h", "log_compact_block_reconstruction_requested_bytes")],
    },
    {
      title: "Transactions for compact blocks in 1 h",
      queries: [
        growth("1h", "log_compact_block_reconstruction_txs_requested", { as: "requested" }),
        growth("1h", "log_compact_block_reconstruction_txs_extra_pool", { as: "from the extra pool" }),
      ],
    },
    {
      title: "Heights of blocks being fetched",
      queries: [now("rpc_peer_info_inflight_distinct_blocks_heights")],
    },
    { title: "Peers that blocks are fetched from", queries: [now("rpc_peer_info_inflight_block_peers")] },
  ],
};

const lines = (...names: readonly (readonly [Series, string])[]) =>
  names.map(([name, as]) => now(name, { as }));

/** The node itself. */
export const nodeBoard: Board = {
  name: "node",
  title: "Node",
  about: "Each node itself: uptime, version, chain, connections by its own count, locked memory.",
  wall: true,
  panels: [
    {
      title: "Uptime",
      kind: "stat",
      unit: "s",
      steps: [[0, "red"], [3600, "yellow"], [86_400, "green"]],
      queries: [now("rpc_uptime")],
    },
    {
      title: "Version",
      kind: "stat",
      queries: lines(["rpc_networkinfo_version", "node"], ["rpc_networkinfo_protocol_version", "protocol"]),
    },
    {
      title: "Warnings",
      kind: "stat",
      steps: [[0, "green"], [1, "orange"]],
      queries: lines(["rpc_networkinfo_warnings", "network"], ["rpc_blockchaininfo_warnings", "chain"]),
    },
    {
      title: "States",
      kind: "stat",
      unit: "bool_yes_no",
      queries: lines(["rpc_networkinfo_network_active", "networking on"], [
        "rpc_blockchaininfo_initial_block_download",
        "syncing",
      ], ["rpc_blockchaininfo_pruned", "prunes"]),
    },
    {
      title: "Blocks and headers",
      unit: "locale",
      queries: lines(["rpc_blockchaininfo_blocks", "blocks"], ["rpc_blockchaininfo_headers", "headers"]),
    },
    {
      title: "Headers ahead of blocks",
      steps: [[0, "green"], [10, "red"]],
      queries: [query(`${of("rpc_blockchaininfo_headers")} - ${of("rpc_blockchaininfo_blocks")}`)],
    },
    { title: "Verified", unit: "percentunit", queries: [now("rpc_blockchaininfo_verification_progress")] },
    {
      title: "Blocks on disk",
      unit: "bytes",
      queries: lines(["rpc_blockchaininfo_size_on_disk", "on disk"], [
        "rpc_blockchaininfo_prune_target_size",
        "to keep",
      ]),
    },
    { title: "First block that is kept", unit: "locale", queries: [now("rpc_blockchaininfo_prune_height")] },
    { title: "Difficulty", queries: [now("rpc_blockchaininfo_difficulty")] },
    { title: "Transactions in the chain", unit: "locale", queries: [now("rpc_chaintxstats_tx_count")] },
    {
      title: "Transactions per second in the window",
      unit: "cps",
      queries: [now("rpc_chaintxstats_tx_rate")],
    },
    {
      title: "The window of these transactions",
      kind: "table",
      unit: "locale",
      queries: lines(
        ["rpc_chaintxstats_window_final_block_height", "last block"],
        ["rpc_chaintxstats_window_block_count", "blocks"],
        ["rpc_chaintxstats_window_tx_count", "transactions"],
        ["rpc_chaintxstats_window_interval", "seconds"],
      ),
    },
    {
      title: "Connections by the node's count",
      queries: lines(["rpc_networkinfo_connections", "all"], ["rpc_networkinfo_connections_in", "inbound"], [
        "rpc_networkinfo_connections_out",
        "outbound",
      ]),
    },
    {
      title: "Networks",
      kind: "table",
      queries: [now("rpc_networkinfo_networks", { by: ["network", "property"] })],
    },
    { title: "Own addresses", kind: "stat", queries: [now("rpc_networkinfo_local_addresses_count")] },
    { title: "Distance from the peers' clocks", unit: "s", queries: [now("rpc_networkinfo_time_offset")] },
    {
      title: "Fee rates for relay",
      unit: "suffix: sat/vB",
      queries: lines(["rpc_networkinfo_relay_fee", "lowest"], [
        "rpc_networkinfo_incremental_fee",
        "replacement",
      ]),
    },
    {
      title: "Locked memory",
      unit: "bytes",
      queries: lines(["rpc_memoryinfo_locked_used", "used"], ["rpc_memoryinfo_locked_free", "free"], [
        "rpc_memoryinfo_locked_total",
        "all",
      ], ["rpc_memoryinfo_locked_locked", "locked"]),
    },
    {
      title: "Chunks of locked memory",
      queries: lines(["rpc_memoryinfo_locked_chunks_used", "used"], [
        "rpc_memoryinfo_locked_chunks_free",
        "free",
      ]),
    },
  ],
};
