import { ConnType } from "../../../proto/schema.ts";
import { Band, fixed } from "../band.ts";
import { netgroupOf } from "../../../proto/netgroup.ts";
import { type Measured, plural, type Rule } from "../rule.ts";
import { KeyedWindow, OTHER_KEYS, Window } from "../window.ts";

const TEN_MINUTES_MS = 10 * 60_000;
const BAND = { side: "above", factor: 4 } as const;
const HALF_HOUR_MS = 30 * 60_000;
/** Of one flood, told by its largest groups. */
const MOST_GROUPS = 5;

/** A netgroup whose connections come and go. */
export const massConnect: Rule = {
  name: "mass-connect",
  fires:
    "inbound connections of one netgroup (IPv4 /24, IPv6 /48) that ended within 10 min of their start, in 30 min",
  attack: "spies that connect to every node again and again to link transactions to nodes (LinkingLion)",
  look: "connections by netgroup, what these peers send (inv only? version only?), ban lists",
  severity: "warning",
  limit: 20,
  unit: "connections",
  watch(limit) {
    const short = new KeyedWindow(HALF_HOUR_MS);
    return {
      sees: {
        "connection.closed"({ conn, timeEstablished }, at) {
          const group = netgroupOf(conn);
          if (conn.connType !== ConnType.Inbound || group === undefined) return;
          if (at - timeEstablished * 1000 < TEN_MINUTES_MS) short.add(group, at);
        },
      },
      measure(now) {
        const groups = [...short.sums(now)].filter(([group]) => group !== OTHER_KEYS);
        const largest = groups.sort(([, a], [, b]) => b - a).slice(0, MOST_GROUPS);
        return largest.map(([subject, value]): Measured => {
          const what = `${plural(value, "connection")} from ${subject} came and went in 30 min`;
          return { subject, value, what, ...fixed({ side: "above", limit }, value) };
        });
      },
    };
  },
};

/** Inbound peers are pushed out by new ones. */
export const evictionStorm: Rule = {
  name: "eviction-storm",
  fires: "inbound peers evicted in 10 min",
  attack: "filling the inbound slots to push honest peers out (eclipse attacks, slot exhaustion)",
  look: "evicted peers by netgroup and age, new inbound connections by netgroup",
  severity: "warning",
  limit: 60,
  unit: "evictions",
  band: BAND,
  watch(limit) {
    const evicted = new Window(TEN_MINUTES_MS);
    const band = new Band({ ...BAND, limit });
    return {
      sees: { "connection.inboundEvicted": (_, at) => evicted.add(at) },
      measure(now) {
        const value = evicted.sum(now);
        return [{
          value,
          what: `${plural(value, "inbound peer")} evicted in 10 min`,
          ...band.judge(now, value),
        }];
      },
    };
  },
};

/** Peers break the rules of the protocol. */
export const misbehaviorSpike: Rule = {
  name: "misbehavior-spike",
  fires: "peers that the node found misbehaving, in 10 min",
  attack: "invalid blocks, headers, transactions or oversized messages from many peers; a broken new client",
  look: "reasons in the logger (--logger.only connections), user agents and netgroups of these peers",
  severity: "warning",
  limit: 10,
  unit: "peers",
  band: BAND,
  watch(limit) {
    const misbehaved = new Window(TEN_MINUTES_MS);
    const band = new Band({ ...BAND, limit });
    return {
      sees: { "connection.misbehaving": (_, at) => misbehaved.add(at) },
      measure(now) {
        const value = misbehaved.sum(now);
        return [{ value, what: `${plural(value, "peer")} misbehaved in 10 min`, ...band.judge(now, value) }];
      },
    };
  },
};
