/**
 * Assembles asmap files for tests, instruction by instruction.
 *
 * @module
 */

/** Bits, as text of 0 and 1. */
export type Code = string;

/** The answer of all addresses that come here. */
export function answer(asn: number): Code {
  return "0" + number(asn, 1, 15, 24);
}

/** Goes on with one of two pieces of code, as the next bit of the address says. */
export function branch(zero: Code, one: Code): Code {
  return "10" + number(zero.length, 17, 5, 30) + zero + one;
}

/** Goes on if the next bits of the address are these (8 at most); else the last default is the answer. */
export function match(bits: string, then: Code): Code {
  return "110" + number(parseInt(`1${bits}`, 2), 2, 1, 8) + then;
}

/** The answer where a match fails from here on. */
export function byDefault(asn: number, then: Code): Code {
  return "111" + number(asn, 1, 15, 24) + then;
}

/** Matches all of a longer prefix, eight bits at a time. */
export function matchAll(bits: string, then: Code): Code {
  if (bits === "") return then;
  return matchAll(bits.slice(0, -8), match(bits.slice(-8), then));
}

/** The bytes of a file. */
export function file(code: Code): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(code.length / 8));
  [...code].forEach((bit, i) => bytes[i >> 3]! |= Number(bit) << (i & 7));
  return bytes;
}

/** A file that maps IPv4 prefixes to numbers; the rest of IPv4 is unknown, and so is IPv6. */
export function ipv4File(systems: Readonly<Record<string, number>>): Uint8Array {
  const ipv4 = tree(systems, "");
  // ::ffff:0:0/96. A piece of code has at least 17 bits, so no jump is too short.
  return file(byDefault(NOWHERE, matchAll("0".repeat(80) + "1".repeat(16), ipv4)));
}

/** What the files of {@linkcode ipv4File} say of everything else. */
export const NOWHERE = 65_000;

function tree(systems: Readonly<Record<string, number>>, prefix: string): Code {
  const known = systems[prefix];
  if (known !== undefined) return answer(known);
  if (!Object.keys(systems).some((longer) => longer.startsWith(prefix))) return answer(NOWHERE);
  return branch(tree(systems, prefix + "0"), tree(systems, prefix + "1"));
}

/** A number as the class it is in, in unary, and its place there. */
function number(value: number, smallest: number, firstBits: number, lastBits: number): Code {
  let start = smallest;
  let classes = "";
  for (let bits = firstBits; bits <= lastBits; bits++) {
    if (value < start + 2 ** bits) {
      return classes + (bits === lastBits ? "" : "0") + (value - start).toString(2).padStart(bits, "0");
    }
    start += 2 ** bits;
    classes += "1";
  }
  throw new RangeError(`Cannot code ${value}`);
}
