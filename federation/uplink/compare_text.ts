/**
 * Me against the network, in words.
 *
 * @module
 */

import { keyOf } from "../../proto/federation/check.ts";
import { Anomaly, type Incident } from "../../proto/federation/schema.ts";
import { binText, enumName, metricText, table, valueText } from "./number_text.ts";
import type { Latest } from "./report.ts";

/** Own numbers beside quartiles, for the newest bin of which there are both. */
export function compareText({ feeds, own }: Latest): string {
  const newest = feeds.at(-1);
  if (newest === undefined) {
    return "The hub has not told yet what the members see together; it does after each bin.\n";
  }
  const both = feeds.toReversed().find(({ bin }) => own.some((summary) => summary.bin === bin));
  const feed = both ?? newest;
  const values = new Map(
    own.findLast(({ bin }) => bin === feed.bin)?.values.map((value) => [keyOf(value), value.value]),
  );
  const rows = feed.quartiles.map((quartiles) => {
    const { metric, index, lower, median, upper } = quartiles;
    const mine = values.get(keyOf(quartiles));
    return [
      metricText(metric, index),
      mine === undefined ? "–" : valueText(metric, mine),
      ...[lower, median, upper].map((value) => valueText(metric, value)),
      mine === undefined ? "" : mine > upper ? "high" : mine < lower ? "low" : "",
    ];
  });
  const none = "No number has enough operators behind it.";
  return [
    binText(feed.bin) + (both === undefined ? ", of which you have no summary" : ""),
    "",
    ...rows.length === 0 ? [none] : table([["", "you", "quarter", "half", "three quarters", ""], ...rows]),
    "",
    "Incidents:",
    ...newest.incidents.length === 0 ? ["  none"] : table(newest.incidents.map(incidentRow)),
  ].join("\n") + "\n";
}

function incidentRow({ anomaly, opened, closed, seenLog2, ofLog2 }: Incident): string[] {
  const when = (seconds: number) =>
    `${new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  return [
    enumName(Anomaly, anomaly),
    `since ${when(opened)}`,
    closed === undefined ? "open" : `until ${when(closed)}`,
    `seen by up to ${2 ** seenLog2} of up to ${2 ** ofLog2} operators`,
  ];
}
