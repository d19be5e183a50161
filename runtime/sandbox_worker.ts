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
  post({ type: "ready" });
  await component.run(createContext({
    options: values,
    nodes,
    bus,
    log: logFor(name, (entry) => post({ type: "log", entry })),
    signal,
    count: (what, by = 1) => post({ type: "count", what, by }),
  }));
}
