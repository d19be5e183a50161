/**
 * Kills an uplink again and again while it appends and sends, with a ledger of what it was promised: in the end all of
 * that has to be at the hub, once, as it was.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import * as codec from "../../proto/federation/codec.ts";
import { decode } from "../../proto/federation/frame.ts";
import { startProcess } from "../parts/process.ts";
import { until } from "../parts/until.ts";
import { Carrier, joinedFolder } from "./carrier.ts";
import { TestHub } from "./hub.ts";
import { startSlowLink } from "./slow_link.ts";

/** What came out. */
export interface UplinkFaultResult {
  /** Times the uplink was killed. */
  readonly kills: number;
  /** Summaries of which it was told that they are on the disk. */
  readonly appended: number;
  /** Of them, those of which it was told before a kill that the hub has them. */
  readonly acknowledged: number;
  /** Of the appended ones, those that the hub does not have in the end. */
  readonly lost: number;
  /** Those that it has twice, or that are not what was appended. */
  readonly wrong: number;
  /** Those that the hub got again and knew. */
  readonly duplicates: number;
}

/** The uplink is killed within so many milliseconds of its first acknowledgement. */
const LIFE_MS = 80;
/** What it says takes so long, and does not arrive if it dies before. */
const DELAY_MS = 10;

/** Kills an uplink, and looks what the hub has. */
export async function runUplinkFaults(
  { kills, random, progress }: { kills: number; random: () => number; progress?: (kills: number) => void },
): Promise<UplinkFaultResult> {
  await using hub = await TestHub.start();
  await using link = startSlowLink(Number(new URL(hub.url).port), DELAY_MS);
  const folder = await joinedFolder(hub);
  folder.writeMembership({ ...folder.readMembership()!, url: new URL(`ws://127.0.0.1:${link.port}/uplink`) });
  let appended = 0;
  let acknowledged = 0;
  const note = (output: string) => {
    appended = Math.max(appended, last(output, "appended"));
    acknowledged = Math.max(acknowledged, last(output, "acknowledged"));
  };
  for (let kill = 1; kill <= kills; kill++) {
    const before = acknowledged;
    await using uplink = startProcess(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--quiet",
        "--no-check",
        new URL("./_carry_forever.ts", import.meta.url).pathname,
        folder.path,
      ],
    });
    await until("an acknowledgement", () => {
      note(uplink.output);
      return acknowledged > before;
    });
    await new Promise((resolve) => setTimeout(resolve, random() * LIFE_MS));
    uplink.kill("SIGKILL");
    await uplink.status;
    note(uplink.output);
    progress?.(kill);
  }
  await using carrier = await Carrier.start(folder);
  await until("the rest", () => carrier.outbox.stats().records === 0);
  const found = stored(hub.folder);
  return { kills, appended, acknowledged, ...compare(found, appended), duplicates: await duplicatesAt(hub) };
}

/** The last number that was said of something, in a line that is whole. */
function last(output: string, what: string): number {
  return Number([...output.matchAll(new RegExp(`^${what} (\\d+)\n`, "gm"))].at(-1)?.[1] ?? 0);
}

function stored(folder: string): Map<number, number[]> {
  using database = new DatabaseSync(`${folder}/hub.sqlite`, { readOnly: true });
  const rows = database.prepare("SELECT sequence, body FROM summaries").all() as unknown as {
    sequence: number;
    body: Uint8Array;
  }[];
  const found = new Map<number, number[]>();
  for (const { sequence, body } of rows) {
    const value = decode(codec.decodeSummary, body)?.values[0]?.value ?? -1;
    found.set(sequence, [...found.get(sequence) ?? [], value]);
  }
  return found;
}

function compare(found: ReadonlyMap<number, number[]>, appended: number) {
  let lost = 0;
  let wrong = 0;
  for (let sequence = 1; sequence <= appended; sequence++) if (!found.has(sequence)) lost++;
  for (const [sequence, values] of found) if (values.length !== 1 || values[0] !== sequence % 42) wrong++;
  return { lost, wrong };
}

async function duplicatesAt(hub: TestHub): Promise<number> {
  const line = /^waggle_hub_summaries_total\{[^}]*duplicate[^}]*\} (\d+)/m.exec(await hub.hub.page());
  return Number(line?.[1] ?? 0);
}

if (import.meta.main) {
  const kills = Number(Deno.args[0] ?? 200);
  const result = await runUplinkFaults({
    kills,
    random: Math.random,
    progress: (done) => done % 20 === 0 && console.error(`${done} of ${kills}`),
  });
  console.log(JSON.stringify(result));
  Deno.exit(result.lost + result.wrong === 0 ? 0 : 1);
}
