/**
 * Bitcoin Core's asmap files: which autonomous system an address belongs to, as a program of bits that an address
 * walks through. The instructions and the rules of the check are those of Core's `src/util/asmap.cpp`.
 *
 * A file is checked once before it is used. What passes the check ends after at most 128 bits of every address.
 *
 * @module
 */

import { ipv4Of } from "./subnet.ts";

/** How many bits an instruction reads: those of an IPv6 address. */
const ADDRESS_BITS = 128;

// Instructions.
const RETURN = 0;
const JUMP = 1;
const MATCH = 2;
const DEFAULT = 3;

/** A number is coded as its class in unary and its place in the class; these are the sizes of the classes in bits. */
interface Code {
  readonly smallest: number;
  readonly classBits: readonly number[];
}

const OPCODE: Code = { smallest: 0, classBits: [0, 0, 1] };
const ASN: Code = { smallest: 1, classBits: range(15, 24) };
const PATTERN: Code = { smallest: 2, classBits: range(1, 8) };
const DISTANCE: Code = { smallest: 17, classBits: range(5, 30) };

/** Bits of a file; the lowest of each byte comes first. */
class Bits {
  position = 0;
  readonly end: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.end = bytes.length * 8;
  }

  /** The next bit; `undefined` at the end. */
  next(): 0 | 1 | undefined {
    if (this.position >= this.end) return undefined;
    const byte = this.#bytes[this.position >> 3]!;
    return (byte >> (this.position++ & 7) & 1) as 0 | 1;
  }

  /** The next number; `undefined` where the bits are none. */
  number({ smallest, classBits }: Code): number | undefined {
    let value = smallest;
    for (let i = 0; i < classBits.length; i++) {
      const size = classBits[i]!;
      const more = i + 1 < classBits.length ? this.next() : 0;
      if (more === undefined) return undefined;
      if (more === 0) return this.#place(size, value);
      value += 2 ** size;
    }
    return undefined;
  }

  #place(size: number, value: number): number | undefined {
    for (let i = size - 1; i >= 0; i--) {
      const bit = this.next();
      if (bit === undefined) return undefined;
      value += bit * 2 ** i;
    }
    return value;
  }
}

/** A checked map from addresses to autonomous systems. */
export class Asmap {
  readonly #bytes: Uint8Array;

  /**
   * The map in these bytes.
   *
   * @throws {SyntaxError} If they are none, or not one that Bitcoin Core would take.
   */
  constructor(bytes: Uint8Array) {
    check(new Bits(bytes));
    this.#bytes = bytes;
  }

  /** The number of the autonomous system of an address of 4 or 16 bytes; 0 where the map knows none. */
  asnOf(address: Uint8Array): number {
    const bits = new Bits(this.#bytes);
    const ip = routed(address);
    let known = 0;
    for (let at = 0;;) {
      const opcode = bits.number(OPCODE);
      if (opcode === RETURN) return bits.number(ASN)!;
      if (opcode === DEFAULT) known = bits.number(ASN)!;
      else if (opcode === JUMP) {
        const distance = bits.number(DISTANCE)!;
        if (bitOf(ip, at++) === 1) bits.position += distance;
      } else {
        const pattern = bits.number(PATTERN)!;
        const length = patternLength(pattern);
        for (let i = length - 1; i >= 0; i--) {
          if (bitOf(ip, at++) !== (pattern >> i & 1)) return known;
        }
      }
    }
  }
}

/** Refuses what could run out of the file or of the address, and what no writer of such files writes. */
function check(bits: Bits): void {
  // Where jumps lead that are still ahead, the nearest last, and how many bits of the address are left there.
  const targets: { position: number; left: number }[] = [];
  let left = ADDRESS_BITS;
  let previous = JUMP;
  let partial = false;
  for (;;) {
    const start = bits.position;
    const refuse = (why: string) => new SyntaxError(`Not an asmap: ${why} at bit ${start}`);
    const read = (code: Code) => {
      const value = bits.number(code);
      if (value === undefined) throw refuse("it ends inside an instruction");
      return value;
    };
    const target = targets.at(-1);
    if (target !== undefined && start >= target.position) throw refuse("a jump leads into an instruction");
    if (start >= bits.end) throw refuse("no answer at its end");
    const opcode = read(OPCODE);
    if (opcode === RETURN) {
      if (previous === DEFAULT) throw refuse("an answer right behind a default");
      read(ASN);
      const next = targets.pop();
      if (next === undefined) return checkPadding(bits);
      if (bits.position !== next.position) throw refuse("code that nothing leads to");
      left = next.left;
      previous = JUMP;
    } else if (opcode === JUMP) {
      const distance = read(DISTANCE);
      if (distance > bits.end - bits.position) throw refuse("a jump out of the file");
      if (left === 0) throw refuse("it asks for more bits than an address has");
      left--;
      const position = bits.position + distance;
      if (target !== undefined && position >= target.position) throw refuse("jumps that cross");
      targets.push({ position, left });
      previous = JUMP;
    } else if (opcode === MATCH) {
      const length = patternLength(read(PATTERN));
      if (previous !== MATCH) partial = false;
      if (length < 8 && partial) throw refuse("two short matches in a row");
      partial = length < 8;
      if (left < length) throw refuse("it asks for more bits than an address has");
      left -= length;
      previous = MATCH;
    } else {
      if (previous === DEFAULT) throw refuse("two defaults in a row");
      read(ASN);
      previous = DEFAULT;
    }
  }
}

function checkPadding(bits: Bits): void {
  const rest = bits.end - bits.position;
  if (rest > 7) throw new SyntaxError(`Not an asmap: ${rest} bits behind its end`);
  while (bits.position < bits.end) {
    if (bits.next() !== 0) throw new SyntaxError("Not an asmap: its last byte is not filled with zeros");
  }
}

/** A pattern has a one in front of its bits. */
function patternLength(pattern: number): number {
  return 31 - Math.clz32(pattern);
}

function bitOf(ip: Uint8Array, at: number): number {
  return ip[at >> 3]! >> (7 - (at & 7)) & 1;
}

/** The 16 bytes a map is asked for: the network behind an IPv6 address that carries an IPv4 one is what answers. */
function routed(address: Uint8Array): Uint8Array {
  const ipv4 = ipv4Of(address);
  return ipv4 === undefined ? address : mapped(ipv4);
}

function mapped(ipv4: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.fill(0xff, 10, 12);
  bytes.set(ipv4, 12);
  return bytes;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
