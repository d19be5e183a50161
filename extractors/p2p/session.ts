import {
  decodeMessage,
  type Endpoint,
  type Frame,
  type Message,
  type Version,
} from "../../proto/bitcoin/mod.ts";
import { toAddress, toItem } from "../../proto/message_event.ts";
import type { P2p } from "../../proto/schema.ts";
import type { Clock } from "./clock.ts";
import type { Kind } from "./option_types.ts";
import { Pings } from "./pings.ts";

/** What a node told us, as the event says it. */
export type Announcement = NonNullable<P2p["p2pEvent"]>;

/** What a session does to the world. */
export interface Host {
  /** Sends a message to the node. */
  send(message: Message): void;
  /** Publishes what the node told. */
  emit(announcement: Announcement): void;
  /** Counts something worth knowing. */
  count(what: string): void;
  /** Told once, at the end of the handshake. */
  ready(version: Version): void;
}

/** How we present ourselves, and what we leave out. */
export interface Manner {
  /** Service bits we tell. */
  readonly services: bigint;
  /** The name we tell. */
  readonly userAgent: string;
  /** What is not published. */
  readonly disabled: ReadonlySet<Kind>;
}

/** Why a node was sent away. */
export type Misbehaviour = "bad-version" | "too-many-entries";

/** Core's PROTOCOL_VERSION since 0.21; from it on addresses come as addrv2 and transactions by wtxid. */
const PROTOCOL_VERSION = 70016;
/** Core's MAX_INV_SZ and MAX_ADDR_TO_SEND: it never sends more, and drops who does. */
const MAX_INVENTORY = 50_000;
const MAX_ADDRESSES = 1000;

const NOWHERE: Endpoint = {
  services: 0n,
  address: { network: "ipv4", networkId: 1, bytes: new Uint8Array(4) },
  port: 0,
};

/**
 * The conversation with one node: shakes hands, pings, answers pings, publishes announcements. It asks for nothing
 * and passes nothing on. No socket and no clock of its own.
 */
export class Session {
  readonly manner: Manner;
  readonly host: Host;
  readonly clock: Pick<Clock, "now">;
  readonly pings: Pings = new Pings();
  /** What the node said first. */
  version: Version | undefined;
  /** Whether the handshake is over. */
  ready = false;

  /** Waits for the node's version message. */
  constructor(manner: Manner, host: Host, clock: Pick<Clock, "now">) {
    this.manner = manner;
    this.host = host;
    this.clock = clock;
  }

  /** Takes a message; what it returns is a reason to close the connection. */
  receive({ command, payload }: Frame): Misbehaviour | undefined {
    const handle = HANDLERS[command as Handled] as Handle<Message> | undefined;
    // Everything else is a question we do not answer or an offer we do not take.
    if (handle === undefined || !Object.hasOwn(HANDLERS, command)) return undefined;
    const decoded = decodeMessage(command, payload);
    if (decoded.ok) return handle(this, decoded.message);
    if (command === "version") return "bad-version";
    // The frame was whole, so the next message starts where it should: no reason to part.
    this.host.count(`undecodable ${command} messages`);
    return undefined;
  }

  /** Sends a ping. */
  ping(): void {
    this.host.send({ type: "ping", nonce: this.pings.sent(this.clock.now()) });
  }
}

type Handled = "version" | "verack" | "ping" | "pong" | "addrv2" | "inv" | "feefilter";
type Handle<M> = (session: Session, message: M) => Misbehaviour | undefined;

const HANDLERS: { readonly [T in Handled]: Handle<Extract<Message, { type: T }>> } = {
  version(session, message) {
    const { host, manner } = session;
    if (session.version !== undefined) host.count("repeated version messages");
    else {
      session.version = message;
      host.send(ourVersion(manner));
      // Both are offers that count only before verack (BIP155, BIP339).
      host.send({ type: "sendaddrv2" });
      host.send({ type: "wtxidrelay" });
    }
    return undefined;
  },
  verack(session) {
    const { host, version } = session;
    if (version === undefined || session.ready) return undefined;
    host.send({ type: "verack" });
    session.ready = true;
    host.ready(version);
    return undefined;
  },
  ping({ host, ready }, { nonce }) {
    // Before BIP31 a ping had no nonce and wanted no answer.
    if (ready && nonce !== undefined) host.send({ type: "pong", nonce });
    return undefined;
  },
  pong({ host, clock, pings }, { nonce }) {
    const duration = pings.answered(nonce, clock.now());
    if (duration === undefined) host.count("unsolicited pongs");
    else host.emit({ case: "pingDuration", value: { duration } });
    return undefined;
  },
  addrv2(session, { addresses }) {
    if (addresses === undefined) session.host.count("undecodable addrv2 messages");
    else if (addresses.length > MAX_ADDRESSES) return "too-many-entries";
    else if (publishes(session, "addrv2")) {
      const value = { addresses: Array.from(addresses, toAddress) };
      session.host.emit({ case: "addressAnnouncement", value });
    }
    return undefined;
  },
  inv(session, { items }) {
    if (items.length > MAX_INVENTORY) return "too-many-entries";
    if (publishes(session, "invs")) {
      session.host.emit({ case: "inventoryAnnouncement", value: { inventory: Array.from(items, toItem) } });
    }
    return undefined;
  },
  feefilter(session, { feeRate }) {
    if (publishes(session, "feefilter")) session.host.emit({ case: "feefilterAnnouncement", value: feeRate });
    return undefined;
  },
};

/** A stranger that has not shaken hands has nothing to announce. */
function publishes({ ready, manner }: Session, kind: Kind): boolean {
  return ready && !manner.disabled.has(kind);
}

function ourVersion({ services, userAgent }: Manner): Version {
  const [nonce] = crypto.getRandomValues(new BigUint64Array(1));
  return {
    type: "version",
    version: PROTOCOL_VERSION,
    services,
    timestamp: BigInt(Math.floor(Date.now() / 1000)),
    receiver: NOWHERE,
    sender: NOWHERE,
    nonce: nonce!,
    userAgent,
    startHeight: 0,
    relay: true,
  };
}
