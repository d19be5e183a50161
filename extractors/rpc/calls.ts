/**
 * What is asked and what becomes of the answers. Adding a call is one entry here and one file in `answers/`.
 *
 * @module
 */

import { addrman } from "./answers/addrman.ts";
import { addrmanInfo } from "./answers/addrman_info.ts";
import type { ToEvent, Watch } from "./answers/answer.ts";
import { blockchainInfo } from "./answers/blockchain_info.ts";
import { chainTxStats } from "./answers/chain_tx_stats.ts";
import { ESTIMATE_REQUESTS, estimateSmartFee } from "./answers/estimate_smart_fee.ts";
import { memoryInfo } from "./answers/memory_info.ts";
import { mempoolInfo } from "./answers/mempool_info.ts";
import { netTotals } from "./answers/net_totals.ts";
import { networkInfo } from "./answers/network_info.ts";
import { orphanTxs } from "./answers/orphan_txs.ts";
import { peerInfos } from "./answers/peer_infos.ts";
import { uptime } from "./answers/uptime.ts";
import { watchChainTips } from "./chain_tip_watch.ts";

/** How often something is asked. */
export type Group = "frequent" | "slow";

/** One RPC. */
export type Call =
  & {
    /** How often it is called. */
    readonly group: Group;
    /** The first version of Bitcoin Core that has it, if that is not older than 24. */
    readonly since?: number;
    /** Lists of parameters; each is a call of its own. By default one without parameters. */
    readonly requests?: readonly (readonly unknown[])[];
  }
  & ({ readonly toEvent: ToEvent } | { readonly startWatch: () => Watch });

/** All RPCs, in the order in which a round calls them. */
export const CALLS = {
  getpeerinfo: { group: "frequent", toEvent: peerInfos },
  getmempoolinfo: { group: "frequent", toEvent: mempoolInfo },
  uptime: { group: "frequent", toEvent: uptime },
  getnettotals: { group: "frequent", toEvent: netTotals },
  getmemoryinfo: { group: "frequent", toEvent: memoryInfo },
  getaddrmaninfo: { group: "frequent", since: 26, toEvent: addrmanInfo },
  getnetworkinfo: { group: "frequent", toEvent: networkInfo },
  // The number 2: with hex. Booleans are refused.
  getorphantxs: { group: "frequent", since: 29, requests: [[2]], toEvent: orphanTxs },
  estimatesmartfee: { group: "frequent", requests: ESTIMATE_REQUESTS, toEvent: estimateSmartFee },
  getchaintxstats: { group: "slow", toEvent: chainTxStats },
  getblockchaininfo: { group: "slow", toEvent: blockchainInfo },
  getrawaddrman: { group: "slow", since: 26, toEvent: addrman },
  getchaintips: { group: "slow", startWatch: watchChainTips },
} satisfies Record<string, Call>;

/** Names of all RPCs. */
export const CALL_NAMES: readonly string[] = Object.keys(CALLS);
