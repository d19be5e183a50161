/**
 * From a summary to the frame that leaves, and the last checks of it.
 *
 * @module
 */

import { checkSummary } from "../../proto/federation/check.ts";
import { encodeFrame, SIZES } from "../../proto/federation/frame.ts";
import type { Summary } from "../../proto/federation/schema.ts";
import type { CanaryScan } from "../../proto/canaries.ts";

/** The frame of every summary has this length, so that it does not say what happened. */
export const SUMMARY_FRAME_BYTES: number = SIZES[1];

/** The frame of a summary. */
export function encodeSummary(summary: Summary): Uint8Array<ArrayBuffer> {
  return encodeFrame({ case: "summary", value: summary }, SUMMARY_FRAME_BYTES);
}

/** Why a summary must not leave, in words that do not repeat it; `undefined` if it may. */
export function selfCheck(summary: Summary, canaries: CanaryScan): string | undefined {
  // The outbox gives the number; all else has to be right before.
  const problem = checkSummary({ ...summary, sequence: Math.max(1, summary.sequence) });
  if (problem !== undefined) return `The summary breaks its own rules: ${problem}`;
  const frame = encodeSummary(summary);
  if (frame.length !== SUMMARY_FRAME_BYTES) return "The summary is longer than others";
  const found = canaries.find(frame);
  return found === undefined ? undefined : `The summary holds ${found}`;
}
