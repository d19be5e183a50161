/**
 * The operator's folder: keys, the hub, what the running uplink tells its commands, and what they tell it. Mode 0700,
 * files 0600; a file is there whole or not at all.
 *
 * @module
 */

import { join } from "@std/path";
import { type KeyPair, keyText, newSeed } from "../../proto/federation/keys.ts";
import { isThere } from "../../runtime/files.ts";
import { HUB_FILE, type Membership, membershipOf, operatorKeyOf, SEED_FILE } from "../membership.ts";

export type { Membership } from "../membership.ts";

/** Files in the folder. */
export const FILES = {
  seed: SEED_FILE,
  nextSeed: "operator.next.seed",
  oldSeed: "operator.old.seed",
  hub: HUB_FILE,
  off: "off",
  lock: "lock",
  status: "status.json",
  previewRequest: "preview.request",
  preview: "preview.json",
  latest: "latest.json",
  baseline: "baseline.json",
  state: "state.json",
  deadLetters: "dead-letters.jsonl",
  sightings: "sightings.json",
  outbox: "outbox",
} as const;

/** Name of a file in the folder. */
export type FileName = typeof FILES[keyof typeof FILES];

/** Files beyond that length are not ours. */
const MOST_BYTES = 4 << 20;
/** Two files of that many bytes are kept of what the hub refused. */
const MOST_DEAD_BYTES = 1 << 20;

/** The folder of an operator. */
export class UplinkFolder {
  /** Where it is. */
  readonly path: string;

  /** The folder at a path; nothing is made yet. */
  constructor(path: string) {
    this.path = path;
  }

  /** Path of a file. */
  of(name: FileName): string {
    return join(this.path, name);
  }

  /** True if the folder is there. */
  exists(): boolean {
    return isThere(this.path);
  }

  /** True if a file is there. */
  has(name: FileName): boolean {
    return isThere(this.of(name));
  }

  /** Makes the folder, for its owner alone. */
  make(): void {
    Deno.mkdirSync(this.path, { recursive: true, mode: 0o700 });
    Deno.chmodSync(this.path, 0o700);
  }

  /** Takes the folder for this process; `undefined` if another one has it. */
  lock(): Disposable | undefined {
    const file = Deno.openSync(this.of(FILES.lock), { write: true, create: true, mode: 0o600 });
    if (file.tryLockSync(true)) return file;
    file.close();
    return undefined;
  }

  /** True if an uplink runs on this folder. */
  isInUse(): boolean {
    if (!this.has(FILES.lock)) return false;
    const lock = this.lock();
    lock?.[Symbol.dispose]();
    return lock === undefined;
  }

  /** Text of a file; `undefined` if there is none. */
  readText(name: FileName): string | undefined {
    try {
      if (Deno.statSync(this.of(name)).size > MOST_BYTES) return undefined;
      return Deno.readTextFileSync(this.of(name));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** What stands in a file as JSON; `undefined` if there is none, or no JSON in it. */
  readJson(name: FileName): unknown {
    try {
      return JSON.parse(this.readText(name) ?? "");
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  /** Writes a file as JSON: after a crash the old one is there or the new one; on the disk where that matters. */
  writeJson(name: FileName, value: unknown, { sync = false } = {}): void {
    const path = this.of(name);
    const next = `${path}.new`;
    {
      using file = Deno.openSync(next, { write: true, create: true, truncate: true, mode: 0o600 });
      writeAll(file, `${JSON.stringify(value)}\n`);
      if (sync) file.syncDataSync();
    }
    Deno.renameSync(next, path);
    if (sync) this.#sync();
  }

  /** Writes a file that must not be there; on the disk when it returns. */
  create(name: FileName, text: string): void {
    using file = Deno.openSync(this.of(name), { write: true, createNew: true, mode: 0o600 });
    writeAll(file, text);
    file.syncDataSync();
    this.#sync();
  }

  /** Takes the next key for the present one and keeps that beside it: whenever we are stopped, there is a key. */
  rotateKey(): void {
    Deno.copyFileSync(this.of(FILES.seed), this.of(FILES.oldSeed));
    Deno.renameSync(this.of(FILES.nextSeed), this.of(FILES.seed));
    this.#sync();
  }

  /** Names of files are on the disk when the folder is. */
  #sync(): void {
    using folder = Deno.openSync(this.path, { read: true });
    folder.syncSync();
  }

  /** Deletes a file, if it is there. */
  remove(name: FileName): void {
    try {
      Deno.removeSync(this.of(name));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Makes a key; throws if there is one. */
  async makeKey(): Promise<KeyPair> {
    this.make();
    if (this.has(FILES.seed)) {
      throw new Error(
        `Cannot make a key: "${this.of(FILES.seed)}" is there already; \`uplink rotate\` makes the next one`,
      );
    }
    this.create(FILES.seed, `${newSeed("operator")}\n`);
    return (await this.readKey())!;
  }

  /**
   * The operator's key, or the one to come; `undefined` if there is none.
   *
   * @throws {Error} If others could have read it, or it is none.
   */
  async readKey(name: typeof FILES.seed | typeof FILES.nextSeed = FILES.seed): Promise<KeyPair | undefined> {
    const text = this.readText(name);
    if (text === undefined) return undefined;
    return await operatorKeyOf(text, this.of(name));
  }

  /** The federation that was joined; `undefined` if none was. */
  readMembership(): Membership | undefined {
    return membershipOf(this.readJson(FILES.hub));
  }

  /** Joins a federation. */
  writeMembership({ url, hubKey, invitation }: Membership): void {
    const key = keyText("hub", hubKey);
    this.writeJson(FILES.hub, { url: url.href, key, invitation: invitation?.toBase64() }, { sync: true });
  }

  /** Keeps what the hub refused. */
  bury(letter: object): void {
    const path = this.of(FILES.deadLetters);
    if (isThere(path) && Deno.statSync(path).size > MOST_DEAD_BYTES) Deno.renameSync(path, `${path}.old`);
    using file = Deno.openSync(path, { append: true, create: true, mode: 0o600 });
    writeAll(file, `${JSON.stringify(letter)}\n`);
  }
}

function writeAll(file: Deno.FsFile, text: string): void {
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) rest = rest.subarray(file.writeSync(rest));
}
