/**
 * What an operator gives to the hub for each sighting, after STAR (Davidson et al., CCS 2022): a tag by which the hub
 * sees that two are about the same, a box, and one share of what opens the box. All of it follows from the output of
 * the oblivious function, so that operators who saw the same give shares of the same polynomial without ever having
 * spoken with each other.
 *
 * A polynomial is committed to (Feldman, FOCS 1987), so that a share can be checked by itself: however many wrong
 * ones there are, the right ones are known.
 *
 * @module
 */

import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import { ristretto255 } from "@noble/curves/ed25519.js";
import { equal, joined } from "../../proto/bytes.ts";
import { SIGHTING_BYTES } from "./sighting.ts";

const { Point } = ristretto255;
const { Fn } = Point;
const POINT_BYTES = 32;
const SCALAR_BYTES = 32;
const AEAD_TAG_BYTES = 16;

/** Lengths of the parts of a sealed sighting; commitments have so many bytes for each operator that it takes. */
export const BYTES = {
  tag: 32,
  share: 2 * SCALAR_BYTES,
  commitment: POINT_BYTES,
  box: SIGHTING_BYTES + AEAD_TAG_BYTES,
} as const;

/** Operators that it may take at most to open a box: commitments have to fit into a frame. */
export const MOST_K = 32;

/** What is sent. */
export interface Sealed {
  /** The same for the same sighting. */
  readonly tag: Uint8Array;
  /** A point on the polynomial: a random x, and y. */
  readonly share: Uint8Array;
  /** To the polynomial; the same for the same sighting. */
  readonly commitments: Uint8Array;
  /** The sighting, encrypted; the same for the same sighting. */
  readonly box: Uint8Array;
}

/** What came out of a group of sealed sightings. */
export interface Opened {
  /** What was in the box. */
  readonly content: Uint8Array;
  /** Positions of those whose share fits. */
  readonly good: readonly number[];
  /** Positions of those whose share does not. */
  readonly bad: readonly number[];
}

/**
 * Seals a content of {@linkcode SIGHTING_BYTES} bytes under the output of the oblivious function, so that `k` of them
 * open it.
 *
 * @throws {RangeError} If `k` is below 2 or above {@linkcode MOST_K}.
 */
export function seal(
  output: Uint8Array,
  content: Uint8Array,
  { k, random = crypto.getRandomValues(new Uint8Array(64)) }: { k: number; random?: Uint8Array },
): Sealed {
  if (!(k >= 2 && k <= MOST_K)) throw new RangeError(`Cannot seal for ${k} operators: 2 to ${MOST_K} can be`);
  const { tag, key, coefficients } = derive(secretOf(output, k), k);
  const x = scalar(random);
  const commitments = coefficients.map((each) => Point.BASE.multiply(each).toBytes());
  return {
    tag,
    share: joined([Fn.toBytes(x), Fn.toBytes(at(coefficients, x))]),
    commitments: joined(commitments),
    box: encrypt(key, content),
  };
}

/** The tag alone: what somebody who tries out addresses would compare. */
export function tagOf(output: Uint8Array, k: number): Uint8Array<ArrayBuffer> {
  return tagUnder(Fn.toBytes(secretOf(output, k)));
}

/**
 * Opens a group of sealed sightings with the same tag, commitments and box. `undefined` if fewer than `k` shares fit
 * their commitments; `"forged"` if they do, and yet are not what {@linkcode seal} makes.
 */
export function open(group: readonly Sealed[], k: number): Opened | "forged" | undefined {
  const shares = group.map(({ share }) => readShare(share));
  // Nearly always nobody lies.
  const quick = reveal(group[0]!, distinct(shares), k);
  if (quick !== undefined) return split(quick, shares);
  const fitting = fits(group[0]!.commitments, shares, k);
  const points = distinct(fitting);
  if (points.length < k) return undefined;
  const slow = reveal(group[0]!, points, k);
  return slow === undefined ? "forged" : split(slow, shares);
}

interface Point2 {
  readonly x: bigint;
  readonly y: bigint;
}

interface Revealed {
  readonly content: Uint8Array;
  readonly coefficients: readonly bigint[];
}

/** Everything depends on k: shares for different k must have nothing in common. */
function secretOf(output: Uint8Array, k: number): bigint {
  return scalar(expand(output, `secret of ${k}`, 64));
}

/** Everything that follows from the secret. */
function derive(secret: bigint, k: number) {
  const bytes = Fn.toBytes(secret);
  const more = Array.from({ length: k - 1 }, (_, i) => scalar(expand(bytes, `coefficient ${i + 1}`, 64)));
  return {
    coefficients: [secret, ...more],
    tag: tagUnder(bytes),
    key: expand(bytes, "box", 32),
  };
}

function tagUnder(secret: Uint8Array): Uint8Array<ArrayBuffer> {
  return expand(secret, "tag", BYTES.tag);
}

/** Tries the first `k` points; what they give is right only if the tag follows from it. */
function reveal({ tag, box }: Sealed, points: readonly Point2[], k: number): Revealed | undefined {
  if (points.length < k) return undefined;
  const { key, tag: own, coefficients } = derive(atZero(points.slice(0, k)), k);
  if (!equal(own, tag)) return undefined;
  const content = decrypt(key, box);
  return content && { content, coefficients };
}

/** Who gave a point of the polynomial, each x once. */
function split({ content, coefficients }: Revealed, shares: readonly (Point2 | undefined)[]): Opened {
  const good: number[] = [];
  const bad: number[] = [];
  const seen = new Set<bigint>();
  for (const [position, share] of shares.entries()) {
    const isGood = share !== undefined && !seen.has(share.x) && at(coefficients, share.x) === share.y;
    (isGood ? good : bad).push(position);
    if (isGood) seen.add(share.x);
  }
  return { content, good, bad };
}

/** Shares that fit the commitments. */
function fits(
  commitments: Uint8Array,
  shares: readonly (Point2 | undefined)[],
  k: number,
): (Point2 | undefined)[] {
  const points = readPoints(commitments, k);
  if (points === undefined) return [];
  return shares.filter((share) => {
    if (share === undefined || share.y === 0n) return false;
    const committed = points.reduceRight((sum, point) => sum.multiply(share.x).add(point));
    return committed.equals(Point.BASE.multiply(share.y));
  });
}

function readPoints(bytes: Uint8Array, k: number) {
  if (bytes.length !== k * POINT_BYTES) return undefined;
  try {
    const points = Array.from({ length: k }, (_, i) => {
      return Point.fromBytes(bytes.subarray(i * POINT_BYTES, (i + 1) * POINT_BYTES));
    });
    return points.some((point) => point.equals(Point.ZERO)) ? undefined : points;
  } catch {
    return undefined;
  }
}

function readShare(bytes: Uint8Array): Point2 | undefined {
  try {
    const x = Fn.fromBytes(bytes.subarray(0, SCALAR_BYTES));
    const y = Fn.fromBytes(bytes.subarray(SCALAR_BYTES));
    return x === 0n ? undefined : { x, y };
  } catch {
    return undefined;
  }
}

/** Points with different x. */
function distinct(shares: readonly (Point2 | undefined)[]): Point2[] {
  const byX = new Map<bigint, Point2>();
  for (const share of shares) if (share !== undefined && !byX.has(share.x)) byX.set(share.x, share);
  return [...byX.values()];
}

/** The value of a polynomial (Horner). */
function at(coefficients: readonly bigint[], x: bigint): bigint {
  return coefficients.reduceRight((sum, each) => Fn.add(Fn.mul(sum, x), each));
}

/** The value at 0 of the polynomial through these points (Lagrange). */
function atZero(points: readonly Point2[]): bigint {
  let sum = 0n;
  for (const { x, y } of points) {
    let [above, below] = [1n, 1n];
    for (const other of points) {
      if (other.x === x) continue;
      above = Fn.mul(above, other.x);
      below = Fn.mul(below, Fn.sub(other.x, x));
    }
    sum = Fn.add(sum, Fn.mul(y, Fn.mul(above, Fn.inv(below))));
  }
  return sum;
}

/** A number below the order of the group, from 64 bytes: no number is likelier than another. */
function scalar(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytes.toHex()}`) % (Fn.ORDER - 1n) + 1n;
}

function expand(secret: Uint8Array, label: string, length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(hkdfSync("sha512", secret, "waggle sighting 1", label, length));
}

/** Each key encrypts one content only, so that the nonce may always be the same. */
const NONCE = new Uint8Array(12);

function encrypt(key: Uint8Array, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const cipher = createCipheriv("aes-256-gcm", key, NONCE);
  const text = cipher.update(content);
  cipher.final();
  return joined([text, cipher.getAuthTag()]);
}

function decrypt(key: Uint8Array, box: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  if (box.length !== BYTES.box) return undefined;
  const decipher = createDecipheriv("aes-256-gcm", key, NONCE);
  decipher.setAuthTag(box.subarray(SIGHTING_BYTES));
  try {
    const text = decipher.update(box.subarray(0, SIGHTING_BYTES));
    decipher.final();
    return new Uint8Array(text);
  } catch {
    return undefined;
  }
}
