import { hkdfSync } from "node:crypto";
import { elligatorSwift } from "@scure/btc-signer/p2p.js";

/** Bytes of a public key as it is sent: indistinguishable from random ones. */
export const PUBLIC_KEY_LENGTH = 64;

/** Bytes that end the garbage. */
export const TERMINATOR_LENGTH = 16;

/** One side's part in agreeing on a secret; made for one connection. */
export interface KeyAgreement {
  /** The 64 bytes the other side is sent. */
  readonly publicKey: Uint8Array;
  /** The secret shared with the owner of these 64 bytes. */
  sharedSecret(theirs: Uint8Array, initiating: boolean): Uint8Array;
}

/** What both sides know once they have each other's public key. */
export interface SessionKeys {
  /** Tells this connection from all others; two operators can compare it. */
  readonly sessionId: Uint8Array;
  /** Of the side that connected. */
  readonly initiator: DirectionKeys;
  /** Of the side that accepted. */
  readonly responder: DirectionKeys;
}

/** What protects the bytes of one direction. */
export interface DirectionKeys {
  /** Encrypts the lengths of packets. */
  readonly length: Uint8Array;
  /** Encrypts and authenticates packets. */
  readonly packet: Uint8Array;
  /** Ends the garbage. */
  readonly terminator: Uint8Array;
}

/**
 * A new key pair on secp256k1, its public key in the ElligatorSwift encoding.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { generateKeyAgreement } from "./keys.ts";
 *
 * const [a, b] = [generateKeyAgreement(), generateKeyAgreement()];
 * assertEquals(a.sharedSecret(b.publicKey, true), b.sharedSecret(a.publicKey, false));
 * ```
 */
export function generateKeyAgreement(): KeyAgreement {
  const { privateKey, publicKey } = elligatorSwift.keygen();
  return keyAgreement(privateKey, publicKey);
}

/** A key pair that is known already. */
export function keyAgreement(privateKey: Uint8Array, publicKey: Uint8Array): KeyAgreement {
  return {
    publicKey,
    sharedSecret: (theirs, initiating) =>
      elligatorSwift.getSharedSecretBip324(privateKey, theirs, publicKey, initiating),
  };
}

/** BIP324, "Keys and session ID derivation". The start bytes make nodes of different networks fail at once. */
export function deriveKeys(sharedSecret: Uint8Array, startBytes: Uint8Array): SessionKeys {
  const salt = Uint8Array.of(...new TextEncoder().encode("bitcoin_v2_shared_secret"), ...startBytes);
  const derive = (label: string) => new Uint8Array(hkdfSync("sha256", sharedSecret, salt, label, 32));
  const terminators = derive("garbage_terminators");
  return {
    sessionId: derive("session_id"),
    initiator: {
      length: derive("initiator_L"),
      packet: derive("initiator_P"),
      terminator: terminators.subarray(0, TERMINATOR_LENGTH),
    },
    responder: {
      length: derive("responder_L"),
      packet: derive("responder_P"),
      terminator: terminators.subarray(TERMINATOR_LENGTH),
    },
  };
}
