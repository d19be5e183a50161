import { assert, assertEquals, assertLess } from "@std/assert";
import { runInNewContext } from "node:vm";
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { decodeEvent, peek } from "../event.ts";
import { attacks, build, SIZE } from "./attacks.ts";

const ALLOWED = 16 * 1024 * 1024 + 4 * SIZE;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** How much the heap has grown when only the answer of a call is left. */
function kept<T>(call: () => T): { answer: T; bytes: number } {
  collectGarbage();
  const before = getHeapStatistics().used_heap_size;
  const answer = call();
  collectGarbage();
  const bytes = getHeapStatistics().used_heap_size - before;
  return { answer, bytes };
}

for (const attack of attacks) {
  Deno.test(`5 MB of ${attack.name} are refused as too many, or read without taking much more memory`, () => {
    const data = build(attack);
    assert(data.length > SIZE - 200);
    for (const call of [decodeEvent, peek]) {
      const { answer, bytes } = kept(() => call(data));
      assertLess(bytes, ALLOWED, call.name);
      if (!answer.ok) assertEquals(answer.reason, "too-many");
    }
  });
}

Deno.test("a glance at a message of 5 MB keeps nothing of it", () => {
  const attack = attacks.find(({ name }) => name === "empty headers")!;
  const { answer, bytes } = kept(() => peek(build(attack)));
  assert(answer.ok);
  assertLess(bytes, 100_000);
});

// What a refused event took before it was refused shows only where there is no more memory than that to be had.
Deno.test("a process with little memory survives all of them", async () => {
  const forItself = 16 * 1024 * 1024;
  const heap = Math.ceil((ALLOWED + forItself) / 1024 / 1024);
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-check",
      "--allow-read",
      `--v8-flags=--max-old-space-size=${heap},--max-semi-space-size=1`,
      new URL("./attacks.ts", import.meta.url).href,
    ],
    stdout: "piped",
    stderr: "null",
  }).output();
  const survived = new TextDecoder().decode(stdout).trim().split("\n");
  assert(success, `died of ${survived.at(-1)}`);
  assertEquals(survived, attacks.map(({ name }) => name));
});
