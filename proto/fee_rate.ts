// 0.001 sat/vB is a tenth of what any node relays, and 0.001 BTC/kvB is 100 sat/vB, which no node demands by default.
const LARGEST_BTC_PER_KVB = 1e-3;
const SAT_PER_VBYTE = 1e5;

/**
 * A fee rate of a `MempoolInfo` or `NetworkInfo` event in sat/vB. Until February 2026 the same fields held BTC/kvB, and
 * nothing in the event says which: only the size of the number tells.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(feeRateSatPerVbyte(0.1), 0.1);
 * assertEquals(feeRateSatPerVbyte(0.00001), 1);
 * ```
 */
export function feeRateSatPerVbyte(rate: number): number {
  return rate < LARGEST_BTC_PER_KVB ? Math.round(rate * SAT_PER_VBYTE * 1e3) / 1e3 : rate;
}
