import { assert, assertEquals } from "@std/assert";
import { Block as BitcoinJs } from "bitcoinjs-lib";
import { busyBlock, crowdedBlock, largeMessages } from "./_recorded.ts";
import type { Block } from "./block.ts";
import { decodeMessage } from "./message.ts";
import { txid } from "./transaction.ts";

function decode(payload: Uint8Array): Block {
  const decoded = decodeMessage("block", payload);
  assert(decoded.ok && decoded.message.type === "block");
  return decoded.message;
}

function idsOf(block: Block): string[] {
  return Array.from(block.transactions, (transaction) => txid(transaction).toHex());
}

const blocks = [
  ...largeMessages().filter(({ command }) => command === "block").map(({ payload }) => payload),
  busyBlock(),
];

for (const payload of blocks) {
  const theirs = BitcoinJs.fromBuffer(payload).transactions ?? [];
  assertEquals(idsOf(decode(payload)), theirs.map((transaction) => transaction.getHash(false).toHex()));
  const read = `read ${payload.length} bytes, ${theirs.length} transactions`;
  Deno.bench(`bitcoinjs-lib, ${read}`, { group: read, baseline: true }, () => {
    BitcoinJs.fromBuffer(payload);
  });
  Deno.bench(`ours, ${read}`, { group: read }, () => {
    decodeMessage("block", payload);
  });
  const ids = `all ids of ${payload.length} bytes, ${theirs.length} transactions`;
  Deno.bench(`bitcoinjs-lib, ${ids}`, { group: ids, baseline: true }, () => {
    for (const transaction of BitcoinJs.fromBuffer(payload).transactions ?? []) transaction.getHash(false);
  });
  Deno.bench(`ours, ${ids}`, { group: ids }, () => {
    for (const transaction of decode(payload).transactions) txid(transaction);
  });
}

// The other library takes a transaction without inputs for one with a witness, so it cannot read this one.
const crowded = crowdedBlock(400_000);
assertEquals(decode(crowded).transactions.length, 400_000);
Deno.bench("ours, read 4 MB, 400,000 transactions", { group: "a hostile block" }, () => {
  decodeMessage("block", crowded);
});
Deno.bench("ours, read 4 MB and make all 400,000 transactions", { group: "a hostile block" }, () => {
  for (const { raw } of decode(crowded).transactions) raw.length;
});
