import { median } from "../../../runtime/median.ts";
import { Band } from "../band.ts";
import { readable, type Rule } from "../rule.ts";

const PINGS = 15;
const BAND = { side: "above", factor: 5 } as const;

/** The node answers late: its message thread is busy. */
export const pingBacklog: Rule = {
  name: "ping-backlog",
  fires: "median of the last 15 pings that the p2p extractor sent",
  attack:
    "keeping the message thread busy (inv-to-send sorting in May 2023, slow blocks or transactions): late relay",
  look: "CPU of the b-msghand thread, inv-to-send queues, debug=bench, the page with the ping backlog",
  severity: "warning",
  limit: 2000,
  unit: "ms",
  holdMs: 60_000,
  band: BAND,
  watch(limit) {
    const band = new Band({ ...BAND, limit });
    let pings: number[] = [];
    return {
      sees: {
        "p2p.pingDuration": ({ duration }) => pings = [...pings, duration / 1e6].slice(-PINGS),
      },
      measure(now) {
        if (pings.length < PINGS) return [];
        const value = median(pings);
        return [{ value, what: `${readable(value)} ms until a ping is answered`, ...band.judge(now, value) }];
      },
    };
  },
};

/** Announcements pile up for all peers. */
export const invToSend: Rule = {
  name: "inv-to-send",
  fires: "mean over all peers of the transactions that wait to be announced (getpeerinfo inv_to_send)",
  attack: "more transactions than are announced, as in May 2023: queues grow, sorting them eats the CPU",
  look: "getpeerinfo inv_to_send by peer, transactions per second, CPU of the b-msghand thread",
  severity: "warning",
  limit: 2000,
  unit: "transactions",
  holdMs: 60_000,
  band: BAND,
  watch(limit) {
    const band = new Band({ ...BAND, limit });
    let queues: number[] = [];
    return {
      sees: { "rpc.peerInfos": ({ infos }) => queues = infos.map((peer) => peer.invToSend) },
      measure(now) {
        if (queues.length === 0) return [];
        const value = queues.reduce((sum, queue) => sum + queue, 0) / queues.length;
        const largest = queues.reduce((a, b) => Math.max(a, b), 0);
        const what = `${readable(value)} transactions wait for each peer on average, ${
          readable(largest)
        } for the slowest`;
        return [{ value, what, ...band.judge(now, value) }];
      },
    };
  },
};
