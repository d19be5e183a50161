/**
 * What one session may do.
 *
 * @module
 */

/** Limits of a session. */
export interface SessionLimits {
  /** Frames a minute. */
  readonly framesPerMinute: number;
  /** Bytes a minute. */
  readonly bytesPerMinute: number;
  /** Summaries that may be under way at first. */
  readonly firstCredits: number;
  /** Summaries that may be under way once the hub is seen to keep up. */
  readonly mostCredits: number;
  /** Bins back that are still taken. */
  readonly lateBins: number;
}

export { Bucket } from "../../../runtime/bucket.ts";
