import { fixed } from "../band.ts";
import { duration, type Rule } from "../rule.ts";
import { Window } from "../window.ts";

/** The node's uptime is in whole seconds, and its answer may come late. */
const TOLERANCE_MS = 60_000;
const SHOWN_MS = 10 * 60_000;

/** Tells a node that was started again from one that goes on. */
export class Boots {
  #bootedAt: number | undefined;

  /** Whether the node was started after we last heard of it. */
  isNew(uptimeSeconds: number, at: number): boolean {
    const bootedAt = at - uptimeSeconds * 1000;
    const isNew = this.#bootedAt !== undefined && bootedAt > this.#bootedAt + TOLERANCE_MS;
    if (this.#bootedAt === undefined || isNew) this.#bootedAt = bootedAt;
    return isNew;
  }
}

/** The node was started again. */
export const nodeRestart: Rule = {
  name: "node-restart",
  fires: "starts of the node in 10 min, told by its uptime",
  attack: "a crash that a message can cause; memory exhaustion; or the operator at work",
  look: "the end of debug.log before the start, journalctl -u bitcoind, dmesg (out of memory)",
  severity: "warning",
  limit: 1,
  unit: "starts",
  watch(limit) {
    const boots = new Boots();
    const starts = new Window(SHOWN_MS);
    let uptimeMs = 0;
    return {
      sees: {
        "rpc.uptime"(uptime, at) {
          if (!boots.isNew(uptime, at)) return;
          uptimeMs = uptime * 1000;
          starts.add(at);
        },
      },
      measure(now) {
        const value = starts.sum(now);
        const times = value === 1 ? "started again" : `started again ${value} times in 10 min`;
        const what = value === 0 ? "no start in 10 min" : `${times}, up for ${duration(uptimeMs)} when seen`;
        return [{ value, what, ...fixed({ side: "above", limit }, value) }];
      },
    };
  },
};
