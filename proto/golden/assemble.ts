/**
 * A protobuf assembler for tests, written from the encoding rules alone and on purpose without anything of
 * `reader.ts` and `writer.ts`: it is what the codec is compared with. Slow, and short enough to be believed.
 *
 * @module
 */

const LITTLE_ENDIAN = true;

/** Fields one after the other: the body of a message. */
export function message(...fields: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(fields.reduce((length, field) => length + field.length, 0));
  let at = 0;
  for (const field of fields) {
    all.set(field, at);
    at += field.length;
  }
  return all;
}

/** Seven bits per byte, lowest first, the top bit set on all but the last. Negative numbers are 64-bit ones. */
export function base128(value: number | bigint): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest >= 128n) {
    bytes.push(Number(rest % 128n) + 128);
    rest /= 128n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

/** What stands in front of every value: field number and wire type. */
export function tag(number: number, wireType: number): Uint8Array {
  return base128(BigInt(number) * 8n + BigInt(wireType));
}

/** A field of type int32, int64, uint32, uint64 or an enum. */
export function varint(number: number, value: number | bigint): Uint8Array {
  return message(tag(number, 0), base128(value));
}

/** A field of type bool. */
export function bool(number: number, value: boolean): Uint8Array {
  return varint(number, value ? 1 : 0);
}

/** A field of type sint32 or sint64: 0, -1, 1, -2, 2, … become 0, 1, 2, 3, 4, … */
export function sint(number: number, value: number | bigint): Uint8Array {
  const n = BigInt(value);
  return varint(number, n < 0n ? -2n * n - 1n : 2n * n);
}

/** A field of type fixed64. */
export function fixed64(number: number, value: bigint): Uint8Array {
  const eight = new Uint8Array(8);
  new DataView(eight.buffer).setBigUint64(0, value, LITTLE_ENDIAN);
  return message(tag(number, 1), eight);
}

/** A field of type double. */
export function double(number: number, value: number): Uint8Array {
  const eight = new Uint8Array(8);
  new DataView(eight.buffer).setFloat64(0, value, LITTLE_ENDIAN);
  return message(tag(number, 1), eight);
}

/** A field of type fixed32. The schema has none; unknown fields may. */
export function fixed32(number: number, value: number): Uint8Array {
  const four = new Uint8Array(4);
  new DataView(four.buffer).setUint32(0, value, LITTLE_ENDIAN);
  return message(tag(number, 5), four);
}

/** A field of type bytes. */
export function bytes(number: number, value: Uint8Array): Uint8Array {
  return message(tag(number, 2), base128(value.length), value);
}

/** A field of type string. */
export function text(number: number, value: string): Uint8Array {
  return bytes(number, new TextEncoder().encode(value));
}

/** A field that is a message. An entry of a map is one, too: its key is field 1, its value field 2. */
export function sub(number: number, ...fields: Uint8Array[]): Uint8Array {
  return bytes(number, message(...fields));
}

/** Repeated numbers in the packed form. */
export function packed(number: number, values: (number | bigint)[]): Uint8Array {
  return bytes(number, message(...values.map(base128)));
}

/** Lower-case hex, for readable comparisons. */
export function hex(data: Uint8Array): string {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The bytes of a hex text. */
export function unhex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
