/**
 * The inside of a sandbox: waits for the name of a component, runs it, reports.
 *
 * @module
 */

import { PortBus } from "./bus/port.ts";
import type { ComponentTable } from "./component.ts";
import { createContext } from "./context.ts";
import { logFor } from "./log.ts";
import type { FromWorker, ToWorker } from "./sandbox.ts";

/** Called by the Worker's module, with the table of what it can run. */
export function serveSandbox(table: ComponentTable): void {
  const scope = self as unknown as {
    onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
    postMessage(message: FromWorker): void;
  };
  const stop = new AbortController();
  scope.onmessage = ({ data }) => {
    if (data.type === "stop") stop.abort();
    else {
      run(data, table, stop.signal, (message) => scope.postMessage(message)).then(
        () => scope.postMessage({ type: "done" }),
        (error) =>
          scope.postMessage({
            type: "failed",
            message: error instanceof Error ? error.message : String(error),
          }),
      );
    }
  };
}

async function run(
  { name, values, nodes, port }: ToWorker & { type: "start" },
  table: ComponentTable,
  signal: AbortSignal,
  post: (message: FromWorker) => void,
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
    bus,
    log: logFor(name, (entry) => post({ type: "log", entry })),
    signal,
    count: (what, by = 1) => counter.add(what, by),
  }));
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
