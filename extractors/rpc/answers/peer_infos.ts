import type { PeerInfo } from "../../../proto/schema.ts";
import { type Fields, type Note, toFieldsList } from "../json.ts";
import type { RpcEvent } from "./answer.ts";

/** `getpeerinfo`. */
export function peerInfos(answer: unknown, note: Note): RpcEvent {
  return { case: "peerInfos", value: { infos: toFieldsList(answer, note).map(peerInfo) } };
}

function peerInfo(peer: Fields): PeerInfo {
  return {
    id: peer.uint32("id"),
    address: peer.text("addr"),
    addressBind: peer.text("addrbind"),
    addressLocal: peer.text("addrlocal"),
    network: peer.text("network"),
    mappedAs: peer.uint32("mapped_as"),
    services: peer.text("services"),
    relayTransactions: peer.bool("relaytxes"),
    lastSend: peer.signed("lastsend"),
    lastReceived: peer.signed("lastrecv"),
    lastTransaction: peer.signed("last_transaction"),
    lastBlock: peer.signed("last_block"),
    bytesSent: peer.unsigned("bytessent"),
    bytesReceived: peer.unsigned("bytesrecv"),
    connectionTime: peer.signed("conntime"),
    timeOffset: peer.signed("timeoffset"),
    pingTime: peer.double("pingtime"),
    minimumPing: peer.double("minping"),
    pingWait: peer.double("pingwait"),
    version: peer.uint32("version"),
    subversion: peer.text("subver"),
    inbound: peer.bool("inbound"),
    bip152HbTo: peer.bool("bip152_hb_to"),
    bip152HbFrom: peer.bool("bip152_hb_from"),
    // Core 31 prints it with -deprecatedrpc=startingheight only.
    startingHeight: peer.signed("startingheight"),
    syncedHeaders: peer.signed("synced_headers"),
    syncedBlocks: peer.signed("synced_blocks"),
    inflight: peer.unsignedList("inflight"),
    addrRelayEnabled: peer.bool("addr_relay_enabled"),
    addrProcessed: peer.unsigned("addr_processed"),
    addrRateLimited: peer.unsigned("addr_rate_limited"),
    permissions: peer.texts("permissions"),
    minfeefilter: peer.double("minfeefilter"),
    bytesSentPerMessage: peer.counts("bytessent_per_msg"),
    bytesReceivedPerMessage: peer.counts("bytesrecv_per_msg"),
    connectionType: peer.text("connection_type"),
    transportProtocolType: peer.text("transport_protocol_type"),
    invToSend: peer.unsigned("inv_to_send"),
    // Knots, and Core with pull request 31672.
    cpuLoad: peer.double("cpu_load"),
  };
}
