/**
 * The oblivious function behind sightings: VOPRF of RFC 9497 over ristretto255 with SHA-512. Whoever knows the input
 * gets its output only with the help of the service, which learns neither, and proves that it used the key it has
 * announced.
 *
 * @module
 */

import { ristretto255, ristretto255_oprf } from "@noble/curves/ed25519.js";

const { voprf } = ristretto255_oprf;

/** Bytes of an element, blinded or evaluated. */
export const ELEMENT_BYTES = 32;
/** Bytes of a proof. */
export const PROOF_BYTES = 64;
const CONTEXT = new TextEncoder().encode("waggle sighting 1");

/** A key of the service. */
export interface OprfKey {
  /** 32 bytes to be kept secret. */
  readonly secretKey: Uint8Array;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

/** An input on its way: what is sent, and what is needed for reading the answer. */
export interface Blinded {
  /** What is asked about. */
  readonly input: Uint8Array;
  /** Secret. */
  readonly blind: Uint8Array;
  /** Says nothing about the input. */
  readonly blinded: Uint8Array;
}

/** The service's answer to a batch. */
export interface Evaluation {
  /** In the order of the question. */
  readonly evaluated: readonly Uint8Array[];
  /** That all of them were made with the key. */
  readonly proof: Uint8Array;
}

/** A new key. */
export function newOprfKey(): OprfKey {
  return voprf.generateKeyPair();
}

/**
 * The key pair of a secret.
 *
 * @throws {Error} If it is none.
 */
export function oprfKeyOf(secretKey: Uint8Array): OprfKey {
  const { BASE, Fn } = ristretto255.Point;
  return { secretKey, publicKey: BASE.multiply(Fn.fromBytes(secretKey)).toBytes() };
}

/** The input for what was seen in an epoch. */
export function inputOf(epoch: number, what: Uint8Array): Uint8Array<ArrayBuffer> {
  const input = new Uint8Array(CONTEXT.length + 4 + what.length);
  input.set(CONTEXT);
  new DataView(input.buffer).setUint32(CONTEXT.length, epoch);
  input.set(what, CONTEXT.length + 4);
  return input;
}

/** Random bytes, which only test vectors have from elsewhere. */
export type Random = (length?: number) => Uint8Array<ArrayBuffer>;

/** Blinds an input. */
export function blind(input: Uint8Array, random?: Random): Blinded {
  return { input, ...voprf.blind(input, random) };
}

/**
 * The service's side: evaluates a batch without learning what it is about.
 *
 * @throws {Error} If one of them is no element of the group, or the identity.
 */
export function evaluate(
  { secretKey, publicKey }: OprfKey,
  blinded: readonly Uint8Array[],
  random?: Random,
): Evaluation {
  return voprf.blindEvaluateBatch(secretKey, publicKey, [...blinded], random);
}

/**
 * Outputs of 64 bytes, one for each input.
 *
 * @throws {Error} If the proof is not one of this key.
 */
export function finish(
  asked: readonly Blinded[],
  { evaluated, proof }: Evaluation,
  publicKey: Uint8Array,
): Uint8Array[] {
  if (evaluated.length !== asked.length) {
    throw new Error("Cannot read the answer: it is not as long as the question");
  }
  return voprf.finalizeBatch(
    asked.map((each, i) => ({ ...each, evaluated: evaluated[i]! })),
    publicKey,
    proof,
  );
}

/** The output for an input, for whoever has the key: for tests, and for showing what a lost key would mean. */
export function outputOf(secretKey: Uint8Array, input: Uint8Array): Uint8Array {
  // In the library, but not in its types.
  return (voprf as unknown as { evaluate(key: Uint8Array, input: Uint8Array): Uint8Array })
    .evaluate(secretKey, input);
}
