/**
 * The keys of the service: one that signs, for good, and one for each epoch, which is announced in the key log before
 * it is used and erased when the epoch is over.
 *
 * @module
 */

import { type KeyPair, keyPair, newSeed } from "../../proto/federation/keys.ts";
import { checkLog, entryText, type KeyEntry, parseEntry, signEntry } from "../sightings/key_log.ts";
import { newOprfKey, type OprfKey, oprfKeyOf } from "../sightings/oprf.ts";
import { isThere } from "../../runtime/files.ts";
import { appendLine, create, erase, readLines } from "./files.ts";

const SEED = "service.seed";
const LOG = "key-log.jsonl";
const KEY_FILE = /^epoch-(\d+)\.key$/;

/** The service's own key, made where there is none. */
export async function serviceKey(folder: string): Promise<{ key: KeyPair; isNew: boolean }> {
  const path = `${folder}/${SEED}`;
  let isNew = true;
  try {
    create(path, new TextEncoder().encode(`${newSeed("randomness")}\n`));
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    isNew = false;
  }
  const key = await keyPair(await Deno.readTextFile(path));
  if (key.role !== "randomness") throw new Error(`Cannot use "${path}": it is no randomness service's key`);
  return { key, isNew };
}

/** Why there is no key just now. */
export class NoKey extends Error {}

/** The keys of epochs in a folder. */
export class EpochKeys {
  readonly #folder: string;
  readonly #service: KeyPair;
  readonly #epochSeconds: number;
  readonly #log: KeyEntry[];
  #current: { readonly epoch: number; readonly key: OprfKey } | undefined;
  #turning: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, service: KeyPair, epochSeconds: number, log: KeyEntry[]) {
    this.#folder = folder;
    this.#service = service;
    this.#epochSeconds = epochSeconds;
    this.#log = log;
  }

  /**
   * Opens the log.
   *
   * @throws {Error} If it is damaged, or has other epochs.
   */
  static async open(
    folder: string,
    { service, epochSeconds }: { service: KeyPair; epochSeconds: number },
  ): Promise<EpochKeys> {
    const path = `${folder}/${LOG}`;
    const log = readLines(path).map((line, i) => {
      const entry = parseEntry(JSON.parse(line));
      if (entry === undefined) throw new Error(`Cannot read "${path}": line ${i + 1} is no key`);
      return entry;
    });
    if (log.length > 0) await checkLog(service.publicKey, log);
    const before = log.at(-1)?.epochSeconds ?? epochSeconds;
    if (before !== epochSeconds) {
      throw new Error(
        `Cannot change epochs to ${epochSeconds} seconds: the key log has ${before}, which operators hold on to`,
      );
    }
    return new EpochKeys(folder, service, epochSeconds, log);
  }

  /** What has been announced, from an epoch on. */
  entries(from: number): KeyEntry[] {
    return this.#log.filter(({ epoch }) => epoch >= from);
  }

  /**
   * The key of now (Unix seconds); makes it, and erases the one before, when a new epoch has begun.
   *
   * @throws {NoKey} If there is none and must not be another one.
   */
  async current(now: number): Promise<{ readonly epoch: number; readonly key: OprfKey }> {
    const epoch = Math.floor(now / this.#epochSeconds);
    if (this.#current?.epoch === epoch) return this.#current;
    const turned = this.#turning.then(() => this.#turn(epoch));
    this.#turning = turned.catch(() => {});
    return await turned;
  }

  /** Erases the key of an epoch that is over, also when nobody asks. */
  async expire(now: number): Promise<void> {
    await this.current(now).catch((error) => {
      if (!(error instanceof NoKey)) throw error;
    });
  }

  async #turn(epoch: number): Promise<{ readonly epoch: number; readonly key: OprfKey }> {
    if (this.#current?.epoch === epoch) return this.#current;
    const last = this.#log.at(-1);
    if (last !== undefined && last.epoch > epoch) throw new NoKey("the clock is behind the key log");
    this.#forget();
    for (const { name } of Deno.readDirSync(this.#folder)) {
      const own = KEY_FILE.exec(name)?.[1];
      if (own !== undefined && Number(own) !== epoch) erase(`${this.#folder}/${name}`);
    }
    const secretKey = last?.epoch === epoch ? this.#read(epoch) : this.#read(epoch) ?? this.#make(epoch);
    // Never a second one: operators would be told from each other by the key that they got.
    if (secretKey === undefined) throw new NoKey("the key of this epoch is lost, the next epoch has another");
    const key = oprfKeyOf(secretKey);
    if (last?.epoch !== epoch) await this.#announce(epoch, key);
    else if (last.key.toHex() !== key.publicKey.toHex()) throw new NoKey("the key of this epoch is another");
    return this.#current = { epoch, key };
  }

  #read(epoch: number): Uint8Array | undefined {
    try {
      const bytes = Deno.readFileSync(this.#path(epoch));
      return bytes.length === 32 ? bytes : undefined;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** On the disk before it is announced: a key that is announced and then lost is worth nothing. */
  #make(epoch: number): Uint8Array {
    const { secretKey } = newOprfKey();
    // A crash in the middle of writing left one that is too short, and was never announced.
    if (isThere(this.#path(epoch))) erase(this.#path(epoch));
    create(this.#path(epoch), secretKey);
    return secretKey;
  }

  async #announce(epoch: number, { publicKey: key }: OprfKey): Promise<void> {
    const entry = await signEntry(
      this.#service,
      { epoch, epochSeconds: this.#epochSeconds, key },
      this.#log.at(-1),
    );
    appendLine(`${this.#folder}/${LOG}`, entryText(entry));
    this.#log.push(entry);
  }

  /** As far as that is possible: numbers that were made of it stay in memory until they are collected. */
  #forget(): void {
    this.#current?.key.secretKey.fill(0);
    this.#current = undefined;
  }

  #path(epoch: number): string {
    return `${this.#folder}/epoch-${epoch}.key`;
  }
}
