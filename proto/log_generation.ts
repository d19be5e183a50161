/**
 * Log events were renumbered in January 2026: an old one read with today's numbers does not fail, it says something
 * else (a block hash becomes a log message). Which fields are present tells the generations apart.
 *
 * @module
 */

import { decodeLog, decodeLogG1 } from "./codec.ts";
import { type Log, LogLevel } from "./schema.ts";
import type { Reader } from "./reader.ts";

/**
 * Reads a log event of either generation. The old one has no thread, level or length: they read as empty, INFO and 0.
 */
export function decodeAnyLog(r: Reader, end: number): Log {
  if (!isFirstGeneration(r, end)) return decodeLog(r, end);
  const { logTimestamp, category, logEvent } = decodeLogG1(r, end);
  return { logTimestamp, category, threadname: "", logEvent, logLevel: LogLevel.INFO, logLineBytes: 0 };
}

/** Old: exactly one of the fields 3, 4, 5 and neither level (7) nor length (8). */
function isFirstGeneration(r: Reader, end: number): boolean {
  const start = r.pos;
  let members = 0;
  let newer = false;
  while (r.pos < end) {
    const tag = r.tag(end);
    const field = tag >>> 3;
    if ((tag & 7) === 2 && field >= 3 && field <= 5) members++;
    if (field >= 6) newer = true;
    r.step(tag, end);
  }
  r.pos = start;
  return members === 1 && !newer;
}
