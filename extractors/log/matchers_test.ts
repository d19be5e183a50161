import { assert, assertEquals } from "@std/assert";
import { eventOf, type LogEvent, MATCHERS } from "./matchers.ts";

const HASH = "00000000000000000001a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f7";

type Case = readonly [message: string, expected: LogEvent["case"], value?: object];

const connected = { blockHash: HASH, blockHeight: 840_000 };
const header = { blockHash: HASH, blockHeight: 840_000, peerId: 7, isCmpctblock: false };
const reconstructed = {
  blockHash: HASH,
  prefilledTxnCount: 1,
  mempoolTxnCount: 2500,
  extraPoolTxnCount: 3,
  requestedTxnCount: 4,
  requestedTxnBytes: 0,
};

const CASES: readonly Case[] = [
  [`BlockConnected: block hash=${HASH} block height=840000`, "blockConnectedLog", connected],
  [`Enqueuing BlockConnected: block hash=${HASH} block height=840000`, "blockConnectedLog", connected],
  [`anything BlockConnected: block hash=${HASH} block height=840000 more`, "blockConnectedLog", connected],
  [`BlockDisconnected: block hash=${HASH} block height=840000`, "unknownLogMessage"],
  [`BlockConnected: block hash=${HASH.slice(1)} block height=840000`, "unknownLogMessage"],
  [`BlockConnected: block hash=${HASH}0 block height=840000`, "unknownLogMessage"],
  [`BlockConnected: block hash=${HASH} block height=-1`, "unknownLogMessage"],
  [`BlockConnected: block hash=${HASH} block height=9999999999`, "unknownLogMessage"],
  [
    `BlockChecked: block hash=${HASH} state=Valid`,
    "blockCheckedLog",
    { blockHash: HASH, state: "Valid", debugMessage: "" },
  ],
  [
    `BlockChecked: block hash=${HASH} state=bad-cb-amount, coinbase pays too much (actual=2, limit=1)`,
    "blockCheckedLog",
    { blockHash: HASH, state: "bad-cb-amount", debugMessage: "coinbase pays too much (actual=2, limit=1)" },
  ],
  [
    `BlockChecked: block hash=${HASH} state=`,
    "blockCheckedLog",
    { blockHash: HASH, state: "", debugMessage: "" },
  ],
  // The states of mutated blocks, which the metrics count
  ...[
    ["bad-txnmrklroot", "hashMerkleRoot mismatch"],
    ["bad-txns-duplicate", "duplicate transaction"],
    ["bad-witness-nonce-size", "CheckWitnessMalleation : invalid witness reserved value size"],
    ["bad-witness-merkle-match", "CheckWitnessMalleation : witness merkle commitment mismatch"],
    ["unexpected-witness", "CheckWitnessMalleation : unexpected witness data found"],
  ].map(([state, debugMessage]): Case => [
    `BlockChecked: block hash=${HASH} state=${state}, ${debugMessage}`,
    "blockCheckedLog",
    { blockHash: HASH, state, debugMessage },
  ]),
  // Core 30 and later, with and without -logips
  [`Saw new header hash=${HASH} height=840000 peer=7`, "sawNewHeaderLog", header],
  [`Saw new header hash=${HASH} height=840000 peer=7 peeraddr=[::1]:8333`, "sawNewHeaderLog", header],
  [`Saw new header hash=${HASH} height=840000, peer=7, peeraddr=a:1`, "sawNewHeaderLog", header],
  [
    `Saw new cmpctblock header hash=${HASH} height=840000 peer=7`,
    "sawNewHeaderLog",
    { ...header, isCmpctblock: true },
  ],
  // Core 25 to 29 and Knots 29 do not say all that the event says
  [`Saw new header hash=${HASH} height=840000`, "unknownLogMessage"],
  [`Saw new cmpctblock header hash=${HASH} peer=7`, "unknownLogMessage"],
  // 24 to 29
  [
    `Successfully reconstructed block ${HASH} with 1 txn prefilled, 2500 txn from mempool (incl at least 3 from extra pool) and 4 txn requested`,
    "compactBlockReconstructedLog",
    reconstructed,
  ],
  // 30 and later
  [
    `Successfully reconstructed block ${HASH} with 1 txn prefilled, 2500 txn from mempool (incl at least 3 from extra pool) and 4 txn (1234 bytes) requested`,
    "compactBlockReconstructedLog",
    { ...reconstructed, requestedTxnBytes: 1234 },
  ],
  // Byte counts per source, as proposed
  [
    `Successfully reconstructed block ${HASH} with 1 txn (99 bytes) prefilled, 2500 txn (88 bytes) from mempool (incl at least 3 txn (77 bytes) from extra pool) and 4 txn (1234 bytes) requested`,
    "compactBlockReconstructedLog",
    { ...reconstructed, requestedTxnBytes: 1234 },
  ],
  [`Successfully reconstructed block ${HASH}`, "unknownLogMessage"],
  [`Reconstructed block ${HASH} required tx ${HASH}`, "unknownLogMessage"],
  ["", "unknownLogMessage"],
];

for (const [message, expected, value] of CASES) {
  Deno.test(`eventOf() makes ${expected} of: ${message.replaceAll(HASH, "HASH").slice(0, 120)}`, () => {
    const event = eventOf(message);
    assertEquals(event.case, expected);
    assertEquals<object>(event.value, value ?? { rawMessage: message });
  });
}

Deno.test("eventOf() tries a later line's pattern when an earlier one's text is there by chance", () => {
  const message = `BlockChecked: block hash= BlockConnected: block hash=${HASH} block height=840000`;
  assertEquals(eventOf(message).case, "blockConnectedLog");
});

Deno.test("each matcher's needle is in what its pattern reads, at the start", () => {
  for (const { needle, pattern } of MATCHERS) assert(pattern.source.startsWith(needle));
});
