/**
 * One node that its operator shows to everybody: from its events to what is said of each minute. Nothing here leads to a
 * summary, and no summary leads here.
 *
 * @module
 */

import { agentOf } from "../../proto/agent.ts";
import { decodeEvent, type Event, peek } from "../../proto/event.ts";
import { BIN_MS } from "../../proto/federation/check.ts";
import { feeRateSatPerVbyte } from "../../proto/fee_rate.ts";
import { MOST_DISCLOSED_BLOCKS } from "../../proto/federation/disclosure.ts";
import { Agent, type Disclosure, Network } from "../../proto/federation/schema.ts";
import { ConnType, type Metadata, type PeerInfo } from "../../proto/schema.ts";
import { Chain, type Said } from "../summary/chain.ts";
import { commandOf } from "../summary/command.ts";
import { netgroupOf } from "../summary/netgroup.ts";
import { Node } from "../summary/node.ts";
import { NodeBin } from "../summary/node_bin.ts";
import { isWanted } from "../summary/wanted.ts";

type Numbers = Map<number, number>;
type Messages = Disclosure["messages"][number];

/** What the node said of itself is no longer now. */
const STALE_MS = 600_000;
/** Messages whose content matters. */
const READ: ReadonlySet<string> = new Set(["version", "addr", "addrv2"]);
/** Counts in a frame are not larger. */
const MOST_COUNT = 2 ** 32 - 1;

/** What is counted of a minute. */
interface Minute {
  readonly messages: Map<number, Messages>;
  addresses: number;
  opened: number;
  closed: number;
  evicted: number;
}

/** A node. */
export class DisclosedNode {
  readonly #chain = new Chain();
  readonly #node = new Node({ chain: (said) => this.#hear(said) });
  #bin = { number: -1, seen: new NodeBin(), limited: 0 };
  #minute: Minute = newMinute();
  #peers: { readonly at: number; readonly value: NonNullable<Disclosure["peers"]> } | undefined;
  #mempool: { readonly at: number; readonly value: NonNullable<Disclosure["mempool"]> } | undefined;
  #blocks: Disclosure["blocks"] = [];

  /** Counts an event that came now, Unix milliseconds; what cannot be read is left out. */
  observe(bytes: Uint8Array, now: number): void {
    const glance = peek(bytes);
    if (!glance.ok || glance.kind === "none" || glance.kind === "addrman") return;
    const seen = this.#seen(now);
    const { message, kind, timestamp } = glance;
    if (message !== undefined) {
      this.#node.message(message, timestamp, seen);
      this.#message(message);
      if (!message.inbound || !READ.has(message.command)) return;
    }
    if (!isWanted(kind, bytes)) return;
    const decoded = decodeEvent(bytes);
    if (!decoded.ok) return;
    this.#node.event(decoded.event, seen);
    this.#event(decoded.event, now);
  }

  /** What there is to say of the seconds that end now, Unix seconds. Then the next minute begins. */
  close({ name, url, at, seconds }: Pick<Disclosure, "name" | "url" | "at" | "seconds">): Disclosure {
    const seen = this.#seen(at * 1000);
    const limited = [...seen.groups.values()].reduce(
      (sum, { addressesLimited }) => sum + addressesLimited,
      0,
    );
    const { messages, ...counts } = this.#minute;
    const fresh = <T>(said: { readonly at: number; readonly value: T } | undefined) =>
      said !== undefined && said.at > at * 1000 - STALE_MS ? said.value : undefined;
    const disclosure: Disclosure = {
      ...{ name, url, at, seconds, ...counts },
      peers: fresh(this.#peers),
      messages: [...messages.values()].sort((a, b) => a.command - b.command),
      addressesLimited: Math.max(0, limited - this.#bin.limited),
      mempool: fresh(this.#mempool),
      blocks: this.#blocks,
      tips: this.#chain.tips(this.#bin.number).slice(0, MOST_DISCLOSED_BLOCKS),
      behaviours: seen.behaviours().flatMap((count, index) => count > 0 ? [{ index, count }] : []),
    };
    this.#bin.limited = limited;
    this.#minute = newMinute();
    return disclosure;
  }

  #seen(now: number): NodeBin {
    const number = Math.floor(now / BIN_MS);
    if (number !== this.#bin.number) this.#bin = { number, seen: new NodeBin(), limited: 0 };
    return this.#bin.seen;
  }

  /** What came over connections that the operator chose says which other nodes are the operator's. */
  #message({ command, connType, inbound, size }: Metadata): void {
    if (connType === ConnType.Unknown) return;
    const number = commandOf(command);
    const { messages } = this.#minute;
    let each = messages.get(number);
    if (each === undefined) {
      messages.set(number, each = { command: number, received: 0, receivedBytes: 0, sent: 0, sentBytes: 0 });
    }
    if (inbound) {
      each.received = Math.min(MOST_COUNT, each.received + 1);
      each.receivedBytes += size;
    } else {
      each.sent = Math.min(MOST_COUNT, each.sent + 1);
      each.sentBytes += size;
    }
  }

  #event({ kind, value }: Event, now: number): void {
    if (kind === "message") {
      const { meta, msg } = value;
      if (meta.connType === ConnType.Unknown) return;
      if (msg?.case === "addr" || msg?.case === "addrv2") {
        this.#minute.addresses += msg.value.addresses.length;
      }
    } else if (kind === "connection") this.#connection(value);
    else if (kind === "rpc" && value.rpcEvent?.case === "peerInfos") {
      this.#peers = { at: now, value: peersOf(value.rpcEvent.value.infos) };
    } else if (kind === "rpc" && value.rpcEvent?.case === "mempoolInfo") {
      const { size, bytes, mempoolminfee } = value.rpcEvent.value;
      const minFeeMilli = Math.min(
        MOST_COUNT,
        Math.max(0, Math.round(1000 * feeRateSatPerVbyte(mempoolminfee))),
      );
      this.#mempool = { at: now, value: { transactions: Math.min(MOST_COUNT, size), bytes, minFeeMilli } };
    }
  }

  #connection({ event }: Extract<Event, { kind: "connection" }>["value"]): void {
    if (event === undefined || event.case === "misbehaving") return;
    if (event.value.conn.connType === ConnType.Unknown) return;
    if (event.case === "inbound" || event.case === "outbound") this.#minute.opened++;
    else if (event.case === "closed") this.#minute.closed++;
    else if (event.case === "inboundEvicted") this.#minute.evicted++;
  }

  /** The node says the same block several times: in its log, by a tracepoint. */
  #hear(said: Said): void {
    this.#chain.note(0, said);
    const { hash, height, what, at } = said;
    if (what !== "connected" || height === undefined || height > MOST_COUNT || hash.length !== 32) return;
    const text = hash.toHex();
    if (this.#blocks.some((block) => block.hash.toHex() === text)) return;
    const block = { hash: hash.slice(), height, at: Math.floor(at) };
    this.#blocks = [block, ...this.#blocks].slice(0, MOST_DISCLOSED_BLOCKS);
  }
}

function newMinute(): Minute {
  return { messages: new Map(), addresses: 0, opened: 0, closed: 0, evicted: 0 };
}

/** The node's own list, without those that the operator chose. */
function peersOf(infos: readonly PeerInfo[]): NonNullable<Disclosure["peers"]> {
  const [networks, agents]: [Numbers, Numbers] = [new Map(), new Map()];
  const peers = { inbound: 0, outbound: 0, v1: 0, v2: 0 };
  const add = (to: Numbers, index: number) => to.set(index, (to.get(index) ?? 0) + 1);
  for (const { address, network, inbound, subversion, transportProtocolType, connectionType } of infos) {
    if (connectionType === "manual") continue;
    peers[inbound ? "inbound" : "outbound"]++;
    if (transportProtocolType === "v1" || transportProtocolType === "v2") peers[transportProtocolType]++;
    add(networks, netgroupOf(address, { hint: network }).network);
    add(agents, subversion === "" ? Agent.OTHER_AGENT : agentOf(subversion));
  }
  return { ...peers, networks: listOf(networks, Network), agents: listOf(agents, Agent) };
}

function listOf(counts: Numbers, of: Readonly<Record<string, number>>) {
  return Object.values(of).flatMap((index) => {
    const count = counts.get(index);
    return count === undefined ? [] : [{ index, count }];
  });
}
