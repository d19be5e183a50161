/**
 * One node of the operator: what its events mean. It remembers its connections from bin to bin, as far as there is room,
 * and counts what happens in bins.
 *
 * @module
 */

import { BIN_MS } from "../../proto/federation/check.ts";
import { feeRateSatPerVbyte } from "../../proto/fee_rate.ts";
import { Behaviour, Command, Network } from "../../proto/federation/schema.ts";
import type { Event, Payloads } from "../../proto/event.ts";
import { isMutated } from "../../proto/mutated_states.ts";
import { ConnType, type Metadata, type PeerInfo } from "../../proto/schema.ts";
import { agentOf } from "../../proto/agent.ts";
import { AddressAllowance, LIMITS, RATE_LIMIT } from "./behaviour.ts";
import type { Said } from "./chain.ts";
import { commandOf } from "./command.ts";
import { type AutonomousSystems, type Netgroup, netgroupOf, type NetworkHint } from "./netgroup.ts";
import { type GroupActs, type NodeBin, sample } from "./node_bin.ts";

/** Connections that are remembered. */
const MOST_PEERS = 8192;
/** Events of different threads may overtake each other, by so many peers at most. */
const OUT_OF_ORDER = 32;
/** What a node sees for so many bins after its start is its start, and not the network. */
const YOUNG_BINS = 3;

const HASH_TEXT = /^[0-9a-f]{64}$/i;

/** A set of addresses. */
export interface AddressList {
  /** Whether an address of 4 or 16 bytes is in it. */
  holds(address: Uint8Array): boolean;
}

/** What a node's events are read with. */
export interface Surroundings {
  /** Knows autonomous systems. */
  readonly asmap?: AutonomousSystems | undefined;
  /** Addresses that are known to be bad. */
  readonly lists?: readonly AddressList[] | undefined;
  /** Told of blocks. */
  readonly chain: (said: Said) => void;
}

interface Peer {
  readonly address: string;
  group: Netgroup;
  /** The node said which network it is of, which the address does not always tell. */
  isHinted: boolean;
  readonly isListed: boolean;
  readonly allowance: AddressAllowance;
  agent: number | undefined;
  processed: number | undefined;
  limited: number;
}

/** How a peer came to be named. */
interface Sighting {
  /** Unix milliseconds. */
  readonly at: number;
  /** What the node calls its network. */
  readonly hint?: NetworkHint;
  /** It is just connecting: of others nobody knows how many addresses they may still send. */
  readonly isNew?: boolean;
}

/** One node. */
export class Node {
  /** The last bin with an event of a kind; of RPC by answer. */
  readonly seen: Map<string, number> = new Map();
  readonly #with: Surroundings;
  readonly #peers = new Map<number, Peer>();
  #highestPeer = -1;
  #youngUntil = 0;

  /** A node that said nothing yet. */
  constructor(surroundings: Surroundings) {
    this.#with = surroundings;
  }

  /** Whether there are lists that a peer can be on. */
  get hasLists(): boolean {
    return (this.#with.lists?.length ?? 0) > 0;
  }

  /** Whether what it sees in the bin may be its own start. */
  isYoung(bin: number): boolean {
    return bin < this.#youngUntil;
  }

  /** Counts a message whose content does not matter. */
  message(meta: Metadata, at: number, bin: NodeBin): void {
    this.#see("message", at);
    if (isChosen(meta)) return bin.leaveOut("what came over connections that the operator chose");
    const command = commandOf(meta.command);
    const isNew = command === Command.VERSION;
    const peer = this.#peer(meta.peerId, meta.addr, { at, isNew });
    const group = bin.group(peer.group);
    if (group === undefined) return;
    const acts = bin.acts(meta.peerId, group, addressOf(peer));
    if (!meta.inbound) {
      acts?.send(command);
      if (command === Command.GETADDR) peer.allowance.ask();
      return;
    }
    acts?.receive(command);
    this.#recognise(peer, group, bin);
    group.inbound ??= meta.connType === ConnType.Inbound;
    group.messages[command]!++;
    group.bytes[command]! += meta.size;
    if (command === Command.PING) bin.signals.pings++;
  }

  /** Counts what else a decoded event says. */
  event(event: Event, bin: NodeBin): void {
    const at = event.timestamp;
    if (event.kind === "message") this.#content(event.value, at, bin);
    else if (event.kind === "connection") this.#connection(event.value, at, bin);
    else if (event.kind === "mempool") this.#mempool(event.value, at, bin);
    else if (event.kind === "validation") this.#validation(event.value, at, bin);
    else if (event.kind === "rpc") this.#rpc(event.value, at, bin);
    else if (event.kind === "p2p") this.#p2p(event.value, at, bin);
    else if (event.kind === "log") this.#log(event.value, at, bin);
    else if (event.kind === "ipc") this.#ipc(event.value, at);
  }

  #content({ meta, msg }: Payloads["message"], at: number, bin: NodeBin): void {
    if (isChosen(meta)) return;
    const peer = this.#peer(meta.peerId, meta.addr, { at });
    const group = bin.group(peer.group);
    if (group === undefined || !meta.inbound) return;
    if (msg?.case === "version") {
      peer.agent = this.#agentOf(msg.value.userAgent, bin);
      this.#recognise(peer, group, bin);
    } else if (msg?.case === "addr" || msg?.case === "addrv2") {
      const { length } = msg.value.addresses;
      const limited = peer.allowance.take(length, at);
      group.addresses += length;
      group.addressesLimited += limited;
      const acts = bin.acts(meta.peerId, group, addressOf(peer));
      if (acts !== undefined) acts.addressesLimited += limited;
      bin.signals.addresses += length;
    }
  }

  #connection({ event }: Payloads["connection"], at: number, bin: NodeBin): void {
    this.#see("connection", at);
    if (event === undefined) return;
    if (event.case === "misbehaving") return this.#misbehaves(event.value.id, bin);
    const { conn } = event.value;
    if (isChosen(conn)) return bin.leaveOut("what came over connections that the operator chose");
    const isNew = isOpening(event.case);
    // Ids count up; a smaller one that was just given means that the node counts from the beginning again.
    if (isNew && conn.peerId + OUT_OF_ORDER < this.#highestPeer) this.#restart(at);
    const peer = this.#peer(conn.peerId, conn.addr, { at, hint: conn.network, isNew });
    const group = bin.group(peer.group);
    if (group === undefined) return;
    this.#recognise(peer, group, bin);
    const show = (behaviour: number) => bin.show(behaviour, { group, address: addressOf(peer) });
    if (event.case === "inbound") {
      group.opened = true;
      bin.signals.openings++;
      if (peer.group.bytes !== undefined && bin.opens(peer.group.bytes)) show(Behaviour.RECONNECTING);
    } else if (event.case === "inboundEvicted") {
      show(Behaviour.EVICTED);
      bin.signals.evictions++;
    } else if (event.case === "closed") {
      group.closed = true;
      const lasted = at - event.value.timeEstablished * 1000;
      const isInbound = conn.connType === ConnType.Inbound;
      if (isInbound && lasted < LIMITS.shortMs) show(Behaviour.SHORT_LIVED);
      this.#peers.delete(conn.peerId);
    }
  }

  #misbehaves(peerId: number, bin: NodeBin): void {
    const peer = this.#peers.get(peerId);
    if (peer === undefined) return bin.leaveOut("misbehaviour of peers that are not known");
    const group = bin.group(peer.group);
    if (group !== undefined) bin.show(Behaviour.MISBEHAVING, { group, address: addressOf(peer) });
  }

  #mempool({ event }: Payloads["mempool"], at: number, bin: NodeBin): void {
    this.#see("mempool", at);
    if (event?.case === "added") bin.accepted++;
    else if (event?.case === "rejected") bin.rejected++;
  }

  #validation({ event }: Payloads["validation"], at: number, bin: NodeBin): void {
    if (event === undefined) return;
    const { hash, height, connectionTime } = event.value;
    sample(bin.signals.validationMs, connectionTime / 1e6);
    this.#with.chain({ hash, height, what: "connected", at });
  }

  #rpc({ rpcEvent }: Payloads["rpc"], at: number, bin: NodeBin): void {
    if (rpcEvent === undefined) return;
    if (rpcEvent.case === "uptime") {
      if (rpcEvent.value * 1000 < YOUNG_BINS * BIN_MS) this.#isStarted(at - rpcEvent.value * 1000);
    } else if (rpcEvent.case === "peerInfos") {
      this.#peerInfos(rpcEvent.value.infos, at, bin);
    } else if (rpcEvent.case === "mempoolInfo") {
      const { size, bytes, mempoolminfee } = rpcEvent.value;
      bin.mempool = { transactions: size, bytes, minFee: feeRateSatPerVbyte(mempoolminfee) };
    } else if (rpcEvent.case === "blockchainInfo" && !rpcEvent.value.initialblockdownload) {
      const { bestblockhash, blocks } = rpcEvent.value;
      this.#say(bestblockhash, { height: blocks, what: "tip", at });
    }
  }

  #peerInfos(infos: readonly PeerInfo[], at: number, bin: NodeBin): void {
    bin.listed = new Map();
    for (const info of infos) {
      if (info.connectionType === "manual") continue;
      const peer = this.#peer(info.id, info.address, { at, hint: info.network });
      const group = bin.group(peer.group);
      if (group === undefined) continue;
      if (info.subversion !== "") peer.agent = this.#agentOf(info.subversion, bin);
      this.#recognise(peer, group, bin);
      this.#rates(peer, info, bin);
      if (bin.listed.has(peer.group.id)) continue;
      const transport = info.transportProtocolType;
      const v2 = transport === "v2" ? true : transport === "v1" ? false : undefined;
      bin.listed.set(peer.group.id, { network: peer.group.network, inbound: info.inbound, v2 });
    }
  }

  /** The node counts since a peer came; what counts here is since the last answer. */
  #rates(peer: Peer, { addrProcessed, addrRateLimited }: PeerInfo, bin: NodeBin): void {
    if (peer.processed !== undefined && addrProcessed >= peer.processed) {
      const sum = bin.rates.get(peer.group.id) ?? { all: 0, limited: 0 };
      const limited = Math.max(0, addrRateLimited - peer.limited);
      sum.all += addrProcessed - peer.processed + limited;
      sum.limited += limited;
      bin.rates.set(peer.group.id, sum);
    }
    peer.processed = addrProcessed;
    peer.limited = addrRateLimited;
  }

  #p2p({ p2pEvent }: Payloads["p2p"], _at: number, bin: NodeBin): void {
    if (p2pEvent?.case === "pingDuration") sample(bin.signals.pingMs, p2pEvent.value.duration / 1e6);
  }

  #log({ logEvent }: Payloads["log"], at: number, bin: NodeBin): void {
    bin.leaveOut("log lines");
    if (logEvent?.case === "blockConnectedLog") {
      const { blockHash, blockHeight } = logEvent.value;
      this.#say(blockHash, { height: blockHeight, what: "connected", at });
    } else if (logEvent?.case === "sawNewHeaderLog") {
      const { blockHash, blockHeight } = logEvent.value;
      this.#say(blockHash, { height: blockHeight, what: "header", at });
    } else if (logEvent?.case === "blockCheckedLog") {
      const { blockHash, state } = logEvent.value;
      if (isMutated(state)) bin.signals.mutated++;
      else if (state.startsWith("bad-")) this.#say(blockHash, { what: "invalid", at });
    } else if (logEvent?.case === "compactBlockReconstructedLog") {
      sample(bin.signals.requested, logEvent.value.requestedTxnCount);
    }
  }

  #ipc({ ipcEvent }: Payloads["ipc"], at: number): void {
    if (ipcEvent !== undefined) this.#with.chain({ ...ipcEvent.value, what: "connected", at });
  }

  /** A hash as it is written for people, the other way round than on the wire. */
  #say(hash: string, said: Omit<Said, "hash">): void {
    if (HASH_TEXT.test(hash)) this.#with.chain({ ...said, hash: Uint8Array.fromHex(hash).reverse() });
  }

  #recognise(peer: Peer, group: GroupActs, bin: NodeBin): void {
    group.agent ??= peer.agent;
    if (peer.isListed) bin.show(Behaviour.LIST_HIT, { group, address: addressOf(peer) });
  }

  #agentOf(text: string, bin: NodeBin): number {
    bin.leaveOut("user agents, of which only the family is counted");
    return agentOf(text);
  }

  #see(kind: string, at: number): void {
    this.seen.set(kind, Math.floor(at / BIN_MS));
  }

  #isStarted(at: number): void {
    this.#youngUntil = Math.max(this.#youngUntil, Math.floor(at / BIN_MS) + 1 + YOUNG_BINS);
  }

  #peer(id: number, address: string, { at, hint, isNew = false }: Sighting): Peer {
    const known = this.#peers.get(id);
    const { asmap, lists = [] } = this.#with;
    if (known?.address === address) {
      if (hint !== undefined && !known.isHinted) {
        known.group = netgroupOf(address, { hint, asmap });
        known.isHinted = true;
      }
      return known;
    }
    this.#highestPeer = Math.max(this.#highestPeer, id);
    if (this.#peers.size >= MOST_PEERS) this.#peers.delete(this.#peers.keys().next().value!);
    const group = netgroupOf(address, { hint, asmap });
    const { bytes } = group;
    const peer: Peer = {
      ...{ address, group, isHinted: hint !== undefined, agent: undefined, processed: undefined, limited: 0 },
      isListed: bytes !== undefined && lists.some((list) => list.holds(bytes)),
      allowance: new AddressAllowance(at, isNew ? RATE_LIMIT.start : RATE_LIMIT.most),
    };
    this.#peers.set(id, peer);
    return peer;
  }

  #restart(at: number): void {
    this.#peers.clear();
    this.#highestPeer = -1;
    this.#isStarted(at);
  }
}

/**
 * Our own p2p extractor, which pings and listens as no honest peer does, and the operator's other nodes: connections by
 * `-addnode`. Of these, and of short ones that only the node begins, the tracepoints' events say "unknown".
 */
function isChosen({ connType }: { readonly connType: number }): boolean {
  return connType === ConnType.Unknown;
}

/** The address of a peer that is somebody's: that of the open internet. */
function addressOf({ group: { network, bytes } }: Peer): Uint8Array | undefined {
  return network === Network.IPV4 || network === Network.IPV6 ? bytes : undefined;
}

function isOpening(event: string): boolean {
  return event === "inbound" || event === "outbound";
}
