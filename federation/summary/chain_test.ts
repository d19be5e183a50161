import { assertEquals } from "@std/assert";
import { Delay, TipStatus } from "../../proto/federation/schema.ts";
import { BIN, START } from "./_network.ts";
import { Chain, delayOf, type Said } from "./chain.ts";

const hash = (byte: number) => new Uint8Array(32).fill(byte);
const connected = (byte: number, height: number, at: number): Said => {
  return { hash: hash(byte), height, what: "connected", at: START + at };
};

Deno.test("delayOf() has the buckets of the schema", () => {
  const at = [0, 999, 1000, 1999, 2000, 4999, 5000, 14_999, 15_000, Infinity].map(delayOf);
  const { BELOW_1_S, BELOW_2_S, BELOW_5_S, BELOW_15_S, ABOVE_15_S } = Delay;
  assertEquals(at, [
    ...[BELOW_1_S, BELOW_1_S, BELOW_2_S, BELOW_2_S, BELOW_5_S, BELOW_5_S],
    ...[BELOW_15_S, BELOW_15_S, ABOVE_15_S, ABOVE_15_S],
  ]);
});

Deno.test("a block's delay is that of the second node behind the first", () => {
  const chain = new Chain();
  chain.note(0, connected(1, 100, 5000));
  chain.note(1, connected(1, 100, 6500));
  assertEquals(chain.arrivals(BIN), [{ hash: hash(1), delay: Delay.BELOW_2_S }]);
});

Deno.test("of three nodes the delay is the median of the two behind the first", () => {
  const chain = new Chain();
  for (const [node, at] of [5000, 5100, 11_000].entries()) chain.note(node, connected(1, 100, at));
  assertEquals(chain.arrivals(BIN), [{ hash: hash(1), delay: Delay.BELOW_5_S }]);
});

Deno.test("of one node alone there is no delay", () => {
  const chain = new Chain();
  chain.note(0, connected(1, 100, 5000));
  assertEquals(chain.arrivals(BIN), []);
  assertEquals(chain.tips(BIN), [{ hash: hash(1), height: 100, status: TipStatus.ACTIVE }]);
});

Deno.test("a node that did not have the block is late; one that tells of no blocks is not", () => {
  const chain = new Chain();
  chain.note(0, connected(1, 100, 5000));
  chain.note(1, connected(1, 100, 5000));
  chain.note(2, { ...connected(1, 100, 5000), what: "tip" });
  chain.note(0, connected(2, 101, 9000));
  assertEquals(chain.arrivals(BIN).map(({ delay }) => delay), [Delay.BELOW_1_S, Delay.ABOVE_15_S]);
});

Deno.test("a block at the end of a bin waits for the next one, in which it is decided", () => {
  const chain = new Chain();
  chain.note(0, connected(1, 100, 590_000));
  chain.note(1, connected(1, 100, 600_500));
  assertEquals(chain.arrivals(BIN), []);
  assertEquals(chain.arrivals(BIN + 1), [{ hash: hash(1), delay: Delay.BELOW_15_S }]);
});

Deno.test("a node that catches up says nothing of the network", () => {
  const chain = new Chain();
  chain.note(0, connected(200, 5000, 0));
  chain.note(1, connected(200, 5000, 10));
  for (let i = 0; i < 150; i++) chain.note(1, connected(i, i, i));
  chain.note(0, connected(201, 5001, 300));
  const hashes = chain.arrivals(BIN).map(({ hash }) => hash[0]);
  assertEquals(hashes.includes(201), false, "its delay would be that of a node that is away");
  assertEquals(hashes.length <= 32, true);
});

Deno.test("a block that a node tells of again and again is one", () => {
  const chain = new Chain();
  for (let i = 0; i < 100; i++) for (const node of [0, 1]) chain.note(node, connected(1, 100, 5000 + i));
  for (const node of [0, 1]) chain.note(node, connected(2, 101, 9000));
  assertEquals(chain.arrivals(BIN).length, 2);
});

Deno.test("a fork has both ends: the active one and the one that was left", () => {
  const chain = new Chain();
  for (const node of [0, 1]) {
    chain.note(node, connected(1, 100, 0));
    chain.note(node, connected(2, 101, 1000));
    chain.note(node, connected(3, 102, 2000));
  }
  chain.note(0, connected(12, 101, 3000));
  chain.note(0, connected(13, 102, 3001));
  chain.note(0, connected(14, 103, 3002));
  chain.note(1, connected(12, 101, 3000));
  chain.note(1, connected(13, 102, 3001));
  chain.note(1, connected(14, 103, 3002));
  const tips = chain.tips(BIN);
  assertEquals(tips, [
    { hash: hash(14), height: 103, status: TipStatus.ACTIVE },
    { hash: hash(3), height: 102, status: TipStatus.VALID_FORK },
  ]);
  assertEquals([chain.forked(BIN, tips), chain.forked(BIN + 1, tips)], [true, false]);
});

Deno.test("two nodes at different tips are a fork, whatever tells of them", () => {
  const chain = new Chain();
  chain.note(0, { ...connected(1, 100, 0), what: "tip" });
  chain.note(1, { ...connected(1, 100, 0), what: "tip" });
  chain.note(2, { ...connected(2, 100, 0), what: "tip" });
  assertEquals(chain.tips(BIN).map(({ status }) => status), [TipStatus.ACTIVE, TipStatus.VALID_FORK]);
});

Deno.test("a header beside the active chain is an end, one in front of it is not yet", () => {
  const chain = new Chain();
  chain.note(0, connected(1, 100, 0));
  chain.note(0, { ...connected(2, 100, 0), what: "header" });
  chain.note(0, { ...connected(3, 101, 0), what: "header" });
  assertEquals(chain.tips(BIN).map(({ hash, status }) => [hash[0], status]), [
    [1, TipStatus.ACTIVE],
    [2, TipStatus.HEADERS_ONLY],
  ]);
});

Deno.test("an invalid block is said with the height its header had; without one it cannot be", () => {
  const chain = new Chain();
  chain.note(0, connected(1, 100, 0));
  chain.note(0, { ...connected(2, 101, 0), what: "header" });
  chain.note(0, { hash: hash(2), what: "invalid", at: START });
  chain.note(0, { hash: hash(3), what: "invalid", at: START });
  assertEquals(chain.tips(BIN).map(({ hash, status }) => [hash[0], status]), [
    [1, TipStatus.ACTIVE],
    [2, TipStatus.INVALID],
  ]);
});

Deno.test("what is no hash and no height is left out", () => {
  const chain = new Chain();
  chain.note(0, { ...connected(1, 100, 0), hash: new Uint8Array(31) });
  chain.note(0, connected(1, -1, 0));
  chain.note(0, connected(1, 2 ** 40, 0));
  assertEquals([chain.tips(BIN), chain.arrivals(BIN), chain.newest(BIN)], [[], [], undefined]);
});

Deno.test("blocks do not add up", () => {
  const chain = new Chain();
  for (let i = 0; i < 20_000; i++) {
    const bytes = new Uint8Array(32);
    new DataView(bytes.buffer).setUint32(0, i);
    chain.note(i % 3, { hash: bytes, height: 100, what: i % 2 === 0 ? "tip" : "header", at: START + i });
  }
  assertEquals(chain.tips(BIN).length, 32);
});
