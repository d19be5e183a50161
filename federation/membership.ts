/**
 * What a member has: a key that nobody else could read, and the hub it joined. They lie in the uplink's folder.
 *
 * @module
 */

import { decodeInvitation } from "../proto/federation/invitation.ts";
import { type KeyPair, keyPair, parseKey } from "../proto/federation/keys.ts";
import { isLoopback } from "../runtime/common_options.ts";

/** The file with the operator's key in the folder. */
export const SEED_FILE = "operator.seed";
/** The file with the federation that was joined. */
export const HUB_FILE = "hub.json";

/** The federation that was joined. */
export interface Membership {
  /** Where the hub is. */
  readonly url: URL;
  /** Its key. */
  readonly hubKey: Uint8Array<ArrayBuffer>;
  /** Lets us in the first time. */
  readonly invitation: Uint8Array<ArrayBuffer> | undefined;
}

/**
 * The address of a hub.
 *
 * @throws {SyntaxError} If it is none, or one on which others could listen in.
 */
export function parseHubUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !["ws:", "wss:"].includes(url.protocol) || url.username !== "" || url.hash !== "") {
    throw new SyntaxError("expected the hub's address, wss://HOST[:PORT]/uplink");
  }
  if (url.protocol === "ws:" && !isLoopback(url.hostname) && !url.hostname.endsWith(".onion")) {
    throw new SyntaxError("expected wss://, since ws:// can be read on the way");
  }
  return url;
}

/** What the file says, as JSON; `undefined` if that is no federation. */
export function membershipOf(json: unknown): Membership | undefined {
  const { url, key, invitation } = (json ?? {}) as Record<string, unknown>;
  const hubKey = typeof key === "string" ? parseKey("hub", key) : undefined;
  if (typeof url !== "string" || hubKey === undefined) return undefined;
  const bytes = typeof invitation === "string" ? Uint8Array.fromBase64(invitation) : undefined;
  const isReadable = bytes === undefined || decodeInvitation(bytes) !== undefined;
  return isReadable ? { url: parseHubUrl(url), hubKey, invitation: bytes } : undefined;
}

/**
 * The operator's key in the text of the file at a path.
 *
 * @throws {Error} If others could have read it, or it is none.
 */
export async function operatorKeyOf(text: string, path: string): Promise<KeyPair> {
  const { mode } = Deno.statSync(path);
  if (mode !== null && (mode & 0o077) !== 0) {
    throw new Error(`Cannot use the key "${path}": others can read it, run chmod 600 "${path}"`);
  }
  const key = await keyPair(text);
  if (key.role !== "operator") throw new Error(`Cannot use the key "${path}": it is not an operator's`);
  return key;
}
