/**
 * How an uplink goes, in words.
 *
 * @module
 */

import { keyText } from "../../proto/federation/keys.ts";
import { binText, table } from "./number_text.ts";
import type { StatusReport } from "./report.ts";

/** What is known of an uplink. */
export interface About {
  /** Whether one runs on the folder. */
  readonly isRunning: boolean;
  /** Whether it is switched off. */
  readonly isOff: boolean;
  /** The operator's key. */
  readonly key: Uint8Array | undefined;
  /** Address of the hub. */
  readonly hub: string | undefined;
  /** Its key. */
  readonly hubKey: Uint8Array | undefined;
  /** What the uplink said last. */
  readonly report: StatusReport | undefined;
}

/** How it goes. */
export function statusText(about: About, now: number): string {
  const { isRunning, isOff, key, hub, hubKey, report } = about;
  const lines: string[][] = [
    ["Uplink", isRunning ? "runs" : "does not run on this folder; what follows is what it said last"],
    ["Operator", key === undefined ? "no key; run `uplink keygen`" : keyText("operator", key)],
    ["Hub", hub === undefined ? "none; run `uplink join INVITATION`" : hub],
    ...hubKey === undefined ? [] : [["Hub's key", keyText("hub", hubKey)]],
    ["Switched", isOff ? "off; `uplink on` switches it on" : "on"],
    ...report === undefined ? [] : reportRows(report, now),
  ];
  return table(lines).map((line) => line.slice(2)).join("\n") + "\n";
}

function reportRows(report: StatusReport, now: number): string[][] {
  const { phase, why, since, ackedAt, ackedSequence, nextBin, nextAt, outbox, policy, sightings, counts } =
    report;
  const lost = Object.entries(outbox?.dropped ?? {}).filter(([, count]) => count > 0);
  return [
    ["Connection", `${phase}${why === undefined ? "" : `: ${why}`}, for ${ageText(now - since)}`],
    [
      "Stored last",
      ackedAt === undefined ? "nothing yet" : `summary ${ackedSequence}, ${ageText(now - ackedAt)} ago`,
    ],
    ["Next", `${binText(nextBin)}, in ${ageText(nextAt - now)}`],
    ...outbox === undefined ? [] : [
      ["Outbox", `${outbox.records} summaries wait, ${Math.ceil(outbox.bytes / 1024)} KiB`],
      ["Lost", lost.map(([reason, count]) => `${count} by ${reason}`).join(", ") || "nothing"],
      ...outbox.failure === undefined ? [] : [["Disk", outbox.failure]],
    ],
    ...policy === undefined ? [] : [[
      "Policy",
      `members see numbers of ${policy.kMember} operators, the public of ${policy.kPublic}; ` +
      `a node adds ${policy.clip} to ${policy.keysPerNode} counts at most; ` +
      `noise ${policy.noiseMilli / 1000} clips, ${policy.releasesPerYear} releases and ` +
      `${policy.alarmsPerYear ?? 0} alarms a year`,
    ]],
    ...sightings === undefined ? [] : [["Sightings", sightings]],
    ...Object.entries(counts).map(([what, count]) => ["Counted", `${count} ${what}`]),
  ];
}

function ageText(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
