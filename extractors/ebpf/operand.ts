/**
 * Arguments that bpftrace cannot name: before 0.24 it knows `arg0` to `arg5` on x86_64, the rest is read from where
 * the ELF note says it is.
 *
 * @module
 */

const TYPES: Record<number, string> = { 1: "uint8", 2: "uint16", 4: "uint32", 8: "uint64" };

/**
 * A bpftrace expression for an operand of x86_64, or `undefined` for a form that no node has had. Signed values come
 * without their sign extension: the reader knows how wide they are.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(operandExpression("-8@160(%rsp)"), '*(uint64*)uptr(reg("sp") + 160)');
 * assertEquals(operandExpression("1@%cl"), '(reg("cx") & 0xff)');
 * ```
 */
export function operandExpression(operand: string): string | undefined {
  const [, digits, place] = /^-?([1248])@(.+)$/.exec(operand) ?? [];
  if (digits === undefined || place === undefined) return undefined;
  const size = Number(digits);
  const constant = /^\$(-?(?:0x[\da-f]+|\d+))$/.exec(place)?.[1];
  if (constant !== undefined) return constant.startsWith("-") ? `(${constant})` : constant;
  if (place.startsWith("%")) return masked(registerName(place.slice(1)), size);
  const [, distance, base] = /^(-?\d*)\(%(\w+)\)$/.exec(place) ?? [];
  const register = base && registerName(base);
  if (register === undefined) return undefined;
  const by = Number(distance);
  const address = by === 0 ? register : `${register} ${by < 0 ? "-" : "+"} ${Math.abs(by)}`;
  return `*(${TYPES[size]}*)uptr(${address})`;
}

function masked(register: string | undefined, size: number): string | undefined {
  if (register === undefined || size === 8) return register;
  return `(${register} & 0x${"ff".repeat(size)})`;
}

/** Names as bpftrace wants them, without the letters that stand for the width. */
function registerName(name: string): string | undefined {
  const full = /^(r(?:[89]|1[0-5]))[dwb]?$/.exec(name)?.[1] ??
    /^[re]?((?:[abcd]x)|(?:[sb]p)|(?:[sd]i))$/.exec(name)?.[1] ??
    /^((?:[sb]p)|(?:[sd]i))l$/.exec(name)?.[1] ??
    (/^[abcd]l$/.test(name) ? `${name[0]}x` : undefined);
  return full && `reg("${full}")`;
}
