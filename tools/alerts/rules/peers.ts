import { ConnType, type PeerInfo } from "../../../proto/schema.ts";
import { parseIp } from "../../../proto/subnet.ts";
import { Band, fixed } from "../band.ts";
import { hostOf } from "../../../proto/netgroup.ts";
import { percent, plural, readable, type Rule } from "../rule.ts";
import { Boots } from "./restart.ts";

const MINUTE_MS = 60_000;
/** Shares of fewer peers say little. */
const ENOUGH_PEERS = 10;
const ENOUGH_IPV4_PEERS = 20;
const INBOUND = { side: "below", limit: Infinity, factor: 1.5 } as const;
const SHARE = { side: "below", limit: 1, factor: 1.5 } as const;

/** Peers leave, and nobody comes. */
export const inboundDrop: Rule = {
  name: "inbound-drop",
  fires: "inbound peers: two thirds of the usual number and at least so many fewer",
  attack: "a crash or partition elsewhere, a network that is cut off, a service that closes its connections",
  look: "closed connections by netgroup and age, the node's listening port from outside, other operators",
  severity: "warning",
  limit: 10,
  unit: "peers fewer",
  holdMs: 2 * MINUTE_MS,
  band: INBOUND,
  watch(limit) {
    const boots = new Boots();
    let band = new Band(INBOUND);
    let inbound: number | undefined;
    let asked = false;
    return {
      sees: {
        "rpc.uptime"(uptime, at) {
          if (boots.isNew(uptime, at)) band = new Band(INBOUND);
        },
        "rpc.networkInfo"({ connectionsIn }) {
          asked = true;
          inbound = connectionsIn;
        },
        "rpc.peerInfos"({ infos }) {
          asked = true;
          inbound = infos.filter((peer) => peer.inbound).length;
        },
        // Without RPC the tracepoints tell nearly the same.
        "connection.inbound"({ existingConnections }) {
          if (!asked) inbound = existingConnections + 1;
        },
        "connection.closed"({ conn }) {
          if (!asked && inbound !== undefined && conn.connType === ConnType.Inbound) {
            inbound = Math.max(0, inbound - 1);
          }
        },
      },
      measure(now) {
        if (inbound === undefined) return [];
        const { level, limit: below, usual } = band.judge(now, inbound);
        if (usual === undefined) return [];
        const lost = (usual - inbound) / limit;
        const what = plural(inbound, "inbound peer");
        return [{ value: inbound, what, level: Math.min(level, lost), limit: below, usual }];
      },
    };
  },
};

/** The connections that the node chose itself are lost. */
export const outboundDrop: Rule = {
  name: "outbound-drop",
  fires: "outbound-full-relay peers, so few or fewer, where there were more before",
  attack: "an eclipse in the making, an unreachable network, address tables full of made-up addresses",
  look: "getpeerinfo connection_type, debug=net, state of the address manager, the host's network",
  severity: "critical",
  limit: 5,
  unit: "peers",
  holdMs: 10 * MINUTE_MS,
  watch(limit) {
    let outbound: number | undefined;
    let hadMore = false;
    return {
      sees: {
        "rpc.peerInfos"({ infos }) {
          outbound = infos.filter((peer) => peer.connectionType === "outbound-full-relay").length;
          hadMore ||= outbound > limit;
        },
      },
      measure() {
        if (outbound === undefined || !hadMore) return [];
        const what = `${plural(outbound, "outbound peer")} for transactions and blocks`;
        return [{ value: outbound, what, ...fixed({ side: "below", limit }, outbound) }];
      },
    };
  },
};

/** Encrypted connections disappear. */
export const v2ShareDrop: Rule = {
  name: "v2-share-drop",
  fires: "share of peers on the v2 transport: two thirds of the usual share and at least so much less",
  attack:
    "somebody on the way blocks or downgrades encrypted connections; a wave of peers that speak only v1",
  look: "getpeerinfo transport_protocol_type by network and netgroup, user agents of the new v1 peers",
  severity: "warning",
  limit: 0.15,
  unit: "share lost",
  show: percent,
  holdMs: 5 * MINUTE_MS,
  band: SHARE,
  watch(limit) {
    const band = new Band(SHARE);
    let share: number | undefined;
    return {
      sees: {
        "rpc.peerInfos": ({ infos }) =>
          share = shareOf(infos, ENOUGH_PEERS, (peer) => peer.transportProtocolType === "v2"),
      },
      measure(now) {
        if (share === undefined) return [];
        const { level, limit: below, usual } = band.judge(now, share);
        if (usual === undefined) return [];
        const what = `${percent(share)} of the peers on the v2 transport`;
        return [{
          value: share,
          what,
          level: Math.min(level, (usual - share) / limit),
          limit: below,
          usual,
        }];
      },
    };
  },
};

/** Many inbound peers, few places they come from. */
export const lowDiversity: Rule = {
  name: "low-diversity",
  fires: "different /16 per inbound IPv4 peer, of at least 20 such peers",
  attack: "one party with few address ranges holds many inbound slots (Sybil, eclipse, spying)",
  look: "inbound peers by /16 and AS, their user agents and what they send",
  severity: "warning",
  limit: 0.5,
  unit: "share",
  show: percent,
  holdMs: 5 * MINUTE_MS,
  watch(limit) {
    let diversity: number | undefined;
    let peers = 0;
    return {
      sees: {
        "rpc.peerInfos"({ infos }) {
          const ipv4 = infos.filter(({ inbound, network }) => inbound && network === "ipv4")
            .map(({ address }) => parseIp(hostOf(address))).filter((bytes) => bytes !== undefined);
          const groups = new Set(ipv4.map((bytes) => bytes[0]! << 8 | bytes[1]!));
          peers = ipv4.length;
          diversity = peers < ENOUGH_IPV4_PEERS ? undefined : groups.size / peers;
        },
      },
      measure() {
        if (diversity === undefined) return [];
        const what = `${readable(peers)} inbound IPv4 peers from ${
          readable(diversity * peers)
        } different /16`;
        return [{ value: diversity, what, ...fixed({ side: "below", limit }, diversity) }];
      },
    };
  },
};

function shareOf(
  infos: readonly PeerInfo[],
  enough: number,
  test: (peer: PeerInfo) => boolean,
): number | undefined {
  return infos.length < enough ? undefined : infos.filter(test).length / infos.length;
}
