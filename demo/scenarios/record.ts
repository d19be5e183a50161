/**
 * Writes the events of a scenario into an archive, as if its last event happened now:
 *
 *     deno task scenario addr-flood /tmp/alpha.bin.zst --seed 7
 *
 * @module
 */

import { parseArgs } from "node:util";
import { encodeEvent } from "../../proto/event.ts";
import { ArchiveFile } from "../../runtime/archive/archive_file.ts";
import { eventsOf, type Scenario, scenario, SCENARIOS } from "./mod.ts";

const LEVEL = 7;
const MINUTE_MS = 60_000;
const ORDINARY_MINUTES = 120;
const BATCH_BYTES = 256 * 1024;

const USAGE = `Usage: deno task scenario NAME FILE [--seed N]

Writes an archive of what a made-up node sees in five hours or so that end now: ordinary hours, so that
everybody knows what is usual, then what the name says, then an ordinary hour.

${SCENARIOS.map(({ name, about }) => `  ${name.padEnd(22)} ${about}`).join("\n")}
`;

/** Runs with these arguments and returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const { values, positionals: [name, path] } = parseArgs({
    args,
    options: { seed: { type: "string", default: "1" } },
    allowPositionals: true,
  });
  const seed = Number(values.seed);
  if (name === undefined || path === undefined || !Number.isSafeInteger(seed)) {
    console.error(USAGE);
    return 2;
  }
  const chosen = later(scenario(name));
  // Told when to begin, and not moved later: events hold times, too, of connections, blocks and addresses.
  const start = Date.now() - chosen.minutes * MINUTE_MS;
  const header = { created: Math.floor(start / 1000), lowData: false };
  const archive = await ArchiveFile.create(path, { level: LEVEL, header });
  for (const event of eventsOf(chosen, seed, start)) {
    archive.add(encodeEvent(event));
    if (archive.pending > BATCH_BYTES) await archive.write();
  }
  await archive.close();
  return 0;
}

/** The same behind two more ordinary hours. */
function later(it: Scenario): Scenario {
  return {
    ...it,
    fromMinute: it.fromMinute + ORDINARY_MINUTES,
    toMinute: it.toMinute + ORDINARY_MINUTES,
    minutes: it.minutes + ORDINARY_MINUTES,
  };
}

if (import.meta.main) Deno.exit(await main(Deno.args));
