/**
 * Registers a test that needs parts of {@linkcode parts}.
 *
 * @module
 */
import { inCi, type PartName, parts } from "./part.ts";

export interface PartTest extends Deno.TestDefinition {
  /** The parts without which the test cannot run. */
  readonly needs: readonly PartName[];
}

/**
 * As `Deno.test()`, for a test that needs parts. With all of them there it runs. With one missing it fails where
 * `CI=true`, and elsewhere it is shown as ignored under a name that says what is missing: never skipped silently.
 *
 * @example Usage
 * ```ts ignore
 * partTest({
 *   name: "rpc extractor emits what a real node answers",
 *   needs: ["bitcoind"],
 *   fn: async () => {
 *     await using node = await startBitcoind();
 *   },
 * });
 * ```
 */
export function partTest({ needs, ...test }: PartTest): void {
  const missing = needs.filter((name) => parts[name].find() === undefined);
  if (missing.length === 0) return Deno.test(test);
  const reason = `without ${missing.join(", ")}: run deno task setup`;
  if (!inCi()) return Deno.test({ ...test, name: `${test.name} (not run ${reason})`, ignore: true });
  const fn = () => Promise.reject(new Deno.errors.NotFound(`Cannot run "${test.name}" ${reason}`));
  Deno.test({ name: test.name, fn });
}
