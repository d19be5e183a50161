/**
 * Runs components together: starts them, restarts what fails, stops everything within a second, and counts.
 *
 * @module
 */

import { alertSubjectOf, type Kind, KINDS, nodeOf, subjectOf } from "../proto/subjects.ts";
import { backoff, pause, sleep } from "./backoff.ts";
import type { Bus } from "./bus/bus.ts";
import type { Component } from "./component.ts";
import { createContext, subscribeSubjects } from "./context.ts";
import { logFor, type Sink } from "./log.ts";
import { reasonOf } from "./reason.ts";
import { describePermissions, runSandboxed } from "./sandbox.ts";
import { MeteredBus, type RunStatistics, type Snapshot, Statistics } from "./statistics.ts";

/** A component with its checked values. */
export interface Task {
  /** Its name in the table. */
  name: string;
  /** The component. */
  component: Component;
  /** Values of its options. */
  values: Record<string, unknown>;
  /** Whether it watches a node: it starts once the others listen, so that its first answers are not lost. */
  isSource?: boolean;
}

/** What a run needs. */
export interface RunOptions {
  /** What to run. */
  tasks: readonly Task[];
  /** What connects them. */
  bus: Bus;
  /** Nodes listened to; the one node observed. */
  nodes: readonly string[];
  /** Whether the bus is on this machine; taken for granted where nobody says so. */
  isBesideBus?: boolean;
  /** Where lines go. */
  sink: Sink;
  /** Module for sandboxes; without it components share the thread, and the process is their sandbox. */
  worker?: URL | undefined;
  /** When to stop. */
  signal: AbortSignal;
  /** First wait before a restart. */
  restartMs?: number;
  /** Told the numbers of each component when a run ends. */
  onEnd?: (name: string, snapshot: Snapshot) => void;
}

/** A component that ran this long was healthy: the next failure starts with a short wait again. */
const HEALTHY_MS = 60_000;
const STOP_WITHIN_MS = 1000;
const WATCH_LOSSES_MS = 10_000;
// A tool that listens to nothing must not keep the others waiting.
const LISTEN_WITHIN_MS = 3000;

/** Runs until every component has ended or the signal is aborted. True when no job failed. */
export async function runComponents(options: RunOptions): Promise<boolean> {
  const log = logFor("bus", options.sink);
  using _watch = watchGrowth(
    () => options.bus.stats().unsent,
    (lost) => log.warn(`${lost} events could not be sent in the last 10 s`),
  );
  const running = new Set(options.tasks.map((task) => task.name));
  const settled = new AbortController();
  try {
    const results = await Promise.race([runAll(options, running), grace(options, running, settled.signal)]);
    return results.every((succeeded) => succeeded);
  } finally {
    settled.abort();
    const { published, unsent, dropped } = options.bus.stats();
    log[options.tasks.every(({ component }) => component.offBus) ? "debug" : "info"](
      `Ended: ${published} events published, ${unsent} not sent, ${dropped} dropped by slow subscribers`,
    );
  }
}

/** First what listens, then what emits: the first round of answers comes at once, and some only every two minutes. */
async function runAll(options: RunOptions, running: Set<string>): Promise<boolean[]> {
  const all: AllStatistics = new Map(options.tasks.map(({ name }) => [name, new Statistics()]));
  const run = async (task: Task) => {
    const succeeded = await supervise(task, options, all);
    running.delete(task.name);
    return succeeded;
  };
  const listeners = options.tasks.filter((task) => !task.isSource).map((task) => {
    const statistics = all.get(task.name)!;
    const ended = run(task);
    return { statistics, ended, listens: Promise.race([statistics.listens, ended]) };
  });
  const patience = new AbortController();
  await Promise.race([
    Promise.all(listeners.map(({ listens }) => listens)),
    pause(LISTEN_WITHIN_MS, AbortSignal.any([patience.signal, options.signal])),
  ]);
  patience.abort();
  const sources = options.tasks.filter((task) => task.isSource);
  const sourcesEnded = Promise.all(sources.map(run));
  // A replay comes to its end. What only listens then does too, after the last event; what also serves goes on.
  const isPlayback = sources.length > 0 && sources.every(({ component }) => component.job);
  if (isPlayback) {
    void sourcesEnded.then(() => options.bus.flush()).then(() =>
      listeners.forEach(({ statistics }) => statistics.endInput())
    );
  }
  return (await Promise.all([...listeners.map(({ ended }) => ended), sourcesEnded])).flat();
}

/** Resolves some time after the stop was asked for, so that one stuck component cannot hold the process. */
async function grace(
  { signal, sink }: RunOptions,
  running: Set<string>,
  settled: AbortSignal,
): Promise<boolean[]> {
  if (!signal.aborted) {
    await new Promise((aborted) =>
      signal.addEventListener("abort", aborted, { once: true, signal: settled })
    );
  }
  await sleep(STOP_WITHIN_MS, settled);
  for (const name of running) {
    logFor(name, sink).error(`Did not stop within ${STOP_WITHIN_MS} ms, left behind`);
  }
  return [false];
}

/** Of every component, from before the first starts. */
type AllStatistics = ReadonlyMap<string, Statistics>;

async function supervise(task: Task, options: RunOptions, all: AllStatistics): Promise<boolean> {
  const { sink, signal, restartMs = 1000 } = options;
  const statistics = all.get(task.name)!;
  const log = logFor(task.name, sink);
  using _watch = watchGrowth(
    () => statistics.snapshot().dropped,
    (lost) => log.warn(`Too slow: ${lost} events dropped in the last 10 s`),
  );
  try {
    for (let failures = 0; !signal.aborted;) {
      const startedAt = performance.now();
      try {
        statistics.running = true;
        await runOnce(task, options, all);
        return true;
      } catch (error) {
        statistics.running = false;
        const reason = reasonOf(error);
        if (signal.aborted) {
          log.error(`Failed while stopping: ${reason}`);
          return false;
        }
        log.error(task.component.job ? reason : `${reason}; starting it again`);
        if (task.component.job) return false;
        if (performance.now() - startedAt > HEALTHY_MS) failures = 0;
        await backoff(failures++, { firstMs: restartMs, signal }).catch(() => {});
        statistics.restarts++;
      }
    }
    return true;
  } finally {
    statistics.running = false;
    report(task, statistics, options);
  }
}

async function runOnce(
  { name, component, values }: Task,
  options: RunOptions,
  all: AllStatistics,
): Promise<void> {
  const own = all.get(name)!;
  const { bus: shared, nodes, isBesideBus, sink, signal, worker } = options;
  const level = component.offBus ? "debug" : "info";
  const count = (what: string, by?: number) => own.count(what, by);
  const statistics = () => Promise.resolve(statisticsOf(shared, all));
  const permissions = component.permissions?.(values) ?? {};
  const log = logFor(name, sink);
  await using bus = new MeteredBus(shared, own);
  if (worker === undefined) {
    log[level]("Started");
    return await component.run(
      createContext({ options: values, nodes, isBesideBus, bus, log, signal, count, statistics }),
    );
  }
  const subjects = new Set(KINDS.map((kind: Kind) => subjectOf(kind, nodes[0])));
  const chosen = new Set(subscribeSubjects([], nodes));
  await runSandboxed({
    worker,
    name,
    values,
    permissions,
    nodes,
    isBesideBus,
    mayPublish: (subject) => subjects.has(subject) || subject === alertSubjectOf(nodeOf(subject)),
    maySubscribe: (pattern) => chosen.has(pattern),
    bus,
    sink,
    count,
    statistics,
    onReady: () => log[level](`Started in a sandbox: ${describePermissions(permissions)}`),
    signal,
  });
}

function statisticsOf(bus: Bus, all: AllStatistics): RunStatistics {
  const components = [...all].map(([name, statistics]) =>
    [name, { ...statistics.snapshot(), running: statistics.running }] as const
  );
  return { bus: bus.stats(), components: new Map(components) };
}

function report({ name, component }: Task, statistics: Statistics, { sink, onEnd }: RunOptions): void {
  const snapshot = statistics.snapshot();
  const counts = [...snapshot.counts].map(([what, times]) => `, ${times} ${what}`).join("");
  logFor(name, sink)[component.offBus ? "debug" : "info"](
    `Ended: ${snapshot.in} events in, ${snapshot.out} out, ${snapshot.dropped} dropped, ${snapshot.restarts} restarts${counts}`,
  );
  onEnd?.(name, snapshot);
}

/** Says while it happens that something is being lost. */
function watchGrowth(read: () => number, tell: (growth: number) => void): Disposable {
  const stop = new AbortController();
  void (async () => {
    for (let before = 0;;) {
      await sleep(WATCH_LOSSES_MS, stop.signal);
      const now = read();
      if (now > before) tell(now - before);
      before = now;
    }
  })().catch(() => {});
  return { [Symbol.dispose]: () => stop.abort() };
}
