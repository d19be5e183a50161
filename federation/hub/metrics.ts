/**
 * Numbers about the hub itself, for Prometheus. None of them has an operator, an address or a key as a label.
 *
 * @module
 */

import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { ByeCode, NackCode } from "../../proto/federation/schema.ts";

/** Of what the page is. */
export const CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** All of them. */
export type Metrics = ReturnType<typeof createMetrics>;

/** Numbers that have counted nothing yet. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const counter = <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter({ name: `waggle_hub_${name}`, help, labelNames, registers });
  const gauge = (name: string, help: string) => new Gauge({ name: `waggle_hub_${name}`, help, registers });
  return {
    registry,
    sessions: gauge("sessions", "Operators' sessions that are open"),
    handshakes: gauge("handshakes", "Connections that have not proved who they are yet"),
    members: gauge("members", "Members that are not revoked"),
    waiting: gauge("summaries_waiting", "Summaries that wait for the disk"),
    closedThrough: gauge("closed_through_seconds", "End of the last closed bin, in Unix seconds"),
    storeBytes: gauge("store_bytes", "Bytes of the store"),
    openIncidents: gauge("open_incidents", "Incidents that are open"),
    frames: counter("frames_received_total", "Frames received"),
    ignored: counter("frames_ignored_total", "Frames ignored, because this version does not know them"),
    summaries: counter("summaries_total", "Summaries by what became of them", ["fate"]),
    disclosures: counter("disclosures_total", "Minutes of disclosed nodes by what became of them", ["fate"]),
    nacks: counter("nacks_total", "Summaries refused, by reason", ["reason"]),
    byes: counter("byes_total", "Sessions that the hub ended, by reason", ["reason"]),
    refusedUpgrades: counter("refused_connections_total", "Connections refused before they began", [
      "reason",
    ]),
    signIns: counter("sign_ins_total", "Attempts to sign in to the pages, by what became of them", [
      "outcome",
    ]),
    storeFailures: counter("store_failures_total", "Summaries that could not be stored"),
    sightingParts: counter("sighting_parts_total", "Parts of sightings by what became of them", ["fate"]),
    sightingLiars: counter("sighting_liars_total", "Operators whose shares did not fit, by epoch"),
    ackSeconds: new Histogram({
      name: "waggle_hub_store_seconds",
      help: "From a summary's arrival to its being on the disk",
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
      registers,
    }),
  };
}

/** A reason in words. */
export function codeName(what: "nacked" | "bye", code: number | string): string {
  const names: Readonly<Record<string, number>> = what === "nacked" ? NackCode : ByeCode;
  const name = Object.entries(names).find(([, number]) => number === code)?.[0];
  return name?.toLowerCase() ?? String(code);
}
