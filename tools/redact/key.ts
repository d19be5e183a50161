/**
 * The key of a data set: thrown away with the process, unless a file is named for it.
 *
 * @module
 */

import { reasonOf } from "../../runtime/reason.ts";
import { KEY_BYTES } from "./pseudonyms.ts";

const OWNER_ONLY = 0o600;

/**
 * A new key; or that of the file, which is made if it is not there.
 *
 * @throws {Error} If the file cannot be used.
 */
export async function openKey(path: string | undefined): Promise<Uint8Array> {
  const key = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  if (path === undefined) return key;
  try {
    await Deno.writeTextFile(path, `${key.toHex()}\n`, { createNew: true, mode: OWNER_ONLY });
    return key;
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AlreadyExists)) {
      throw new Error(`Cannot write key "${path}": ${reasonOf(cause)}`, { cause });
    }
  }
  const text = (await Deno.readTextFile(path)).trim();
  if (!new RegExp(`^[0-9a-f]{${2 * KEY_BYTES}}$`).test(text)) {
    throw new Error(
      `Cannot use key "${path}": expected ${2 * KEY_BYTES} hexadecimal digits and nothing else`,
    );
  }
  return Uint8Array.fromHex(text);
}
