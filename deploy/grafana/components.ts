/**
 * The metrics of components that have few: each prints a page with everything on it once.
 *
 * @module
 */

import { CallMetrics } from "../../extractors/rpc/metrics.ts";
import { createMetrics } from "../../federation/hub/metrics.ts";
import { Gauges } from "../../tools/alerts/gauges.ts";
import { Metrics as ProbeMetrics } from "../../tools/connectivity-check/record.ts";

/**
 * Pages by component, after everything happened so many times. The numbers on them are made up; names, helps and labels
 * are what each component shows.
 */
export async function componentPages(times = 1): Promise<Readonly<Record<string, string>>> {
  return {
    rpc: rpc(times),
    alerts: alerts(),
    "connectivity-check": connectivityCheck(times),
    hub: await hub(times),
  };
}

function rpc(times: number): string {
  const metrics = new CallMetrics();
  for (let i = 0; i < times; i++) {
    metrics.observe("getpeerinfo", 0.02);
    metrics.countFetchError("getpeerinfo");
    metrics.countModelError("getpeerinfo");
  }
  return metrics.text();
}

function alerts(): string {
  const gauges = new Gauges();
  const [rule, node] = ["stale-tip", "alpha"];
  gauges.note({
    ...{
      rule,
      node,
      subject: "",
      severity: "critical",
      state: "firing",
      since: 0,
      at: 0,
      text: "",
      labels: {},
    },
  });
  gauges.measure(rule, node, { value: 1, limit: 2, level: 0.5, usual: undefined, what: "" });
  gauges.count("webhook: delivered");
  return gauges.text([[node, 0]]);
}

function connectivityCheck(times: number): string {
  const metrics = new ProbeMetrics();
  const address = {
    timestamp: 1,
    address: { case: "ipv4" as const, value: "203.0.113.9" },
    services: 0n,
    port: 8333,
  };
  const target = { network: "ipv4" as const, host: "203.0.113.9", port: 8333 };
  const source = {
    peerId: 1,
    addr: "203.0.113.7:8333",
    connType: 1,
    command: "addr",
    inbound: true,
    size: 1,
  };
  for (const success of Array.from({ length: times }, () => [true, false]).flat()) {
    const job = { target, address, version: "addr" as const, source, at: 100_000 };
    metrics.observe({ job, at: 100_000, success, cached: success, version: undefined, fromTorExit: true });
  }
  metrics.count("queue is full");
  return metrics.text(3);
}

async function hub(times: number): Promise<string> {
  const metrics = createMetrics();
  metrics.summaries.inc({ fate: "stored" }, times);
  metrics.disclosures.inc({ fate: "shown" }, times);
  metrics.sightingParts.inc({ fate: "stored" }, times);
  metrics.nacks.inc({ reason: "retry" }, times);
  metrics.byes.inc({ reason: "idle" }, times);
  metrics.refusedUpgrades.inc({ reason: "full" }, times);
  metrics.signIns.inc({ outcome: "refused" }, times);
  for (let i = 0; i < times; i++) metrics.ackSeconds.observe(0.01);
  return await metrics.registry.metrics();
}
