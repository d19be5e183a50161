import { assertEquals } from "@std/assert";
import { Progress } from "./progress.ts";

function bar(from: number, to: number) {
  const drawn: string[] = [];
  let time = 1000;
  const progress = new Progress({
    from,
    to,
    items: "lines",
    write: (text) => drawn.push(text),
    now: () => time,
  });
  return { drawn, progress, wait: (ms: number) => time += ms };
}

Deno.test("Progress shows share, rate and time left", () => {
  const { drawn, progress, wait } = bar(1_000_000, 101_000_000);
  wait(1000);
  progress.update(26_000_000, 200_000);
  assertEquals(drawn, ["\r\x1b[K[#######-----------------------]  25 %, 25 MB/s, 200000 lines/s, 3s left"]);
});

Deno.test("Progress draws five times a second at most, and leaves nothing when it is done", () => {
  const { drawn, progress, wait } = bar(0, 1000);
  for (let offset = 0; offset < 1000; offset++) {
    progress.update(offset, offset);
    wait(1);
  }
  assertEquals(drawn.length, 4, "not before there is a rate to show");
  progress.update(1000, 1000);
  progress.update(2000, 1000);
  progress[Symbol.dispose]();
  assertEquals(drawn.slice(4), ["\r\x1b[K"]);
});

Deno.test("Progress that was never drawn takes nothing from the terminal", () => {
  const { drawn, progress } = bar(0, 10);
  progress.update(10, 1);
  progress[Symbol.dispose]();
  assertEquals(drawn, []);
});
