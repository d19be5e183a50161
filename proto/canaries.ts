/**
 * The last look at the bytes before they leave: is anything in them that the operator named as secret, in whatever form
 * it may have got there? Nothing should ever be found; if something is, nothing is sent.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { fromBase32 } from "./base32.ts";
import { parseIp } from "./subnet.ts";
import { hostOf } from "./netgroup.ts";

/** A secret as it would look in bytes. */
interface Form {
  /** Which form it is. */
  readonly name: string;
  /** How it looks, one character for each byte. */
  readonly text: string;
  /** Upper and lower case are the same. */
  readonly folded: boolean;
}

/** Shorter forms stand in random bytes by accident. */
const SHORTEST = 4;
/** So do packed forms of one or two different bytes, such as `::1`, among the zeros of the padding. */
const FEWEST_DIFFERENT = 3;
const SMALLEST_NUMBER = 2n ** 24n;
/** A base32 character holds five bits. */
const KEY_HOST = /^([a-z2-7]{16}|[a-z2-7]{52}|[a-z2-7]{56})\.(?:onion|b32\.i2p)$/i;

/** A secret that was found. */
export interface Hit {
  /** Which of them, from 0. */
  readonly position: number;
  /** In which form. */
  readonly form: string;
}

/** Looks for secrets in bytes. */
export class CanaryScan {
  readonly #forms: readonly { readonly position: number; readonly forms: readonly Form[] }[];

  /** A search for these, in all forms of at least `shortest` bytes. */
  constructor(canaries: readonly string[], { shortest = SHORTEST } = {}) {
    this.#forms = canaries.map((canary, position) => {
      return { position, forms: formsOf(canary).filter(({ text }) => text.length >= shortest) };
    });
  }

  /** The first of the secrets that is in the bytes; `undefined` if none is. */
  hit(bytes: Uint8Array): Hit | undefined {
    if (this.#forms.length === 0) return undefined;
    const exact = latin1(bytes);
    const folded = exact.toLowerCase();
    for (const { position, forms } of this.#forms) {
      const form = forms.find(({ text, folded: fold }) => (fold ? folded : exact).includes(text));
      if (form !== undefined) return { position, form: form.name };
    }
    return undefined;
  }

  /** The same in words that do not repeat the secret. */
  find(bytes: Uint8Array): string | undefined {
    const hit = this.hit(bytes);
    return hit === undefined ? undefined : `canary ${hit.position + 1} as ${hit.form}`;
  }
}

/** All forms of a secret. */
function formsOf(canary: string): Form[] {
  const texts = new Set([canary, hostOf(canary)]);
  const forms = [...texts].flatMap((text) => [
    ...encodings("text", new TextEncoder().encode(text)),
    ...utf16(text),
  ]);
  const packed = [...texts].flatMap((text) => packedForms(text)).flatMap(([name, bytes]) =>
    encodings(name, bytes)
  );
  const isVaried = ({ text }: Form) => new Set(text).size >= FEWEST_DIFFERENT;
  return [...forms, ...packed.filter(isVaried)].filter(({ text }) => text.length >= SHORTEST);
}

function encodings(name: string, bytes: Uint8Array): Form[] {
  return [[name, bytes] as const, [`${name}, reversed`, bytes.toReversed()] as const].flatMap(
    ([name, bytes]) => [
      form(name, latin1(bytes)),
      form(`${name}, hex`, bytes.toHex()),
      form(`${name}, hex reversed`, [...bytes.toHex()].reverse().join("")),
      ...[0, 1, 2].flatMap((shift) => base64(name, bytes, shift)),
    ],
  );
}

/** In the middle of other bytes a text has one of three forms, of which the ends depend on its neighbours. */
function base64(name: string, bytes: Uint8Array, shift: number): Form[] {
  const shifted = new Uint8Array(shift + bytes.length);
  shifted.set(bytes, shift);
  const text = shifted.toBase64({ omitPadding: true });
  const partial = shifted.length % 3 === 0 ? 0 : 1;
  const stable = text.slice(Math.ceil(shift * 4 / 3), text.length - partial);
  const url = stable.replaceAll("+", "-").replaceAll("/", "_");
  return [stable, url].map((text) => ({ name: `${name}, base64`, text, folded: false }));
}

function utf16(text: string): Form[] {
  const units = [...text].flatMap((_, i) => [text.charCodeAt(i) & 0xff, text.charCodeAt(i) >> 8]);
  const little = Uint8Array.from(units);
  const big = Uint8Array.from(units, (_, i) => units[i ^ 1]!);
  return [little, big].map((bytes) => form("text, UTF-16", latin1(bytes)));
}

/** What a text says in fewer bytes: an address, a key, a hash, a number. */
function packedForms(text: string): [name: string, bytes: Uint8Array][] {
  const ip = parseIp(text);
  const key = KEY_HOST.exec(text)?.[1];
  const forms: [string, Uint8Array][] = [];
  if (ip !== undefined) forms.push(["address", ip]);
  if (ip?.length === 4) forms.push(...numbers(BigInt(`0x${ip.toHex()}`)));
  if (ip?.length === 4) forms.push(...numbers(BigInt(`0x${ip.toReversed().toHex()}`)));
  // Tor's checksum and version stand behind the key's 32 bytes.
  if (key !== undefined) forms.push(["key", fromBase32(key.toLowerCase()).subarray(0, 32)]);
  if (/^(?:[0-9a-f]{2}){4,}$/i.test(text)) forms.push(["hash", Uint8Array.fromHex(text)]);
  if (/^\d{7,19}$/.test(text)) forms.push(...numbers(BigInt(text)));
  return forms;
}

/** A number as protobuf writes it, and as eight bytes; both ends of the latter come by way of "reversed". */
function numbers(value: bigint): [string, Uint8Array][] {
  if (value < SMALLEST_NUMBER) return [];
  const varint: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 7n) {
    varint.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
  }
  const eight = new DataView(new ArrayBuffer(8));
  eight.setBigUint64(0, value);
  const bytes = new Uint8Array(eight.buffer);
  return [
    ["number", Uint8Array.from(varint)],
    ["number", bytes.subarray(bytes.findIndex((byte) => byte !== 0))],
  ];
}

function form(name: string, text: string): Form {
  return { name, text: text.toLowerCase(), folded: true };
}

/** One character for each byte. `TextDecoder` would not do: its "latin1" is windows-1252, which moves 80 to 9f elsewhere. */
function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
