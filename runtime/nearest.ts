import { levenshteinDistance } from "@std/text/levenshtein-distance";

/**
 * The end of an error about an unknown word: the nearest known one, if any is near enough to be meant.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(didYouMean("loger", ["logger", "rpc"]), ": did you mean logger?");
 * assertEquals(didYouMean("zzz", ["logger", "rpc"]), "");
 * ```
 */
export function didYouMean(word: string, known: readonly string[]): string {
  const [nearest] = known
    .map((candidate) => ({ candidate, distance: levenshteinDistance(word, candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.max(2, candidate.length / 3))
    .sort((a, b) => a.distance - b.distance);
  return nearest === undefined ? "" : `: did you mean ${nearest.candidate}?`;
}
