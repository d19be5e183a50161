import { assertEquals } from "@std/assert";
import { noNotes } from "./_recorded.ts";
import { watchChainTips } from "./chain_tip_watch.ts";

const hash = (digit: string) => digit.repeat(64);
const tip = (digit: string, height: number, status: string, branchlen = status === "active" ? 0 : 1) => ({
  hash: hash(digit),
  height,
  branchlen,
  status,
});

function startWatch() {
  const watch = watchChainTips();
  return (...tips: unknown[]) => {
    const said: string[] = [];
    const log = {
      info: (message: string) => void said.push(`info ${message}`),
      warn: (message: string) => void said.push(`warn ${message}`),
    };
    watch(tips, noNotes, { log, count: (what) => void said.push(`count ${what}`) });
    return said;
  };
}

Deno.test("watchChainTips() sums up the tips that are there at the start", () => {
  const see = startWatch();
  assertEquals(
    see(
      tip("a", 9, "active"),
      tip("b", 5, "valid-fork"),
      tip("c", 4, "valid-fork"),
      tip("d", 7, "headers-only"),
    ),
    ["info Chain tips: 1 active, 2 valid-fork, 1 headers-only"],
  );
});

Deno.test("watchChainTips() says nothing about a chain that just grows, or a fork that stays", () => {
  const see = startWatch();
  see(tip("a", 9, "active"), tip("b", 5, "valid-fork", 2));
  assertEquals(see(tip("b", 5, "valid-fork", 2), tip("c", 10, "active")), []);
});

Deno.test("watchChainTips() logs and counts a new fork, and again when its blocks turn out invalid", () => {
  const see = startWatch();
  see(tip("a", 9, "active"));
  assertEquals(see(tip("a", 9, "active"), tip("b", 9, "headers-only")), [
    "count chain tips (headers-only)",
    `info Chain tip ${
      hash("b")
    } at height 9: a fork of which only headers are here, 1 blocks off the active chain`,
  ]);
  assertEquals(see(tip("a", 9, "active"), tip("b", 9, "invalid")), [
    "count chain tips (invalid)",
    `warn Chain tip ${hash("b")} at height 9: an invalid branch, 1 blocks off the active chain`,
  ]);
});

Deno.test("watchChainTips() tells a reorganisation from a fork that was never active", () => {
  const see = startWatch();
  see(tip("a", 9, "active"));
  assertEquals(see(tip("b", 10, "active"), tip("a", 9, "valid-fork")), [
    "count chain tips (valid-fork)",
    "count reorganisations",
    `warn Chain tip ${hash("a")} at height 9: no longer active, the node went over to another branch, ` +
    "1 blocks off the active chain",
  ]);
});

Deno.test("watchChainTips() writes few lines and one counter however many tips appear", () => {
  const see = startWatch();
  see();
  const said = see(...Array.from({ length: 500 }, (_, i) => ({ hash: `${i}`, status: `status ${i}` })));
  assertEquals(said.filter((line) => line.startsWith("info")).length, 11);
  assertEquals(said.at(-1), "info Chain tips: 490 more new ones");
  assertEquals(
    new Set(said.filter((line) => line.startsWith("count"))),
    new Set(["count chain tips (other)"]),
  );
});
