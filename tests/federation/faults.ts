/**
 * Kills a hub again and again while uplinks send, with a ledger of what was acknowledged: in the end all of that has to
 * be in the store, and nothing twice.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { Members } from "../../federation/hub/members.ts";
import * as codec from "../../proto/federation/codec.ts";
import { decode } from "../../proto/federation/frame.ts";
import {
  invitationText,
  newInvitation,
  parseInvitation,
  sponsor,
} from "../../proto/federation/invitation.ts";
import { type KeyPair, keyPair, newSeed } from "../../proto/federation/keys.ts";
import { openFolder } from "../../federation/hub/folder.ts";
import type { Place } from "../../federation/hub/options.ts";
import { freePort, until } from "../parts/until.ts";
import { startProcess } from "../parts/process.ts";
import { Client, summary } from "./client.ts";

/** What came out. */
export interface FaultResult {
  /** Times the hub was killed. */
  readonly kills: number;
  /** Summaries that were sent, each perhaps several times. */
  readonly sent: number;
  /** Of them, those of which an uplink was told that they are stored. */
  readonly acknowledged: number;
  /** Of those, the ones that are not in the store. */
  readonly lost: number;
  /** Summaries that are in the store more than once. */
  readonly twice: number;
  /** Summaries of which the store has something else than what was sent. */
  readonly changed: number;
  /** Times an uplink was told to resume behind something that it had not been told is stored, and is not. */
  readonly holes: number;
}

/** What is to be done. */
export interface FaultOptions {
  /** Times to kill the hub. */
  readonly kills: number;
  /** Uplinks that send. */
  readonly operators: number;
  /** Draws the moments. */
  readonly random: () => number;
  /** Told after each kill. */
  progress?(kills: number): void;
}

/** The hub is killed within so many milliseconds of its first acknowledgement. */
const LIFE_MS = 120;

/** One uplink with a ledger in place of an outbox. */
export class Sender {
  /** The highest sequence that was handed to a socket. */
  sent = 0;
  /** Up to which the hub has said that all is stored. */
  acknowledged = 0;
  resumedBehind = 0;
  #invitation;

  constructor(readonly key: KeyPair, invitation: string) {
    this.#invitation = parseInvitation(invitation);
  }

  /** Sends until the hub is gone, or something is refused: whoever comes again need not wait for half a minute. */
  async run(url: string, bin: number, leavesWhenRefused = false): Promise<void> {
    const client = new Client(url);
    try {
      const { resumeSequence, credits } = await client.ready(this.key, this.#invitation);
      this.#resumed(resumeSequence);
      let next = resumeSequence + 1;
      let window = credits;
      // What was heard before the end counts, also when it is read afterwards.
      while (client.closed === undefined || client.heard.length > 0) {
        for (; client.closed === undefined && next <= this.acknowledged + window; next++) {
          client.send({ case: "summary", value: bodyOf(next, bin) });
          this.sent = Math.max(this.sent, next);
        }
        const [content] = client.heard.splice(0, 1);
        if (content?.case === "ack") this.acknowledged = Math.max(this.acknowledged, content.value.upTo);
        else if (content?.case === "credit") window += content.value.credits;
        else if (content?.case === "nack" && leavesWhenRefused) break;
        else if (content?.case === "nack") next = Math.min(next, content.value.sequence);
        else if (content === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
      }
    } catch {
      // Killed in the middle of a sentence.
    } finally {
      await client[Symbol.asyncDispose]();
    }
  }

  /** What the hub says it has is more than it has acknowledged where it was killed in between. */
  #resumed(sequence: number): void {
    if (sequence < this.acknowledged) this.resumedBehind++;
    this.acknowledged = Math.max(this.acknowledged, sequence);
  }
}

/** A body that can be told from all others. */
function bodyOf(sequence: number, bin: number) {
  return summary(sequence, bin, { values: [{ metric: 9, value: sequence % 42 }] });
}

/** Kills a hub, and looks what is left. */
export async function runFaults({ kills, operators, random, progress }: FaultOptions): Promise<FaultResult> {
  const folder = await Deno.makeTempDir();
  const senders = await prepare({ folder }, operators);
  // Far enough ahead of the last closed bin, whatever the clock says.
  const bin = Math.floor(Date.now() / 600_000);
  const port = freePort();
  for (let kill = 1; kill <= kills; kill++) {
    const before = Math.max(...senders.map(({ acknowledged }) => acknowledged));
    await using hub = startProcess(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "mod.ts", "hub", ...options({ folder }, port)],
      cwd: new URL("../..", import.meta.url).pathname,
    });
    await hub.waitForPort(port);
    const running = senders.map((sender) => sender.run(`http://127.0.0.1:${port}`, bin));
    await until("an acknowledgement", () => senders.some(({ acknowledged }) => acknowledged > before));
    await new Promise((resolve) => setTimeout(resolve, random() * LIFE_MS));
    hub.kill("SIGKILL");
    await hub.status;
    await Promise.all(running);
    progress?.(kill);
  }
  const rows = rowsOf(folder);
  const result = { kills, ...count(senders, { rows, slots: await slotsOf(folder, senders), bin }) };
  await Deno.remove(folder, { recursive: true });
  return result;
}

function placeOptions({ folder, store }: Place): string[] {
  return ["--hub.folder", folder, ...store === undefined ? [] : ["--hub.store", store]];
}

/** How a hub is started. */
export function options(place: Place, port: number): string[] {
  const limits = { "frames-per-minute": 1_000_000, "bytes-per-minute": 2 ** 31 };
  return [
    ...[...placeOptions(place), "--hub.address", `127.0.0.1:${port}`],
    ...Object.entries(limits).flatMap(([name, value]) => [`--hub.${name}`, String(value)]),
  ];
}

/** A new hub, and operators that it has invited. */
export async function prepare(place: Place, operators: number): Promise<Sender[]> {
  const made = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "mod.ts", "hub", "init", ...placeOptions(place)],
    cwd: new URL("../..", import.meta.url).pathname,
  }).output();
  if (!made.success) throw new Error(new TextDecoder().decode(made.stderr));
  const { key, store } = await openFolder(place);
  await store[Symbol.asyncDispose]();
  const expires = Math.floor(Date.now() / 1000) + 86_400;
  return await Promise.all(Array.from({ length: operators }, async () => {
    const invitation = await sponsor(newInvitation(key.publicKey, expires), key);
    return new Sender(await keyPair(newSeed("operator")), invitationText(invitation));
  }));
}

/** A summary in a store. */
export interface Row {
  readonly slot: number;
  readonly sequence: number;
  readonly body: Uint8Array;
}

/** Every summary of every operator, from the file itself. */
function rowsOf(folder: string): Row[] {
  const database = new DatabaseSync(`${folder}/hub.sqlite`, { readOnly: true });
  const rows = database.prepare("SELECT slot, sequence, body FROM summaries").all();
  database.close();
  return rows as unknown as Row[];
}

/** What is in the store beside what is in the ledger. */
export function count(
  senders: readonly Sender[],
  { rows, slots, bin }: { rows: readonly Row[]; slots: readonly number[]; bin: number },
) {
  const bySlot = Map.groupBy(rows, ({ slot }) => slot);
  const result = { sent: 0, acknowledged: 0, lost: 0, twice: 0, changed: 0, holes: 0 };
  senders.forEach((sender, i) => {
    const own = bySlot.get(slots[i]!) ?? [];
    const sequences = new Set(own.map(({ sequence }) => sequence));
    result.sent += sender.sent;
    result.acknowledged += sender.acknowledged;
    result.twice += own.length - sequences.size;
    for (let sequence = 1; sequence <= sender.acknowledged; sequence++) {
      if (!sequences.has(sequence)) result.lost++;
    }
    const highest = Math.max(0, ...sequences);
    if (sequences.size !== highest) result.holes++;
    result.holes += sender.resumedBehind;
    result.changed += own.filter(({ sequence, body }) => {
      const stored = decode(codec.decodeSummary, body);
      return JSON.stringify(stored?.values) !== JSON.stringify(normal(sequence, bin));
    }).length;
  });
  return result;
}

function normal(sequence: number, bin: number) {
  const { metric, value } = bodyOf(sequence, bin).values[0]!;
  return [{ metric, index: undefined, value }];
}

/** Which member each of them has become. */
export async function slotsOf(where: string | Place, senders: readonly Sender[]): Promise<number[]> {
  const { key, store: opened } = await openFolder(where);
  await using store = opened;
  const members = new Members(store, key);
  await members.reload();
  return await Promise.all(senders.map(async (sender) => {
    return (await members.find(sender.key.publicKey, Math.floor(Date.now() / 1000)))?.slot ?? -1;
  }));
}

if (import.meta.main) {
  const kills = Number(Deno.args[0] ?? 200);
  const { runEdgeFaults } = await import("./edge_faults.ts");
  let isFine = true;
  for (const [name, run] of Object.entries({ SQLite: runFaults, JetStream: runEdgeFaults })) {
    const result = await run({
      kills,
      operators: 8,
      random: Math.random,
      progress: (done) => done % 20 === 0 && console.error(`${name}: ${done} of ${kills}`),
    });
    console.log(JSON.stringify({ store: name, ...result }));
    isFine &&= result.lost + result.twice + result.changed + result.holes === 0;
  }
  Deno.exit(isFine ? 0 : 1);
}
