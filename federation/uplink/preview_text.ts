/**
 * A frame that is about to be sent, in words.
 *
 * @module
 */

import { hashToHex } from "../../proto/bitcoin/hash.ts";
import { decodeFrame } from "../../proto/federation/frame.ts";
import { Anomaly, Delay, Source, type Summary, TipStatus } from "../../proto/federation/schema.ts";
import type { Withheld } from "../summary/mod.ts";
import { binText, enumName, metricText, table, valueText } from "./number_text.ts";

/** What a running uplink answers. */
export interface Preview {
  /** Ten minutes. */
  readonly bin: number;
  /** When it is sent, milliseconds since 1970. */
  readonly sendAt: number;
  /** The frame, base 64. */
  readonly frame?: string;
  /** What is not in it. */
  readonly withheld?: readonly Withheld[];
  /** Why there is no frame. */
  readonly blocked?: string;
}

/** The frame as it would be sent now, read back from its bytes. */
export function previewText({ bin, sendAt, frame, withheld = [], blocked }: Preview, now: number): string {
  const head = [`Next frame: ${binText(bin)}, as far as it has come`, `Sent: ${inText(sendAt - now)}`];
  if (frame === undefined) return [...head, `Blocked: ${blocked}; nothing is sent`].join("\n") + "\n";
  const bytes = Uint8Array.fromBase64(frame);
  const decoded = decodeFrame(bytes);
  if (!decoded.ok || decoded.content?.case !== "summary") {
    throw new Error("Cannot read the preview: start it again");
  }
  const lines = [
    ...head,
    `Size: ${bytes.length} bytes, as every summary`,
    ...summaryLines(decoded.content.value),
    "",
    "Withheld:",
    ...withheld.length === 0 ? ["  nothing was seen"] : table(
      withheld.map(({ what, count, why }) => [String(count), what, why]),
    ),
  ];
  return lines.join("\n") + "\n";
}

function summaryLines({ thin, sources, values, blocks, tips, anomalies }: Summary): string[] {
  return [
    `Nodes: ${thin ? "fewer than two, so it is never shown alone" : "two or more; how many is not said"}`,
    `Sources: ${sources.map((source) => enumName(Source, source)).join(", ") || "none"}`,
    `Out of the ordinary: ${anomalies.map((each) => enumName(Anomaly, each)).join(", ") || "nothing"}`,
    "",
    "Numbers:",
    ...values.length === 0 ? ["  none"] : table(
      values.map(({ metric, index, value }) => [metricText(metric, index), valueText(metric, value)]),
    ),
    "",
    "Blocks, and how long behind the first of your nodes:",
    ...blocks.length === 0 ? ["  none"] : table(
      blocks.map(({ hash, delay }) => [hashToHex(hash), enumName(Delay, delay)]),
    ),
    "",
    "Tips of chains:",
    ...tips.length === 0 ? ["  none"] : table(
      tips.map(({ hash, height, status }) => [hashToHex(hash), String(height), enumName(TipStatus, status)]),
    ),
  ];
}

function inText(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  return `in ${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
