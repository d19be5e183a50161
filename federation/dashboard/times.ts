/**
 * Times as people read them, in UTC: members live in many time zones.
 *
 * @module
 */

/** 2026-07-12. */
export function day(seconds: number): string {
  return iso(seconds).slice(0, 10);
}

/** 14:30. */
export function minute(seconds: number): string {
  return iso(seconds).slice(11, 16);
}

/** 2026-07-12 14:30 UTC. */
export function moment(seconds: number): string {
  return `${day(seconds)} ${minute(seconds)} UTC`;
}

/** As machines want it. */
export function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
