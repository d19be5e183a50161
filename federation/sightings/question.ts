/**
 * What an operator asks a randomness service, and the answer, as JSON over HTTP.
 *
 * @module
 */

import { joined } from "../../proto/bytes.ts";
import { type KeyPair, keyText, parseKey, verify } from "../../proto/federation/keys.ts";
import { evaluationProof } from "../../proto/federation/proofs.ts";
import { ELEMENT_BYTES, type Evaluation, PROOF_BYTES } from "./oprf.ts";

/** A batch of blinded inputs, and who asks. */
export interface Question {
  /** The operator's key. */
  readonly operator: Uint8Array<ArrayBuffer>;
  /** For which key. */
  readonly epoch: number;
  /** Elements, one behind the other. */
  readonly blinded: Uint8Array<ArrayBuffer>;
  /** The operator's signature over all of it and the service's key. */
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** Bytes that a question of so many elements takes at most. */
export function questionBytes(elements: number): number {
  return 512 + Math.ceil(elements * ELEMENT_BYTES / 3) * 4;
}

/** Signs a question. */
export async function ask(
  operator: KeyPair,
  serviceKey: Uint8Array,
  { epoch, blinded }: { epoch: number; blinded: readonly Uint8Array[] },
): Promise<string> {
  const bytes = joined(blinded);
  const signature = await operator.sign(evaluationProof(serviceKey, epoch, bytes));
  return JSON.stringify({
    operator: keyText("operator", operator.publicKey),
    epoch,
    blinded: bytes.toBase64(),
    signature: signature.toBase64(),
  });
}

/** Whether the operator asked this, of this service. */
export async function isAskedBy(
  { operator, epoch, blinded, signature }: Question,
  serviceKey: Uint8Array,
): Promise<boolean> {
  return await verify(operator, signature, evaluationProof(serviceKey, epoch, blinded));
}

/** The question in a text; `undefined` if it is none. */
export function parseQuestion(text: string): Question | undefined {
  const { operator, epoch, blinded, signature } = objectIn(text);
  const key = typeof operator === "string" ? parseKey("operator", operator) : undefined;
  const [elements, signed] = [fromBase64(blinded), fromBase64(signature)];
  if (key === undefined || elements === undefined || signed?.length !== 64) return undefined;
  if (!Number.isSafeInteger(epoch) || (epoch as number) < 0 || (epoch as number) >= 2 ** 32) return undefined;
  if (elements.length === 0 || elements.length % ELEMENT_BYTES !== 0) return undefined;
  return { operator: key, epoch: epoch as number, blinded: elements, signature: signed };
}

/** The elements in what was asked or answered. */
export function elementsOf(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / ELEMENT_BYTES }, (_, i) => {
    return bytes.subarray(i * ELEMENT_BYTES, (i + 1) * ELEMENT_BYTES);
  });
}

/** The answer as text. */
export function answerText({ evaluated, proof }: Evaluation): string {
  return JSON.stringify({ evaluated: joined(evaluated).toBase64(), proof: proof.toBase64() });
}

/** The answer in a text; `undefined` if it is none. */
export function parseAnswer(text: string): Evaluation | undefined {
  const { evaluated, proof } = objectIn(text);
  const [elements, proved] = [fromBase64(evaluated), fromBase64(proof)];
  if (elements === undefined || elements.length % ELEMENT_BYTES !== 0) return undefined;
  return proved?.length === PROOF_BYTES ? { evaluated: elementsOf(elements), proof: proved } : undefined;
}

function objectIn(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function fromBase64(text: unknown): Uint8Array<ArrayBuffer> | undefined {
  try {
    return typeof text === "string" ? Uint8Array.fromBase64(text) : undefined;
  } catch {
    return undefined;
  }
}
