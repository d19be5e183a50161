/**
 * Throws mutated inputs at what reads a stranger's bytes.
 *
 *     deno task fuzz p2p-message --count 1000000 --seed 1
 *     deno task fuzz v1-stream --seconds 60
 *     deno task fuzz p2p-message --replay tests/.cache/crashes/p2p-message-1.bin
 *
 * An input that makes its target throw, or allocate more than 16 MB and four times its length, is written
 * to `tests/.cache/crashes/`; the exit code is then 1.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { execute, run } from "./run.ts";
import type { Target } from "./target.ts";
import { TARGETS } from "./targets.ts";

const CRASHES = new URL("../.cache/crashes/", import.meta.url);

function main(): number {
  const { values, positionals: [name] } = parseArgs({
    allowPositionals: true,
    options: {
      count: { type: "string", default: "100000" },
      seconds: { type: "string" },
      seed: { type: "string", default: String(Date.now() % 0x1_0000_0000) },
      replay: { type: "string" },
    },
  });
  const target = TARGETS.find((target) => target.name === name);
  if (target === undefined) {
    console.error(
      `Cannot find target "${name ?? ""}": there are ${TARGETS.map(({ name }) => name).join(", ")}`,
    );
    return 2;
  }
  if (values.replay !== undefined) return replay(target, values.replay);
  return fuzz(target, {
    count: Number(values.count),
    seed: Number(values.seed),
    ...(values.seconds === undefined ? {} : { seconds: Number(values.seconds) }),
  });
}

function fuzz(target: Target, options: { count: number; seed: number; seconds?: number }): number {
  console.log(`${target.name}: seed ${options.seed}`);
  const { executed, elapsedMs, slowestMs, failure } = run(target, {
    ...options,
    progress: (executed, elapsedMs) => console.log(`${executed} inputs, ${rate(executed, elapsedMs)}`),
  });
  console.log(`${executed} inputs, ${rate(executed, elapsedMs)}, slowest ${slowestMs.toFixed(1)} ms`);
  if (failure === undefined) return 0;
  Deno.mkdirSync(CRASHES, { recursive: true });
  const file = new URL(`${target.name}-${options.seed}-${executed}.bin`, CRASHES);
  Deno.writeFileSync(file, failure.input);
  console.error(failure.reason);
  console.error(`Replay with: deno task fuzz ${target.name} --replay ${file.pathname}`);
  return 1;
}

function replay(target: Target, file: string): number {
  const reason = execute(target, Deno.readFileSync(file));
  console.log(reason ?? "The input does no harm");
  return reason === undefined ? 0 : 1;
}

function rate(executed: number, elapsedMs: number): string {
  return `${Math.round(executed / elapsedMs * 1000)} per second`;
}

if (import.meta.main) Deno.exit(main());
