/**
 * Invitations: made by a sponsor, signed by more of them, handed over as one line of text.
 *
 * @module
 */

import * as codec from "./codec.ts";
import { decode, encode } from "./frame.ts";
import type { KeyPair } from "./keys.ts";
import { sponsorProof } from "./proofs.ts";
import type { Invitation } from "./schema.ts";

/** Where a hub is that nobody has moved: on this machine. */
export const DEFAULT_HUB = "ws://127.0.0.1:8790/uplink";

const PREFIX = "waggle-invitation-";
const BASE64 = { alphabet: "base64url", omitPadding: true } as const;
/** Longer ones are none, whatever they are. */
const MOST_LETTERS = 4096;

/** A new invitation that nobody has signed. */
export function newInvitation(hubKey: Uint8Array, expires: number): Invitation {
  return { id: crypto.getRandomValues(new Uint8Array(16)), hubKey, expires, sponsors: [] };
}

/** The invitation with one more sponsor. */
export async function sponsor(invitation: Invitation, by: KeyPair): Promise<Invitation> {
  const signature = await by.sign(sponsorProof(invitation));
  return { ...invitation, sponsors: [...invitation.sponsors, { key: by.publicKey, signature }] };
}

/** Bytes of an invitation, as `auth` carries them. */
export function encodeInvitation(invitation: Invitation): Uint8Array<ArrayBuffer> {
  return encode(codec.encodeInvitation, invitation);
}

/** An invitation out of `auth`; `undefined` if it cannot be read. */
export function decodeInvitation(bytes: Uint8Array): Invitation | undefined {
  return decode(codec.decodeInvitation, bytes);
}

/** The line of text that people pass on. */
export function invitationText(invitation: Invitation): string {
  return PREFIX + encodeInvitation(invitation).toBase64(BASE64);
}

/** The invitation in a text; `undefined` if there is none. */
export function parseInvitation(text: string): Invitation | undefined {
  const letters = text.trim();
  if (!letters.startsWith(PREFIX) || letters.length > MOST_LETTERS) return undefined;
  try {
    return decodeInvitation(Uint8Array.fromBase64(letters.slice(PREFIX.length), { alphabet: "base64url" }));
  } catch {
    return undefined; // no base 64
  }
}

/** An invitation with the address of its hub, as one text: the address, `#`, the invitation. */
export function invitationLink(hub: URL, invitation: Invitation): string {
  return `${hub.href}#${invitationText(invitation)}`;
}

/** The two parts of such a text; the address is missing where the text is an invitation alone. */
export function splitInvitationLink(
  text: string,
): { hub: string | undefined; invitation: Invitation | undefined } {
  const at = text.lastIndexOf("#");
  return {
    hub: at < 0 ? undefined : text.slice(0, at).trim(),
    invitation: parseInvitation(text.slice(at + 1)),
  };
}
