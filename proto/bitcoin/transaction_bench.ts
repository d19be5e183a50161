import { assert, assertEquals } from "@std/assert";
import { Transaction as BitcoinJs } from "bitcoinjs-lib";
import { recordedMessages } from "./_recorded.ts";
import { decodeMessage } from "./message.ts";
import { type Transaction, txid, wtxid } from "./transaction.ts";

// Those that the other library reads as well: no transactions without inputs; and it has zeros for the witness
// id of a coinbase.
const payloads = recordedMessages().filter(({ command, payload }) => command === "tx" && readable(payload))
  .map(({ payload }) => payload);

function readable(payload: Uint8Array): boolean {
  try {
    const transaction = BitcoinJs.fromBuffer(payload);
    return transaction.ins.length > 0 && !transaction.isCoinbase();
  } catch {
    return false;
  }
}

function decode(payload: Uint8Array): Transaction {
  const decoded = decodeMessage("tx", payload);
  assert(decoded.ok && decoded.message.type === "tx");
  return decoded.message.transaction;
}

for (const payload of payloads) {
  const ours = decode(payload);
  const theirs = BitcoinJs.fromBuffer(payload);
  assertEquals(txid(ours).toHex(), theirs.getHash(false).toHex());
  assertEquals(wtxid(ours).toHex(), theirs.getHash(true).toHex());
}

const READ = `read ${payloads.length} transactions`;
Deno.bench("bitcoinjs-lib", { group: READ, baseline: true }, () => {
  for (const payload of payloads) BitcoinJs.fromBuffer(payload);
});
Deno.bench("ours", { group: READ }, () => {
  for (const payload of payloads) decodeMessage("tx", payload);
});

const IDS = `read ${payloads.length} transactions and compute both ids`;
Deno.bench("bitcoinjs-lib", { group: IDS, baseline: true }, () => {
  for (const payload of payloads) {
    const transaction = BitcoinJs.fromBuffer(payload);
    transaction.getHash(false);
    transaction.getHash(true);
  }
});
Deno.bench("ours", { group: IDS }, () => {
  for (const payload of payloads) {
    const transaction = decode(payload);
    txid(transaction);
    wtxid(transaction);
  }
});
