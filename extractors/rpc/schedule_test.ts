import { assertEquals } from "@std/assert";
import { Schedule } from "./schedule.ts";

Deno.test("Schedule keeps both groups to the grid they started on", () => {
  const schedule = new Schedule({ frequent: 10, slow: 25 }, 1000);
  const rounds: [number, string[]][] = [];
  for (let now = 1000; now <= 1060;) {
    const groups = schedule.due(now);
    rounds.push([now, groups]);
    assertEquals(schedule.finish(groups, now + 1), 0);
    now += 1 + schedule.waitMs(now + 1);
  }
  assertEquals(rounds, [
    [1000, ["frequent", "slow"]],
    [1010, ["frequent"]],
    [1020, ["frequent"]],
    [1025, ["slow"]],
    [1030, ["frequent"]],
    [1040, ["frequent"]],
    [1050, ["frequent", "slow"]],
    [1060, ["frequent"]],
  ]);
});

Deno.test("Schedule.finish() leaves out the rounds that came due during a round, and counts them", () => {
  const schedule = new Schedule({ frequent: 10, slow: 100 }, 0);
  assertEquals(schedule.finish(["frequent", "slow"], 10), 1);
  assertEquals(schedule.waitMs(10), 10);
  assertEquals(schedule.finish(["frequent"], 57), 3);
  assertEquals(schedule.waitMs(57), 3);
});

Deno.test("Schedule does not starve a group that came due while the other was called", () => {
  const schedule = new Schedule({ frequent: 10, slow: 15 }, 0);
  schedule.finish(["frequent", "slow"], 1);
  assertEquals(schedule.due(12), ["frequent"]);
  schedule.finish(["frequent"], 19);
  assertEquals(schedule.due(19), ["slow"]);
});

Deno.test("Schedule.startOver() makes both groups due at once", () => {
  const schedule = new Schedule({ frequent: 10, slow: 100 }, 0);
  schedule.finish(["frequent", "slow"], 1);
  schedule.startOver(5);
  assertEquals([schedule.waitMs(5), schedule.due(5)], [0, ["frequent", "slow"]]);
});
