/**
 * One vector against our decoder and encoder.
 *
 * @module
 */

import { decodeMessage, encodeMessage, KNOWN_COMMANDS } from "../../proto/bitcoin/mod.ts";
import { type Field, fieldsOf } from "./_fields.ts";
import { type Lenient, lenient } from "./_lenient.ts";

/** A recorded message with what an independent decoder read from it. */
export interface Vector {
  readonly type: string;
  readonly from: string;
  readonly hex: string;
  readonly expect: { readonly [key: string]: Field };
}

/** One difference between a vector and us. */
export interface Mismatch {
  readonly field: string;
  readonly expected: unknown;
  readonly got: unknown;
}

type Decoded = Extract<ReturnType<typeof decodeMessage>, { ok: true }>;
type Refused = Extract<ReturnType<typeof decodeMessage>, { ok: false }>;

/** Says about the recording and not about a field of the message. */
const META = new Set(["trailingBytes", "nonCanonical"]);

/** Compares everything that a vector says; the result is empty if all of it holds. */
export function check(vector: Vector): Mismatch[] {
  const payload = Uint8Array.fromHex(vector.hex);
  const decoded = decodeMessage(vector.type, payload);
  if ("malformed" in vector.expect) return checkMalformed(vector, decoded);
  if ("unknown" in vector.expect) return checkUnknown(vector, decoded, payload);
  if (!decoded.ok) return checkRefused(vector, decoded, payload);
  const mismatches = checkContent(vector.expect, fieldsOf(decoded.message), decoded.trailingBytes);
  const tolerable = mismatches.length > 0 && isHeadersWithTransactions(decoded);
  return [
    ...(tolerable ? checkHeadersWithTransactions(vector, decoded, payload) : mismatches),
    ...checkEncoding(vector, decoded, payload),
  ];
}

/** What the framework refuses and Core accepts, so that we must not refuse it. */
const FRAMEWORK_IS_STRICTER: readonly ((decoded: Decoded, error: unknown) => boolean)[] = [
  // BIP155: networks from the future are to be skipped; the framework asserts that it knows the network.
  ({ message }, error) =>
    message.type === "addrv2" && error === "AssertionError" &&
    Array.from(message.addresses ?? []).some(({ address }) => ![1, 2, 4, 5, 6].includes(address.networkId)),
  // Version messages that end behind the receiver's address.
  ({ message }, error) => message.type === "version" && error === "OSError" && message.sender === undefined,
  // Whatever stands where it looks for the transactions of a header.
  (decoded) => isHeadersWithTransactions(decoded),
];

function checkMalformed({ expect: { malformed } }: Vector, decoded: Decoded | Refused): Mismatch[] {
  if (!decoded.ok || FRAMEWORK_IS_STRICTER.some((rule) => rule(decoded, malformed))) return [];
  return [{ field: "malformed", expected: `a refusal (${malformed})`, got: fieldsOf(decoded.message) }];
}

function checkUnknown(vector: Vector, decoded: Decoded | Refused, payload: Uint8Array): Mismatch[] {
  // The framework knows fewer types than we do. Then it says nothing, but the bytes must still come back.
  if (KNOWN_COMMANDS.has(vector.type) && decoded.ok) return checkEncoding(vector, decoded, payload);
  if (!decoded.ok) return [{ field: "unknown", expected: true, got: refusal(decoded) }];
  return checkFields({ command: vector.type, payload: vector.hex }, fieldsOf(decoded.message));
}

/** A refusal of ours where the framework read something. */
function checkRefused(vector: Vector, refused: Refused, payload: Uint8Array): Mismatch[] {
  if (isOutOfRange(vector, refused)) return [];
  const followed = REFUSALS_TO_FOLLOW.has(refused.reason) ? lenient(vector.type, payload) : undefined;
  const again = followed && decodeMessage(vector.type, followed.payload);
  if (again?.ok === false && isOutOfRange(vector, again)) return [];
  if (!again?.ok) return [{ field: "refusal", expected: vector.expect, got: refusal(refused) }];
  const fields = withStrangeParts(fieldsOf(again.message), followed!);
  return [
    ...checkContent(vector.expect, fields, followed!.trailingBytes),
    // If the framework could reproduce the bytes, then nothing was wrong with them.
    ...compare("nonCanonical", vector.expect.nonCanonical ?? false, true),
  ];
}

function isOutOfRange({ type, expect }: Vector, { reason }: Refused): boolean {
  return CORE_IS_STRICTER[`${type} ${reason}`]?.(expect) ?? false;
}

/**
 * Core skips the number behind each header of `headers`; the framework reads that many transactions there, so
 * behind the first number that is not 0 the two go different ways.
 */
function isHeadersWithTransactions({ message, nonCanonical }: Decoded): boolean {
  return message.type === "headers" && nonCanonical;
}

function checkHeadersWithTransactions({ expect }: Vector, decoded: Decoded, payload: Uint8Array): Mismatch[] {
  const followed = lenient("headers", payload);
  const again = followed && decodeMessage("headers", followed.payload);
  if (!again?.ok) return [{ field: "headers", expected: expect, got: fieldsOf(decoded.message) }];
  return [
    ...checkContent(expect, fieldsOf(again.message), followed!.trailingBytes),
    ...compare("headers[0]", list(expect.headers)[0], list(fieldsOf(decoded.message).headers)[0]),
  ];
}

/** Defects that the framework reads over, so that its fields can be checked on a repaired payload. */
const REFUSALS_TO_FOLLOW = new Set(["truncated", "too-long", "superfluous-witness", "unknown-flags"]);

/** What Core refuses and the framework reads: the vector must show the value that is out of range. */
const CORE_IS_STRICTER: Record<string, (expect: Vector["expect"]) => boolean> = {
  "version too-long": ({ userAgent }) => byteLength(userAgent) > 256,
  "getblocktxn index-overflow": ({ indexes }) => list(indexes).some((index) => Number(index) > 0xffff),
  "cmpctblock index-overflow": ({ shortIds, prefilled }) =>
    list(shortIds).length + list(prefilled).length > 0xffff ||
    list(prefilled).some((entry) => Number(list(entry)[0]) > 0xffff),
  "feature bad-length": (expect) => byteLength(expect.id ?? expect.featureId ?? expect.feature) < 4,
  "feature too-long": (expect) =>
    byteLength(expect.id ?? expect.featureId ?? expect.feature) > 80 ||
    Number(expect.dataBytes ?? expect.featureBytes ?? 0) > 512 ||
    byteLength(expect.data ?? expect.featureData) / 2 > 512,
};

function checkContent(
  expect: Vector["expect"],
  fields: { readonly [key: string]: Field },
  trailingBytes: number,
): Mismatch[] {
  return [
    ...checkFields(expect, fields),
    ...compare("trailingBytes", expect.trailingBytes ?? 0, trailingBytes),
  ];
}

function checkFields(expect: Vector["expect"], fields: { readonly [key: string]: Field }): Mismatch[] {
  const mismatches: Mismatch[] = [];
  for (const [key, expected] of Object.entries(expect)) {
    if (!META.has(key)) mismatches.push(...compare(key, expected, fields[key]));
  }
  return mismatches;
}

/** Whether the encoder gives the bytes back, and, where it cannot, whether it at least keeps the content. */
function checkEncoding(vector: Vector, decoded: Decoded, payload: Uint8Array): Mismatch[] {
  const encoded = encodeMessage(decoded.message);
  if (!decoded.nonCanonical) {
    const read = payload.subarray(0, payload.length - decoded.trailingBytes);
    return compare("encoding", read.toHex(), encoded.toHex());
  }
  const again = decodeMessage(vector.type, encoded);
  if (!again.ok || again.nonCanonical) return [{ field: "encoding", expected: "canonical", got: again }];
  return [
    ...compare("encoding", fieldsOf(decoded.message), fieldsOf(again.message)),
    ...(keepsTheByte(vector, payload)
      ? []
      : compare("nonCanonical", vector.expect.nonCanonical ?? false, true)),
  ];
}

/** The framework keeps the relay flag as a number, so one that is neither 0 nor 1 is canonical to it. */
function keepsTheByte({ type }: Vector, payload: Uint8Array): boolean {
  return type === "version" && (payload.at(-1) ?? 0) > 1;
}

/** Differences in depth. An expected key that we do not have is one, and so is a different length. */
function compare(field: string, expected: unknown, got: unknown): Mismatch[] {
  if (Array.isArray(expected) && Array.isArray(got)) {
    const length = expected.length === got.length
      ? []
      : [{ field: `${field}.length`, expected: expected.length, got: got.length }];
    return [
      ...length,
      ...expected.slice(0, got.length).flatMap((e, at) => compare(`${field}[${at}]`, e, got[at])),
    ];
  }
  if (isRecord(expected) && isRecord(got)) {
    return Object.keys(expected).flatMap((key) => compare(`${field}.${key}`, expected[key], got[key]));
  }
  return sameScalar(expected, got) ? [] : [{ field, expected, got }];
}

/** Integers are equal by value, because the vectors write the large ones as text. */
function sameScalar(expected: unknown, got: unknown): boolean {
  if (typeof got === "number" || typeof got === "bigint") {
    return (typeof expected === "string" || typeof expected === "number" || typeof expected === "bigint") &&
      String(expected) === String(got);
  }
  return expected === got;
}

type Fields = { readonly [key: string]: Field };

/** Puts in what only the framework can read. */
function withStrangeParts(fields: Fields, { cutAddresses, inputless }: Lenient): Fields {
  const transaction = (field: Field, at: number) => inputless.get(at) ?? field;
  return {
    ...fields,
    ...("txid" in fields ? transaction(fields, 0) as Fields : {}),
    ...("txs" in fields ? { txs: list(fields.txs).map(transaction) } : {}),
    ...("prefilled" in fields
      ? {
        prefilled: list(fields.prefilled).map((
          entry,
          at,
        ) => [list(entry)[0]!, transaction(list(entry)[1]!, at)]),
      }
      : {}),
    ...("addresses" in fields
      ? {
        addresses: list(fields.addresses).map((entry, at) => withText(entry as Fields, cutAddresses.get(at))),
      }
      : {}),
  };
}

function withText(address: Fields, ip: string | undefined): Fields {
  return ip === undefined ? address : { ...address, ip };
}

function refusal({ reason, offset }: Refused): string {
  return `refused: ${reason} at byte ${offset}`;
}

function list(field: Field | undefined): readonly Field[] {
  return Array.isArray(field) ? field : [];
}

function byteLength(field: Field | undefined): number {
  return new TextEncoder().encode(String(field ?? "")).length;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
