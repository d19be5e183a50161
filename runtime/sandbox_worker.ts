/**
 * The inside of a sandbox: waits for the name of a component, runs it, reports.
 *
 * @module
 */

import { PortBus } from "./bus/port.ts";
import type { ComponentTable } from "./component.ts";
import { createContext } from "./context.ts";
import { logFor } from "./log.ts";
import { reasonOf } from "./reason.ts";
import type { FromWorker, ToWorker } from "./sandbox.ts";
import type { RunStatistics } from "./statistics.ts";

/** Called by the Worker's module, with the table of what it can run. */
export function serveSandbox(table: ComponentTable): void {
  const scope = self as unknown as {
    onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
    postMessage(message: FromWorker): void;
  };
  const stop = new AbortController();
  const post = (message: FromWorker) => scope.postMessage(message);
  const questions = new Questions(() => post({ type: "ask-statistics" }));
  scope.onmessage = ({ data }) => {
    if (data.type === "stop") stop.abort();
    else if (data.type === "statistics") questions.answer(data.statistics);
    else {
      run(data, table, { signal: stop.signal, post, statistics: () => questions.ask() }).then(
        () => post({ type: "done" }),
        (error) => post({ type: "failed", message: reasonOf(error) }),
      );
    }
  };
}

/** What connects a component to the main thread, besides the bus. */
interface Link {
  signal: AbortSignal;
  post(message: FromWorker): void;
  statistics(): Promise<RunStatistics>;
}

async function run(
  { name, values, nodes, isBesideBus, port }: ToWorker & { type: "start" },
  table: ComponentTable,
  { signal, post, statistics }: Link,
): Promise<void> {
  const load = table[name];
  if (load === undefined) throw new Error(`There is no component "${name}"`);
  const { default: component } = await load();
  await using bus = new PortBus(port);
  using counter = new Counter((what, by) => post({ type: "count", what, by }));
  post({ type: "ready" });
  await component.run(createContext({
    options: values,
    nodes,
    isBesideBus,
    bus,
    log: logFor(name, (entry) => post({ type: "log", entry })),
    signal,
    count: (what, by = 1) => counter.add(what, by),
    statistics,
  }));
}

/** Who asks while an answer is on its way gets the same one. */
class Questions {
  readonly #send: () => void;
  #open: PromiseWithResolvers<RunStatistics> | undefined;

  constructor(send: () => void) {
    this.#send = send;
  }

  ask(): Promise<RunStatistics> {
    if (this.#open === undefined) {
      this.#open = Promise.withResolvers();
      this.#send();
    }
    return this.#open.promise;
  }

  answer(statistics: RunStatistics): void {
    this.#open?.resolve(statistics);
    this.#open = undefined;
  }
}

const REPORT_AFTER_MS = 200;

/** Adds up before it tells: a component may count every event, and a message costs more than an event. */
class Counter {
  readonly #tell: (what: string, by: number) => void;
  readonly #counts = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (what: string, by: number) => void) {
    this.#tell = tell;
  }

  add(what: string, by: number): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + by);
    this.#timer ??= setTimeout(() => this.#flush(), REPORT_AFTER_MS);
  }

  #flush(): void {
    this.#timer = undefined;
    for (const [what, by] of this.#counts) this.#tell(what, by);
    this.#counts.clear();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#flush();
  }
}
