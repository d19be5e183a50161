import { assertEquals, assertThrows } from "@std/assert";
import { noNotes, recorded } from "../_recorded.ts";
import { orphanTxs } from "./orphan_txs.ts";

// Sent by Bitcoin Core's functional test p2p_opportunistic_1p1c; the ids are those its test framework computes.
const SEGWIT_HEX =
  "0200000000010114a6dd950f9a308892d5c303bdca4b2d5c8a5c74f3d763f0043c5f242b3030215f00000000000000000164000000" +
  "00000000056a036161610105616161616100000000";
const TXID = "d3c9364fa4b9efa02becb10d39cae22494f5edc7d3d29555350baf1959dbdadd";
const WTXID = "6acee562cca898f7bfbcb8d637d525f3fe30c40aa2386a31ec6c5fcfe9777e19";

Deno.test("orphanTxs() reads the empty lists of Core 31 and Knots 29", () => {
  for (const node of ["core31", "knots29"] as const) {
    assertEquals(orphanTxs(recorded(node, "getorphantxs"), noNotes), {
      case: "orphanTxs",
      value: { orphans: [] },
    });
  }
});

Deno.test("orphanTxs() decodes the transaction and keeps its bytes, the ids in internal order", () => {
  const event = orphanTxs([{
    txid: TXID,
    wtxid: WTXID,
    bytes: 75,
    vsize: 68,
    weight: 269,
    // Core 29 alone prints these two.
    entry: 1,
    expiration: 2,
    from: [7, 9],
    hex: SEGWIT_HEX,
  }], noNotes);
  assertEquals(event, {
    case: "orphanTxs",
    value: {
      orphans: [{
        txid: TXID,
        wtxid: WTXID,
        bytes: 75,
        vsize: 68,
        weight: 269,
        from: [7, 9],
        transaction: {
          txid: Uint8Array.fromHex(TXID).toReversed(),
          wtxid: Uint8Array.fromHex(WTXID).toReversed(),
          raw: Uint8Array.fromHex(SEGWIT_HEX),
        },
      }],
    },
  });
});

Deno.test("orphanTxs() leaves out and notes what is no transaction", () => {
  const notes: string[] = [];
  const hexes = ["", "0", "zz", "0200", `${SEGWIT_HEX}00`, undefined];
  const event = orphanTxs(hexes.map((hex) => ({ txid: TXID, hex })), (path) => notes.push(path));
  assertEquals(event, { case: "orphanTxs", value: { orphans: [] } });
  assertEquals(notes, hexes.map(() => "hex"));
});

Deno.test("orphanTxs() refuses a list of ids, the answer at verbosity 0, entry by entry", () => {
  const notes: string[] = [];
  assertEquals(orphanTxs([TXID], (path) => notes.push(path)), { case: "orphanTxs", value: { orphans: [] } });
  assertEquals(notes, ["*"]);
  assertThrows(() => orphanTxs("", noNotes), TypeError, "expected a list, got a string");
});
