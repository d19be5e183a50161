import { assert, assertEquals } from "@std/assert";
import { Transaction as Oracle } from "bitcoinjs-lib";
import { type Decoded, decodeMessage, encodeMessage } from "./message.ts";
import { outputSum, type Transaction, txid, vsize, weight, wtxid } from "./transaction.ts";

const IN = `${"ab".repeat(32)}07000000`;
const SEQUENCE = "fdffffff";
const OUT = "e803000000000000";

const LEGACY = `02000000 01 ${IN} 0151 ${SEQUENCE} 02 ${OUT} 0151 ${OUT} 00 11000000`.replaceAll(" ", "");
const SEGWIT = `02000000 0001 01 ${IN} 00 ${SEQUENCE} 01 ${OUT} 0151 02 01aa 00 11000000`.replaceAll(" ", "");

function decode(hex: string): Decoded {
  return decodeMessage("tx", Uint8Array.fromHex(hex.replaceAll(" ", "")));
}

function transactionOf(hex: string): Transaction {
  const decoded = decode(hex);
  assert(decoded.ok && decoded.message.type === "tx");
  return decoded.message.transaction;
}

for (const [name, hex] of [["before segwit", LEGACY], ["with witness", SEGWIT]] as const) {
  Deno.test(`decodeMessage() reads a transaction ${name} as bitcoinjs-lib does`, () => {
    const ours = transactionOf(hex);
    const oracle = Oracle.fromHex(hex);
    assertEquals(txid(ours).toHex(), oracle.getHash(false).toHex());
    assertEquals(wtxid(ours).toHex(), oracle.getHash(true).toHex());
    assertEquals(weight(ours), oracle.weight());
    assertEquals(vsize(ours), oracle.virtualSize());
    assertEquals([ours.inputCount, ours.outputCount], [oracle.ins.length, oracle.outs.length]);
    assertEquals([ours.version, ours.lockTime, ours.hasWitness], [2, 17, oracle.hasWitnesses()]);
    assertEquals(outputSum(ours), oracle.outs.reduce((sum, { value }) => sum + value, 0n));
    assertEquals(encodeMessage({ type: "tx", transaction: ours }).toHex(), hex);
  });
}

Deno.test("decodeMessage() reads no inputs and flag 0 as a transaction without inputs and outputs", () => {
  const ours = transactionOf("02000000 00 00 11000000");
  assertEquals([ours.inputCount, ours.outputCount, ours.hasWitness, ours.lockTime], [0, 0, false, 17]);
  assertEquals([weight(ours), vsize(ours), outputSum(ours)], [40, 10, 0n]);
  assertEquals(txid(ours), wtxid(ours));
});

const REFUSED: readonly (readonly [string, string, string, number])[] = [
  [
    "a marker without any witness",
    `02000000 0001 01 ${IN} 00 ${SEQUENCE} 00 00 11000000`,
    "superfluous-witness",
    49,
  ],
  ["a marker without inputs", "02000000 0001 00 00 11000000", "superfluous-witness", 8],
  ["a flag that is not the witness flag", "02000000 0002 00 00 11000000", "unknown-flags", 5],
  ["another flag beside the witness flag", SEGWIT.replace("0001", "0003"), "unknown-flags", 5],
  ["an end inside the lock time", LEGACY.slice(0, -2), "truncated", LEGACY.length / 2 - 4],
  ["more inputs than there are bytes", `02000000 fe00000001 ${IN}`, "truncated", 4],
  ["a script longer than the rest", `02000000 01 ${IN} feffffffff ${SEQUENCE}`, "truncated", 46],
  ["a script of 2^64-1 bytes", `02000000 01 ${IN} ffffffffffffffffff ${SEQUENCE}`, "truncated", 50],
];

for (const [sentence, hex, reason, offset] of REFUSED) {
  Deno.test(`decodeMessage() rejects a transaction with ${sentence}`, () => {
    assertEquals(decode(hex), { ok: false, reason: reason as never, offset });
  });
}

Deno.test("decodeMessage() computes ids from shortest sizes, and reports that they were longer", () => {
  for (const hex of [LEGACY, SEGWIT]) {
    const long = hex.replace(`01${IN}`, `fd0100${IN}`).replace("0151", "fe0100000051");
    const decoded = decode(long);
    assert(decoded.ok && decoded.message.type === "tx" && decoded.nonCanonical);
    assertEquals(decoded.message.transaction, transactionOf(hex));
  }
});

Deno.test("outputSum() adds absurd and negative values as they are", () => {
  const hex = `02000000 01 ${IN} 00 ${SEQUENCE} 02 ffffffffffffff7f 00 ffffffffffffffff 00 00000000`;
  assertEquals(outputSum(transactionOf(hex)), 0x7fff_ffff_ffff_ffffn - 1n);
});
