/**
 * The operator's key, and how it becomes another one.
 *
 * @module
 */

import type { KeyPair } from "../../proto/federation/keys.ts";
import type { Log } from "../../runtime/log.ts";
import { FILES, type UplinkFolder } from "./folder.ts";

/** A hub that says no to a new key says so for days. */
const REFUSED_MS = 86_400_000;

/** Keys of an operator whose uplink runs. */
export class OperatorKeys {
  readonly #folder: UplinkFolder;
  readonly #log: Log;
  readonly #now: () => number;
  /** The hub may have taken the new key without our having heard it. */
  #triesNew = false;
  #waitUntil = -Infinity;

  /** Keys in a folder. */
  constructor(folder: UplinkFolder, { log, now = Date.now }: { log: Log; now?: () => number }) {
    this.#folder = folder;
    this.#log = log;
    this.#now = now;
  }

  /** True if a new key waits to be told. */
  get isRotating(): boolean {
    return this.#now() >= this.#waitUntil && this.#folder.has(FILES.nextSeed);
  }

  /** Keys for the next attempt. */
  async current(): Promise<{ key: KeyPair; newKey: KeyPair | undefined }> {
    const newKey = this.isRotating ? await this.#folder.readKey(FILES.nextSeed) : undefined;
    if (this.#triesNew && newKey !== undefined) return { key: newKey, newKey: undefined };
    const key = await this.#folder.readKey();
    if (key === undefined) {
      throw new Error(`Cannot prove who we are: "${this.#folder.of(FILES.seed)}" is gone`);
    }
    return { key, newKey };
  }

  /** The hub let us in: if that was with the new key, it is the key from now on. */
  onReady(): void {
    if (this.#triesNew) this.onRotated();
  }

  /** The hub knows the new key. */
  onRotated(): void {
    this.#triesNew = false;
    if (!this.#folder.has(FILES.nextSeed)) return;
    this.#folder.rotateKey();
    this.#log.info("The hub knows the new key; the one before it ends in 7 days");
  }

  /** The hub does not let us in; true if another key is worth trying. */
  onRefused(): boolean {
    if (!this.isRotating) return false;
    this.#triesNew = !this.#triesNew;
    if (this.#triesNew) return true;
    this.#waitUntil = this.#now() + REFUSED_MS;
    this.#log.warn(
      "The hub refuses the new key, perhaps since the last one is not 7 days old; it is told again in a day",
    );
    return true;
  }
}
