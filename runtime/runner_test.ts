import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import type { Event } from "../proto/event.ts";
import { MemoryBus } from "./bus/memory.ts";
import { type Component, component } from "./component.ts";
import { createContext } from "./context.ts";
import type { Entry } from "./log.ts";
import { runComponents } from "./runner.ts";
import type { RunStatistics, Snapshot } from "./statistics.ts";
import { until } from "../tests/parts/until.ts";

const UPTIME = { timestamp: 1, kind: "rpc", value: { rpcEvent: { case: "uptime", value: 7 } } } as const;

/** Runs components, does `then`, and gives back what was logged and counted. */
async function runUntil(
  components: Record<string, Pick<Component, "run"> & Partial<Component>>,
  then: (stop: AbortController) => Promise<unknown> | void,
) {
  await using bus = new MemoryBus();
  const stop = new AbortController();
  const lines: Entry[] = [];
  const ends: Record<string, Snapshot> = {};
  const running = runComponents({
    tasks: Object.entries(components).map(([name, part]) => ({
      name,
      isSource: name === "playback",
      component: component({ summary: "Test", example: name, options: {}, ...part }) as Component,
      values: {},
    })),
    bus,
    nodes: [],
    sink: (entry) => lines.push(entry),
    signal: stop.signal,
    restartMs: 1,
    onEnd: (name, snapshot) => ends[name] = snapshot,
  });
  await then(stop);
  return { succeeded: await running, lines, ends };
}

function aborted(signal: AbortSignal): Promise<unknown> {
  return new Promise((done) =>
    signal.aborted ? done(0) : signal.addEventListener("abort", done, { once: true })
  );
}

Deno.test("runComponents() carries events from one component to another and counts them", async () => {
  const { succeeded, ends } = await runUntil({
    tool: {
      async run({ subscribe }) {
        for await (const { data } of subscribe("rpc")) if (data.length > 0) break;
      },
    },
    extractor: {
      // deno-lint-ignore require-await
      async run({ emit, count }) {
        emit(UPTIME);
        count("answers", 2);
      },
    },
  }, () => {});
  assert(succeeded);
  assertEquals(ends.extractor!.out, 1);
  assertEquals(ends.tool!.in, 1);
  assertEquals(ends.extractor!.counts, new Map([["answers", 2]]));
});

Deno.test("runComponents() starts a failed component again, says so, and leaves the others alone", async () => {
  let starts = 0;
  const third = Promise.withResolvers<void>();
  const { succeeded, lines, ends } = await runUntil({
    flaky: {
      async run({ signal }) {
        if (++starts < 3) throw new Error("no such luck");
        third.resolve();
        await aborted(signal);
      },
    },
    steady: { run: ({ signal }) => aborted(signal) as Promise<void> },
  }, async (stop) => {
    await third.promise;
    stop.abort();
  });
  assert(succeeded);
  assertEquals(ends.flaky!.restarts, 2);
  assertEquals(ends.steady!.restarts, 0);
  const failures = lines.filter(({ level }) => level === "error").map(({ message }) => message);
  assertEquals(failures, ["no such luck; starting it again", "no such luck; starting it again"]);
});

Deno.test("runComponents() does not repeat a job that failed", async () => {
  const { succeeded, lines } = await runUntil({
    job: { job: true, run: () => Promise.reject(new Error("Cannot read archive")) },
  }, () => {});
  assertEquals(succeeded, false);
  assertEquals(lines.filter(({ level }) => level === "error").map(({ message }) => message), [
    "Cannot read archive",
  ]);
});

Deno.test("runComponents() leaves a component behind that does not stop, and names it", async () => {
  const stuck = Promise.withResolvers<void>();
  const { succeeded, lines } = await runUntil(
    { stuck: { run: () => stuck.promise } },
    (stop) => stop.abort(),
  );
  stuck.resolve();
  assertEquals(succeeded, false);
  assertMatch(lines.find(({ level }) => level === "error")!.message, /Did not stop/);
});

Deno.test("runComponents() lets a tool take what waited when the stop came", async () => {
  let taken = 0;
  const first = Promise.withResolvers<void>();
  await runUntil({
    tool: {
      async run({ subscribe }) {
        for await (const _ of subscribe()) {
          taken++;
          first.resolve();
          await Promise.resolve();
        }
      },
    },
    extractor: {
      async run({ emit, signal }) {
        for (let i = 0; i < 100; i++) emit(UPTIME);
        await aborted(signal);
      },
    },
  }, async (stop) => {
    await first.promise;
    stop.abort();
  });
  assertEquals(taken, 100);
});

Deno.test("runComponents() ends the tools after a playback's last event, and what also serves goes on", async () => {
  const handled = { slow: 0, server: 0 };
  const served = Promise.withResolvers<void>();
  const { succeeded, lines, ends } = await runUntil({
    slow: {
      async run({ subscribe }) {
        for await (const _ of subscribe("rpc")) {
          await new Promise((turn) => setTimeout(turn, 0));
          handled.slow++;
        }
      },
    },
    server: {
      async run({ subscribe, signal }) {
        for await (const _ of subscribe()) handled.server++;
        served.resolve();
        await aborted(signal);
      },
    },
    playback: {
      job: true,
      async run({ emit, room }) {
        for (let i = 0; i < 100; i++) {
          await room();
          emit(UPTIME);
        }
      },
    },
  }, async (stop) => {
    await served.promise;
    await until("the slow tool ends", () => handled.slow === 100);
    stop.abort();
  });
  assert(succeeded);
  assertEquals(handled, { slow: 100, server: 100 });
  assertEquals([ends.slow!.dropped, ends.server!.dropped], [0, 0]);
  assert(lines.every(({ level }) => level === "info"));
});

Deno.test("runComponents() ends by itself when all that is left are tools that only listen", async () => {
  const { succeeded, ends } = await runUntil({
    tool: {
      async run({ subscribe }) {
        for await (const _ of subscribe()) { /* counted by the runner */ }
      },
    },
    playback: { job: true, run: ({ emit }) => Promise.resolve(emit(UPTIME)) },
  }, () => {});
  assert(succeeded);
  assertEquals(ends.tool!.in, 1);
});

Deno.test("emit() refuses an event without a member and a run that observes several nodes", async () => {
  await using bus = new MemoryBus();
  const log = { error() {}, warn() {}, info() {}, debug() {} };
  const parts = {
    options: {},
    bus,
    log,
    signal: new AbortController().signal,
    count() {},
    statistics: () => new Promise<never>(() => {}),
  };
  const emitting = (nodes: string[], event: Event) => () => createContext({ ...parts, nodes }).emit(event);
  assertThrows(emitting([], { timestamp: 1, kind: "none", value: undefined }), TypeError, "without a member");
  assertThrows(emitting(["a", "b"], UPTIME), TypeError, "a,b");
  using subscription = bus.subscribe(["waggle.a.rpc"]);
  createContext({ ...parts, nodes: ["a"] }).emit(UPTIME);
  assertEquals(subscription.take(9).length, 1);
});

Deno.test("a component can ask for the numbers of the whole process", async () => {
  const asked = Promise.withResolvers<RunStatistics>();
  await runUntil({
    playback: {
      async run({ emit, count, signal }) {
        emit(UPTIME);
        count("retries", 2);
        await aborted(signal);
      },
    },
    curious: {
      async run({ subscribe, statistics, signal }) {
        for await (const _ of subscribe("rpc")) {
          asked.resolve(await statistics());
          break;
        }
        await aborted(signal);
      },
    },
  }, async (stop) => {
    await asked.promise;
    stop.abort();
  });
  const { bus, components } = await asked.promise;
  assertEquals(bus.published, 1);
  const none = { in: 0, out: 0, dropped: 0, restarts: 0, counts: new Map(), running: true };
  assertEquals(components.get("playback"), { ...none, out: 1, counts: new Map([["retries", 2]]) });
  assertEquals(components.get("curious"), { ...none, in: 1 });
});
