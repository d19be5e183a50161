import { assert, assertEquals } from "@std/assert";
import type { BlockchainInfo } from "../../../proto/schema.ts";
import { noNotes, recorded } from "../_recorded.ts";
import { type Note, parseJson } from "../json.ts";
import { blockchainInfo } from "./blockchain_info.ts";
import { chainTips } from "./chain_tips.ts";
import { chainTxStats } from "./chain_tx_stats.ts";

const TIP = "4e31d2a8024151e635219fc452beb710d3e4d47deca2f518b395fb3e420e1a3c";

function chainOf(answer: unknown, note: Note = noNotes): BlockchainInfo {
  const event = blockchainInfo(answer, note);
  assert(event.case === "blockchainInfo");
  return event.value;
}

Deno.test("chainTxStats() reads Core 31 and Knots 29, which had the same chain", () => {
  for (const node of ["core31", "knots29"] as const) {
    assertEquals(chainTxStats(recorded(node, "getchaintxstats"), noNotes), {
      case: "chainTxStats",
      value: {
        time: 1795204701,
        txCount: 124,
        windowFinalBlockHash: TIP,
        windowFinalBlockHeight: 123,
        windowBlockCount: 122,
        windowTxCount: 122,
        windowInterval: 1324,
        txRate: 0.09214501510574018,
      },
    });
  }
});

Deno.test("chainTxStats() leaves out what a fresh chain does not have", () => {
  const answer = { time: 1296688602, txcount: 1, window_final_block_hash: TIP, window_block_count: 0 };
  assertEquals(chainTxStats(answer, noNotes), {
    case: "chainTxStats",
    value: {
      time: 1296688602,
      txCount: 1,
      windowFinalBlockHash: TIP,
      windowFinalBlockHeight: 0,
      windowBlockCount: 0,
      windowTxCount: undefined,
      windowInterval: undefined,
      txRate: undefined,
    },
  });
});

Deno.test("blockchainInfo() reads Core 31, the work in decimal", () => {
  assertEquals(chainOf(recorded("core31", "getblockchaininfo")), {
    chain: "regtest",
    blocks: 123,
    headers: 123,
    bestblockhash: TIP,
    difficulty: 4.656542373906925e-10,
    time: 1795204701,
    mediantime: 1795204700,
    verificationprogress: 1,
    initialblockdownload: false,
    chainwork: "248",
    sizeOnDisk: 36824,
    pruned: false,
    pruneHeight: 0,
    pruneTargetSize: 0,
    warnings: [
      "This is a pre-release test build - use at your own risk - do not use for mining or merchant applications",
    ],
  });
});

Deno.test("blockchainInfo() reads Knots 29", () => {
  assertEquals(chainOf(recorded("knots29", "getblockchaininfo")), {
    chain: "regtest",
    blocks: 123,
    headers: 123,
    bestblockhash: TIP,
    difficulty: 4.656542373906925e-10,
    time: 1795204701,
    mediantime: 1795204700,
    verificationprogress: 1,
    initialblockdownload: false,
    chainwork: "248",
    sizeOnDisk: 36824,
    pruned: false,
    pruneHeight: 0,
    pruneTargetSize: 0,
    warnings: [],
  });
});

Deno.test("blockchainInfo() names chains as the Rust tools do", () => {
  const names = ["main", "test", "testnet4", "signet", "regtest", "constructor"];
  assertEquals(names.map((chain) => chainOf({ chain }).chain), [
    "bitcoin",
    "testnet",
    "testnet4",
    "signet",
    "regtest",
    "constructor",
  ]);
});

Deno.test("blockchainInfo() keeps every digit of the work of a long chain, and reads a pruned node", () => {
  const chain = chainOf(parseJson(
    `{"chainwork":"0000000000000000000000000000000000000000d5a2e1c9f3b4a59687f0e1d2","pruned":true,` +
      `"pruneheight":912345,"prune_target_size":576716800,"time":null,"warnings":""}`,
  ));
  assertEquals(chain.chainwork, "66117219332539116963442516434");
  assertEquals([chain.pruneHeight, chain.pruneTargetSize, chain.time], [912345, 576716800, 0]);
});

Deno.test("blockchainInfo() notes work that is no hex", () => {
  const notes: string[] = [];
  assertEquals(chainOf({ chainwork: "0x12" }, (path) => notes.push(path)).chainwork, "");
  assertEquals(chainOf({ chainwork: "f".repeat(65) }, (path) => notes.push(path)).chainwork, "");
  assertEquals(notes, ["chainwork", "chainwork"]);
});

Deno.test("chainTips() reads Core 31 and Knots 29", () => {
  for (const node of ["core31", "knots29"] as const) {
    assertEquals(chainTips(recorded(node, "getchaintips"), noNotes), [
      { hash: TIP, height: 123, branchLength: 0, status: "active" },
    ]);
  }
});
