/**
 * A hub's folder: its key, and its store. Whoever may read it administers the hub.
 *
 * @module
 */

import { type KeyPair, keyPair, newSeed } from "../../proto/federation/keys.ts";
import { DEFAULTS, signPolicy } from "./policy.ts";
import { DATABASE, openSqlite } from "./store/sqlite.ts";
import type { Store } from "./store/store.ts";

const SEED = "hub.seed";

/** A hub's key and store. */
export interface OpenFolder {
  /** Its key. */
  readonly key: KeyPair;
  /** Its store. */
  readonly store: Store;
  /** True if there was nothing before. */
  readonly isNew: boolean;
}

/** Opens the folder, and makes what is missing: the folder, a key, the store with the default policy. */
export async function openOrMake(folder: string): Promise<OpenFolder> {
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const isNew = await makeSeed(folder);
  const key = await readKey(folder);
  const store = openSqlite(folder);
  if (await store.policy() === undefined) {
    await store.setPolicy(await signPolicy(DEFAULTS, key, Math.floor(Date.now() / 1000)));
  }
  return { key, store, isNew };
}

/** Opens a folder that has to be there. */
export async function openFolder(folder: string): Promise<OpenFolder> {
  try {
    await Deno.stat(`${folder}/${DATABASE}`);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : cause;
    throw new Error(`Cannot open the hub in "${folder}": ${why}; run \`hub init\` or set --hub.folder`, {
      cause,
    });
  }
  return await openOrMake(folder);
}

async function makeSeed(folder: string): Promise<boolean> {
  try {
    await Deno.stat(`${folder}/${DATABASE}`);
    return false;
  } catch {
    // No store: a key may be new. One that is there stays.
  }
  try {
    await Deno.writeTextFile(`${folder}/${SEED}`, `${newSeed("hub")}\n`, { createNew: true, mode: 0o600 });
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

async function readKey(folder: string): Promise<KeyPair> {
  const path = `${folder}/${SEED}`;
  const text = await Deno.readTextFile(path).catch((cause) => {
    throw new Error(
      `Cannot read the hub's key "${path}": ${cause.message}; restore it from where it is kept`,
      {
        cause,
      },
    );
  });
  const key = await keyPair(text);
  if (key.role !== "hub") throw new Error(`Cannot use "${path}": it is no hub's key`);
  return key;
}
