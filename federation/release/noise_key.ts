/**
 * The secret that all noise comes from.
 *
 * @module
 */

import { writeWhole } from "../../runtime/files.ts";

/** The secret in a folder, made where there is none. Hubs that publish the same numbers share it. */
export async function noiseKey(folder: string): Promise<Uint8Array> {
  const path = `${folder}/noise.key`;
  try {
    const key = await Deno.readFile(path);
    if (key.length === 32) return key;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const key = crypto.getRandomValues(new Uint8Array(32));
    await writeWhole(path, key);
    return key;
  }
  throw new Error(`Cannot use "${path}": it is no key of 32 bytes; restore it from a backup`);
}
