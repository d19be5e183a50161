import { assert, assertEquals } from "@std/assert";
import { noNotes, recorded } from "../_recorded.ts";
import { parseJson } from "../json.ts";
import { ESTIMATE_REQUESTS, estimateSmartFee } from "./estimate_smart_fee.ts";

Deno.test("ESTIMATE_REQUESTS asks for three targets in two modes", () => {
  assertEquals(ESTIMATE_REQUESTS, [
    [1, "economical"],
    [1, "conservative"],
    [6, "economical"],
    [6, "conservative"],
    [144, "economical"],
    [144, "conservative"],
  ]);
});

Deno.test("estimateSmartFee() reads Core 31 and Knots 29 that know too little", () => {
  for (const node of ["core31", "knots29"] as const) {
    assertEquals(estimateSmartFee(recorded(node, "estimatesmartfee"), noNotes, [6, "conservative"]), {
      case: "estimateSmartFee",
      value: {
        feeRate: undefined,
        blocks: 0,
        requestedBlocks: 6,
        mode: 2,
        errors: ["Insufficient data or no feerate found"],
      },
    });
  }
});

Deno.test("estimateSmartFee() gives an estimate in sat/vB without a rounding error", () => {
  const rates = ["0.00001", "0.00001009", "1.009e-05", "0.00012345", "0.29", "0.00000001"].map((text) => {
    const event = estimateSmartFee(parseJson(`{"feerate":${text},"blocks":2}`), noNotes, [1, "economical"]);
    assert(event.case === "estimateSmartFee");
    assertEquals([event.value.blocks, event.value.requestedBlocks, event.value.mode], [2, 1, 1]);
    return event.value.feeRate;
  });
  assertEquals(rates, [1, 1.009, 1.009, 12.345, 29000, 0.001]);
});
