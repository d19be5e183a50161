/**
 * The frames of the WebSocket as far as the pages read them: in the exact and the lite form, with envelope.
 *
 * @module
 */

/** A hash or other bytes. */
export type Bytes = readonly number[];

/** One frame: what the envelope says, and one member. */
export interface Frame {
  readonly timestamp: number;
  readonly node?: string;
  /** Seen before this page was opened. */
  readonly snapshot?: true;
  /** Events before this one that were dropped because this page was too slow. */
  readonly dropped?: number;
  readonly EbpfExtractor?: {
    readonly ebpf_event: {
      readonly Message?: Message;
      readonly Connection?: { readonly event: ConnectionEvent | null };
      readonly Mempool?: { readonly event: MempoolEvent | null };
      readonly Validation?: { readonly event: { readonly BlockConnected?: BlockConnected } | null };
    };
  };
  readonly RpcExtractor?: { readonly rpc_event: RpcEvent | null };
  readonly P2pExtractor?: { readonly p2p_event: P2pEvent | null };
  readonly LogExtractor?: LogLine;
  readonly IpcExtractor?: {
    readonly ipc_event: { readonly BlockTip?: { height: number; hash: Bytes } } | null;
  };
}

/** A P2P message. */
export interface Message {
  readonly meta: {
    readonly peer_id: number;
    readonly addr: string;
    readonly conn_type: number;
    readonly command: string;
    readonly inbound: boolean;
    readonly size: number;
  };
  readonly msg: MessageContent | null;
}

/** What the pages look into. */
export interface MessageContent {
  readonly Ping?: { readonly value: string };
  readonly Pong?: { readonly value: string };
  readonly Inv?: { readonly items: readonly InventoryItem[] };
  readonly Getdata?: { readonly items: readonly InventoryItem[] };
  readonly Notfound?: { readonly items: readonly InventoryItem[] };
  readonly Tx?: { readonly tx: Transaction };
  readonly Headers?: { readonly headers: readonly Header[] };
  readonly Addr?: { readonly addresses: readonly Address[] };
  readonly Addrv2?: { readonly addresses: readonly Address[] };
  readonly Feefilter?: { readonly fee: string };
  readonly Version?: { readonly user_agent: string; readonly start_height: number; readonly version: number };
  readonly Compactblock?: { readonly header: Header; readonly short_ids: readonly Bytes[] };
  readonly Block?: { readonly header: Header };
  readonly Blocktxn?: { readonly block_hash: Bytes; readonly transactions: readonly Transaction[] };
  readonly Getblocktxn?: { readonly block_hash: Bytes; readonly tx_indexes: readonly number[] };
  readonly Reject?: { readonly rejected_command: string; readonly reason_details: string };
}

/** A transaction without its bytes. */
export interface Transaction {
  readonly txid: Bytes;
  readonly wtxid: Bytes;
}

/** A block header. */
export interface Header {
  readonly hash: Bytes;
}

/** What a peer has, or wants. */
export interface InventoryItem {
  readonly item: {
    readonly Transaction?: Bytes;
    readonly Wtx?: Bytes;
    readonly WitnessTransaction?: Bytes;
    readonly Block?: Bytes;
    readonly WitnessBlock?: Bytes;
    readonly CompactBlock?: Bytes;
  } | null;
}

/** An address that somebody announced. */
export interface Address {
  readonly timestamp: number;
  readonly port: number;
  readonly address: Readonly<Record<string, unknown>> | null;
}

/** One end of a connection. */
export interface Connection {
  readonly peer_id: number;
  readonly addr: string;
  readonly conn_type: number;
  readonly network: number;
}

/** What happened to a connection. */
export interface ConnectionEvent {
  readonly Inbound?: { readonly conn: Connection };
  readonly Outbound?: { readonly conn: Connection };
  readonly Closed?: { readonly conn: Connection; readonly time_established: number };
  readonly InboundEvicted?: { readonly conn: Connection; readonly time_established: number };
  readonly Misbehaving?: { readonly id: number; readonly message: string };
}

/** What happened in the mempool. */
export interface MempoolEvent {
  readonly Added?: unknown;
  readonly Removed?: unknown;
  readonly Replaced?: { readonly replacement_vsize: number };
  readonly Rejected?: { readonly reason: string };
}

/** A block that became part of the chain. */
export interface BlockConnected {
  readonly hash: Bytes;
  readonly height: number;
  readonly transactions: number;
  readonly inputs: number;
  readonly connection_time: number;
}

/** An answer of the node. */
export interface RpcEvent {
  readonly PeerInfos?: { readonly infos: readonly PeerInfo[] };
  readonly MempoolInfo?: MempoolInfo;
  readonly Uptime?: number;
  readonly NetTotals?: { readonly total_bytes_received: number; readonly total_bytes_sent: number };
  readonly AddrmanInfo?: {
    readonly networks: Readonly<Record<string, { readonly new: number; readonly tried: number }>>;
  };
  readonly NetworkInfo?: {
    readonly subversion: string;
    readonly connections_in: number;
    readonly connections_out: number;
    readonly warnings: readonly string[];
  };
  readonly BlockchainInfo?: BlockchainInfo;
  readonly Addrman?: { readonly new: Table; readonly tried: Table };
  readonly EstimateSmartFee?: {
    readonly fee_rate: number | null;
    readonly requested_blocks: number;
    readonly mode: number;
  };
}

/** `getblockchaininfo`. */
export interface BlockchainInfo {
  readonly chain: string;
  readonly blocks: number;
  readonly headers: number;
  readonly bestblockhash: string;
  readonly time: number;
  readonly verificationprogress: number;
  readonly initialblockdownload: boolean;
}

/** `getmempoolinfo`. */
export interface MempoolInfo {
  readonly size: number;
  readonly bytes: number;
  readonly usage: number;
  readonly max_mempool: number;
  readonly mempoolminfee: number;
}

/** One of `getpeerinfo`. */
export interface PeerInfo {
  readonly id: number;
  readonly address: string;
  readonly network: string;
  readonly services: string;
  readonly connection_time: number;
  readonly ping_time: number;
  readonly minimum_ping: number;
  readonly ping_wait: number;
  readonly version: number;
  readonly subversion: string;
  readonly inbound: boolean;
  readonly bytes_sent: number;
  readonly bytes_received: number;
  readonly synced_blocks: number;
  readonly addr_processed: number;
  readonly addr_rate_limited: number;
  readonly addr_relay_enabled: boolean;
  readonly connection_type: string;
  readonly transport_protocol_type: string;
  readonly inv_to_send: number;
}

/** Buckets of the address manager. */
export type Table = Readonly<Record<string, { readonly entries: Readonly<Record<string, AddrmanEntry>> }>>;

/** An entry of the address manager. */
export interface AddrmanEntry {
  readonly network: string;
  readonly time: number;
  readonly source: string;
}

/** What the P2P extractor saw. */
export interface P2pEvent {
  readonly PingDuration?: { readonly duration: number };
  readonly AddressAnnouncement?: { readonly addresses: readonly Address[] };
  readonly InventoryAnnouncement?: { readonly inventory: readonly InventoryItem[] };
}

/** A line of debug.log. */
export interface LogLine {
  readonly log_timestamp: number;
  readonly category: number;
  readonly threadname: string;
  readonly log_level: number;
  readonly log_event: {
    readonly UnknownLogMessage?: { readonly raw_message: string };
    readonly BlockConnectedLog?: { readonly block_hash: string; readonly block_height: number };
    readonly BlockCheckedLog?: {
      readonly block_hash: string;
      readonly state: string;
      readonly debug_message: string;
    };
    readonly SawNewHeaderLog?: {
      readonly block_hash: string;
      readonly block_height: number;
      readonly peer_id: number;
    };
    readonly CompactBlockReconstructedLog?: {
      readonly block_hash: string;
      readonly mempool_txn_count: number;
      readonly requested_txn_count: number;
    };
  } | null;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** A hash as people write it: the bytes reversed. */
export function hashText(bytes: Bytes): string {
  let text = "";
  for (let i = bytes.length - 1; i >= 0; i--) text += HEX[bytes[i]! & 0xff];
  return text;
}
