/**
 * What Core's test framework makes of a payload that Core itself refuses. The framework (`messages.py`) reads
 * numbers and hashes behind the end as zeros, texts and scripts as what is left, and takes any transaction
 * flag as the witness flag. Here a payload is walked by those rules and written again without its defects, so
 * that our decoder can be asked what is in it.
 *
 * @module
 */

import { addressText, hashToHex, sha256d } from "../../proto/bitcoin/mod.ts";
import { createHash } from "node:crypto";
import { toBase32 } from "../../proto/base32.ts";

/** The payload as the framework saw it. */
export interface Lenient {
  readonly payload: Uint8Array;
  /** What the framework left unread. */
  readonly trailingBytes: number;
  /** Address texts by position, where they come from fewer bytes than an address has. */
  readonly cutAddresses: ReadonlyMap<number, string>;
  /** The fields of transactions that have outputs and no inputs, by position; in `payload` they are empty. */
  readonly inputless: ReadonlyMap<number, InputlessTransaction>;
}

/** The fields of a transaction as the vectors name them. */
export type InputlessTransaction = Readonly<Record<string, string | number | bigint>>;

/** Nobody can list more elements than this; the framework would run out of memory. */
const MAX_ELEMENTS = 1_000_000;

/** Rewrites a payload; undefined if this is a type or a defect that cannot be followed. */
export function lenient(command: string, payload: Uint8Array): Lenient | undefined {
  const walk = WALKS[command];
  if (walk === undefined) return undefined;
  const walker = new Walker(payload);
  try {
    walk(walker);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  return {
    payload: Uint8Array.from(walker.out),
    trailingBytes: payload.length - walker.position,
    cutAddresses: walker.cutAddresses,
    inputless: walker.inputless,
  };
}

/** The text of an addrv2 address as the framework prints it, even if bytes are missing. */
export function frameworkAddress(networkId: number, bytes: Uint8Array): string {
  if (networkId === 4) {
    const version = Uint8Array.of(3);
    const checksum = createHash("sha3-256").update(".onion checksum").update(bytes).update(version).digest();
    return `${base32(Uint8Array.of(...bytes, ...checksum.subarray(0, 2), 3))}.onion`;
  }
  if (networkId === 5) return `${base32(bytes).slice(0, -4)}.b32.i2p`;
  if (networkId === 1) return addressText({ network: "ipv4", networkId, bytes });
  // The C library writes ::1.2.3.4 where RFC 5952 has ::102:304.
  const compatible = bytes.subarray(0, 12).every((byte) => byte === 0) && (bytes[12] || bytes[13]);
  if (compatible) return `::${bytes.subarray(12).join(".")}`;
  return addressText({ network: "ipv6", networkId, bytes });
}

/** RFC 4648 with padding, in lower case; without it as our own text form has it. */
function base32(bytes: Uint8Array): string {
  const text = toBase32(bytes);
  return text.padEnd(Math.ceil(text.length / 8) * 8, "=");
}

/** Copies from a payload to an output, by the rules above. */
class Walker {
  position = 0;
  readonly out: number[] = [];
  readonly cutAddresses = new Map<number, string>();
  readonly inputless = new Map<number, InputlessTransaction>();
  transactionCount = 0;

  constructor(readonly payload: Uint8Array) {}

  take(length: number): Uint8Array {
    const bytes = this.payload.subarray(this.position, this.position + length);
    this.position += bytes.length;
    return bytes;
  }

  put(bytes: Iterable<number>): void {
    for (const byte of bytes) this.out.push(byte);
  }

  fixed(length: number): void {
    const bytes = this.take(length);
    this.put(bytes);
    for (let missing = length - bytes.length; missing > 0; missing--) this.out.push(0);
  }

  /** A signed number takes its sign from the last byte that is there. */
  signed(length: number): void {
    const bytes = this.take(length);
    this.put(bytes);
    const fill = (bytes.at(-1) ?? 0) < 0x80 ? 0 : 0xff;
    for (let missing = length - bytes.length; missing > 0; missing--) this.out.push(fill);
  }

  /** Big-endian, so that half a port is its lower byte. */
  port(): void {
    const bytes = this.take(2);
    this.put([...new Uint8Array(2 - bytes.length), ...bytes]);
  }

  size(): bigint {
    const first = this.take(1)[0] ?? 0;
    if (first < 0xfd) return BigInt(first);
    const bytes = this.take(first === 0xfd ? 2 : first === 0xfe ? 4 : 8);
    return bytes.reduceRight((value, byte) => value << 8n | BigInt(byte), 0n);
  }

  putSize(value: bigint): void {
    if (value < 0xfdn) return this.put([Number(value)]);
    const width = value <= 0xffffn ? 2 : value <= 0xffff_ffffn ? 4 : 8;
    this.put([width === 2 ? 0xfd : width === 4 ? 0xfe : 0xff]);
    for (let byte = 0; byte < width; byte++) this.put([Number(value >> BigInt(8 * byte) & 0xffn)]);
  }

  copySize(): void {
    this.putSize(this.size());
  }

  text(): void {
    const size = this.size();
    const bytes = this.take(size > BigInt(this.payload.length) ? this.payload.length : Number(size));
    this.putSize(BigInt(bytes.length));
    this.put(bytes);
  }

  vector(element: (index: number) => void): number {
    const size = this.size();
    if (size > MAX_ELEMENTS) throw new RangeError(`Cannot follow a vector of ${size} elements`);
    this.putSize(size);
    for (let index = 0; index < size; index++) element(index);
    return Number(size);
  }

  /** Runs a part and returns what it wrote, taking it out of the output again. */
  aside(part: () => void): number[] {
    const start = this.out.length;
    part();
    return this.out.splice(start);
  }
}

function transaction(walker: Walker): void {
  const start = walker.out.length;
  walker.fixed(4);
  const version = walker.out.splice(start);
  const inputs = () => walker.vector(() => (walker.fixed(36), walker.text(), walker.fixed(4)));
  let flags = 0;
  let inputCount = inputs();
  if (inputCount === 0) {
    walker.out.splice(start);
    flags = walker.take(1)[0] ?? 0;
    if (flags !== 0) inputCount = inputs();
    else walker.put([0]);
  }
  const { count: outputCount, sum } = inputCount > 0 || flags !== 0 ? outputs(walker) : noOutputs(walker);
  const parts = walker.out.splice(start);
  let items = 0;
  for (let input = 0; flags !== 0 && input < inputCount; input++) items += walker.vector(() => walker.text());
  const witness = walker.out.splice(start);
  walker.fixed(4);
  const lockTime = walker.out.splice(start);
  walker.transactionCount++;
  if (inputCount === 0 && outputCount > 0) {
    const bytes = Uint8Array.from([version, parts, lockTime].flat());
    walker.inputless.set(walker.transactionCount - 1, inputlessFields(bytes, outputCount, sum));
    return walker.put([version, [0, 0], lockTime].flat());
  }
  walker.put(
    items > 0 ? [version, [0, 1], parts, witness, lockTime].flat() : [version, parts, lockTime].flat(),
  );
}

function outputs(walker: Walker): { count: number; sum: bigint } {
  let sum = 0n;
  const count = walker.vector(() => {
    walker.signed(8);
    sum += new DataView(Uint8Array.from(walker.out.slice(-8)).buffer).getBigInt64(0, true);
    walker.text();
  });
  return { count, sum };
}

function noOutputs(walker: Walker): { count: number; sum: bigint } {
  walker.put([0]);
  return { count: 0, sum: 0n };
}

/** Outputs without inputs cannot be written so that they are read again: the 0 inputs look like the marker. */
function inputlessFields(bytes: Uint8Array, outputs: number, outputSum: bigint): InputlessTransaction {
  const view = new DataView(bytes.buffer);
  const txid = hashToHex(sha256d(bytes));
  const [version, locktime] = [view.getUint32(0, true), view.getUint32(bytes.length - 4, true)];
  const [vsize, weight] = [bytes.length, bytes.length * 4];
  return { txid, wtxid: txid, inputs: 0, outputs, version, locktime, outputSum, vsize, weight };
}

function addressV2(walker: Walker, index: number): void {
  walker.fixed(4);
  walker.copySize();
  walker.fixed(1);
  const networkId = walker.out.at(-1)!;
  const size = Number(walker.size());
  const bytes = walker.take(size);
  if (bytes.length < size) walker.cutAddresses.set(index, frameworkAddress(networkId, bytes));
  walker.putSize(BigInt(size));
  walker.put(bytes);
  for (let missing = size - bytes.length; missing > 0; missing--) walker.out.push(0);
  walker.port();
}

type Walk = (walker: Walker) => unknown;

const fixed = (length: number): Walk => (walker) => walker.fixed(length);
const signed = (length: number): Walk => (walker) => walker.signed(length);
const hashes: Walk = (walker) => walker.vector(() => walker.fixed(32));
const transactions: Walk = (walker) => walker.vector(() => transaction(walker));
const inventory: Walk = (walker) => walker.vector(() => walker.fixed(36));
const text: Walk = (walker) => walker.text();
const inOrder = (...walks: Walk[]): Walk => (walker) => walks.forEach((walk) => walk(walker));

const HEADER = inOrder(signed(4), fixed(76));

function header(walker: Walker): void {
  HEADER(walker);
  walker.aside(() => transactions(walker));
  walker.put([0]);
}

function prefilled(walker: Walker): void {
  walker.copySize();
  transaction(walker);
}

const WALKS: Record<string, Walk> = {
  addr: (walker) => walker.vector(() => (walker.fixed(28), walker.port())),
  addrv2: (walker) => walker.vector((index) => addressV2(walker, index)),
  block: inOrder(HEADER, transactions),
  blocktxn: inOrder(fixed(32), transactions),
  cfcheckpt: inOrder(fixed(33), hashes),
  cfheaders: inOrder(fixed(65), hashes),
  cfilter: inOrder(fixed(33), text),
  cmpctblock: inOrder(
    HEADER,
    fixed(8),
    (walker) => walker.vector(() => walker.fixed(6)),
    (walker) => walker.vector(() => prefilled(walker)),
  ),
  feature: inOrder(text, text),
  feefilter: fixed(8),
  filteradd: text,
  filterload: inOrder(text, fixed(9)),
  getblocks: inOrder(signed(4), hashes, fixed(32)),
  getblocktxn: inOrder(fixed(32), (walker) => walker.vector(() => walker.copySize())),
  getcfcheckpt: fixed(33),
  getcfheaders: fixed(37),
  getcfilters: fixed(37),
  getdata: inventory,
  getheaders: inOrder(signed(4), hashes, fixed(32)),
  headers: (walker) => walker.vector(() => header(walker)),
  inv: inventory,
  merkleblock: inOrder(HEADER, fixed(4), hashes, text),
  notfound: inventory,
  ping: fixed(8),
  pong: fixed(8),
  sendcmpct: fixed(9),
  sendtxrcncl: fixed(12),
  tx: transaction,
  version: inOrder(fixed(80), text, signed(4), fixed(1)),
};
