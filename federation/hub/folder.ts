/**
 * A hub's folder: its key, and its store unless that is on NATS servers. Whoever may read it administers the hub.
 *
 * @module
 */

import { type KeyPair, keyPair, newSeed } from "../../proto/federation/keys.ts";
import { natsLogin } from "../../runtime/common_options.ts";
import { isThere } from "../../runtime/files.ts";
import { type Log, logFor } from "../../runtime/log.ts";
import { reasonOf } from "../../runtime/reason.ts";
import { loginOf, type Place } from "./options.ts";
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

/** What a store on a server needs besides. */
export interface Opening {
  /** Where it is told that the server is away. */
  readonly log: Log;
  /** Aborted = not waited for any longer. */
  readonly signal: AbortSignal;
}

/** For whoever has nothing to say and does not wait. */
const QUIETLY: Opening = { log: logFor("hub", () => {}), signal: new AbortController().signal };

/** Opens a hub's folder, and makes what is missing: the folder, a key, the store with the default policy. */
export async function openOrMake(where: string | Place, opening: Opening = QUIETLY): Promise<OpenFolder> {
  const place = typeof where === "string" ? { folder: where } : where;
  await Deno.mkdir(place.folder, { recursive: true, mode: 0o700 });
  const opened = place.store === undefined ? await openFile(place) : await openServer(place, opening);
  const { key, store } = opened;
  if (await store.policy() === undefined) {
    await store.setPolicy(await signPolicy(DEFAULTS, key, Math.floor(Date.now() / 1000)));
  }
  return opened;
}

/** Opens a folder that has to be there. */
export async function openFolder(where: string | Place, opening?: Opening): Promise<OpenFolder> {
  const { folder, store } = typeof where === "string" ? { folder: where, store: undefined } : where;
  try {
    await Deno.stat(`${folder}/${store === undefined ? DATABASE : SEED}`);
  } catch (cause) {
    const why = reasonOf(cause);
    throw new Error(`Cannot open the hub in "${folder}": ${why}; run \`hub init\` or set --hub.folder`, {
      cause,
    });
  }
  return await openOrMake(where, opening);
}

async function openFile({ folder }: Place): Promise<OpenFolder> {
  const isNew = !isThere(`${folder}/${DATABASE}`) && await makeSeed(folder);
  const key = await readKey(folder);
  return { key, store: openSqlite(folder), isNew };
}

/** All edges are the same hub: the first makes a key, the others have a copy of it. */
async function openServer(place: Place, opening: Opening): Promise<OpenFolder> {
  const { folder, store: url = "", storeReplicas = 1, storeMonitor } = place;
  // Loaded only when wanted: a hub with a file shall start without it.
  const { openJetStream } = await import("./store/jetstream.ts");
  const names = "WAGGLE_HUB_STORE_PASSWORD or --hub.store-password-file";
  const store = await openJetStream({
    ...natsLogin(url, loginOf(place), names),
    replicas: storeReplicas,
    monitors: storeMonitor?.split(",") ?? [],
    ...opening,
  });
  try {
    const isNew = await store.hub() === undefined && await makeSeed(folder);
    const key = await readKey(folder);
    await store.claim(key.publicKey);
    if ((await store.hub())?.toHex() !== key.publicKey.toHex()) {
      throw new Error(
        `Cannot use "${folder}/${SEED}": ${url} is the store of another hub; copy that hub's key, or use another account`,
      );
    }
    return { key, store, isNew };
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

/** Makes a key; one that is there stays. */
async function makeSeed(folder: string): Promise<boolean> {
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
