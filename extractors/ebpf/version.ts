/** Major and minor number of bpftrace. */
export type Version = readonly [major: number, minor: number];

/**
 * Reads what `bpftrace --version` prints; `undefined` if it is something else.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseVersion("bpftrace v0.17.0\n"), [0, 17]);
 * ```
 */
export function parseVersion(text: string): Version | undefined {
  const [, major, minor] = /\bv?(\d{1,4})\.(\d{1,4})/.exec(text) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor)];
}

/** Whether a version is this one or a later one. */
export function isAtLeast([major, minor]: Version, wantedMajor: number, wantedMinor: number): boolean {
  return major > wantedMajor || major === wantedMajor && minor >= wantedMinor;
}
