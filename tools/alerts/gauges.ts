import { family, type Sample } from "../../runtime/exposition.ts";
import { type Alert, identity } from "./alert.ts";
import type { Measured } from "./rule.ts";

/** Alerts in numbers, for Prometheus. */
export class Gauges {
  readonly #fired = new Map<string, { labels: Record<string, string>; value: number }>();
  readonly #active = new Map<string, Alert>();
  readonly #measured = new Map<
    string,
    { labels: Record<string, string>; measured: Measured }
  >();
  readonly #counts = new Map<string, number>();

  /** An alert began or ended. */
  note(alert: Alert): void {
    const id = identity(alert);
    if (alert.state === "firing") this.#active.set(id, alert);
    else this.#active.delete(id);
    if (alert.state === "resolved") return;
    const labels = labelsOf(alert.rule, alert.node);
    const entry = this.#fired.get(key(labels)) ?? { labels, value: 0 };
    entry.value++;
    this.#fired.set(key(labels), entry);
  }

  /** How a rule stands. */
  measure(rule: string, node: string | undefined, measured: Measured): void {
    const labels = labelsOf(rule, node);
    this.#measured.set(key(labels), { labels, measured });
  }

  /** Something was counted. */
  count(what: string, by = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + by);
  }

  /** All of it in the text format of Prometheus. */
  text(times: readonly [node: string | undefined, now: number][]): string {
    const measured = (pick: (measured: Measured) => number): Sample[] =>
      [...this.#measured.values()].map(({ labels, measured }) => ({ labels, value: pick(measured) }));
    const counts = [...this.#counts].map(([what, value]) => ({ labels: { what }, value }));
    const last = times.map(([node, now]) => ({ labels: nodeLabel(node), value: now / 1000 }));
    return [
      family("waggle_alerts_active", "gauge", "Alerts that go on", this.#activeByRule()),
      family("waggle_alerts_fired_total", "counter", "Alerts that began", [...this.#fired.values()]),
      family("waggle_alerts_value", "gauge", "What a rule measures now", measured(({ value }) => value)),
      family("waggle_alerts_limit", "gauge", "Where the rule fires now", measured(({ limit }) => limit)),
      family(
        "waggle_alerts_counted_total",
        "counter",
        "Losses, refusals, and what the webhook took",
        counts,
      ),
      family(
        "waggle_alerts_last_event_timestamp_seconds",
        "gauge",
        "Time of the node's last event; alert on its age to notice a node that fell silent",
        last,
      ),
    ].join("");
  }

  /** Zero, not absent, for what fired once: a graph should show the end. */
  #activeByRule(): Sample[] {
    const active = Map.groupBy(this.#active.values(), ({ rule, node }) => key(labelsOf(rule, node)));
    return [...this.#fired].map(([id, { labels }]) => ({ labels, value: active.get(id)?.length ?? 0 }));
  }
}

function labelsOf(rule: string, node: string | undefined): Record<string, string> {
  return { rule, ...nodeLabel(node) };
}

function nodeLabel(node: string | undefined): Record<string, string> {
  return node === undefined ? {} : { node };
}

function key(labels: Record<string, string>): string {
  return Object.values(labels).join("\n");
}
