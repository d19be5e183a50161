import { assertEquals, assertThrows } from "@std/assert";
import { noNotes, recorded } from "../_recorded.ts";
import { mempoolInfo } from "./mempool_info.ts";

Deno.test("mempoolInfo() reads Core 31, fee rates in sat/vB and no fullrbf any more", () => {
  assertEquals(mempoolInfo(recorded("core31", "getmempoolinfo"), noNotes), {
    case: "mempoolInfo",
    value: {
      loaded: true,
      size: 6,
      bytes: 845,
      usage: 7296,
      totalFee: 0.0001692,
      maxMempool: 300_000_000,
      mempoolminfee: 0.1,
      minrelaytxfee: 0.1,
      incrementalrelayfee: 0.1,
      unbroadcastcount: 6,
      fullrbf: false,
    },
  });
});

Deno.test("mempoolInfo() reads Knots 29", () => {
  assertEquals(mempoolInfo(recorded("knots29", "getmempoolinfo"), noNotes), {
    case: "mempoolInfo",
    value: {
      loaded: true,
      size: 0,
      bytes: 0,
      usage: 0,
      totalFee: 0,
      maxMempool: 300_000_000,
      mempoolminfee: 1,
      minrelaytxfee: 1,
      incrementalrelayfee: 1,
      unbroadcastcount: 0,
      fullrbf: true,
    },
  });
});

Deno.test("mempoolInfo() refuses what is no object", () => {
  assertThrows(() => mempoolInfo([], noNotes), TypeError, "expected an object, got a list");
});
