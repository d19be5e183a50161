/**
 * Runs a component in a Worker that has the component's permissions and no others. What it parses came from a
 * stranger; whatever a parser can be talked into, the Worker cannot open a file or a socket that is not on its list.
 *
 * @module
 */

import type { Bus } from "./bus/bus.ts";
import { servePort } from "./bus/port.ts";
import type { Permissions } from "./component.ts";
import type { Entry, Sink } from "./log.ts";
import type { RunStatistics } from "./statistics.ts";

/** What the main thread tells the Worker. */
export type ToWorker =
  | {
    type: "start";
    name: string;
    values: Record<string, unknown>;
    nodes: readonly string[];
    isBesideBus: boolean | undefined;
    port: MessagePort;
  }
  | { type: "statistics"; statistics: RunStatistics }
  | { type: "stop" };

/** What the Worker tells the main thread; events go over the port. */
export type FromWorker =
  | { type: "ready" }
  | { type: "log"; entry: Entry }
  | { type: "count"; what: string; by: number }
  | { type: "ask-statistics" }
  | { type: "done" }
  | { type: "failed"; message: string };

/** How long a Worker may take to stop. */
export const STOP_WITHIN_MS = 900;

/** What to run, and with what. */
export interface SandboxOptions {
  /** Module of the Worker: it calls `serveSandbox` with the table of components. */
  worker: URL;
  /** Name of the component in that table. */
  name: string;
  /** Its checked values. */
  values: Record<string, unknown>;
  /** What it may touch. */
  permissions: Permissions;
  /** Nodes it may listen to. */
  nodes: readonly string[];
  /** Whether the bus is on this machine; taken for granted where nobody says so. */
  isBesideBus?: boolean | undefined;
  /** Subjects it may publish on. */
  mayPublish(subject: string): boolean;
  /** Subjects it may listen on. */
  maySubscribe(pattern: string): boolean;
  /** The bus it is connected to. */
  bus: Bus;
  /** Where its lines go. */
  sink: Sink;
  /** Where its counts go. */
  count(what: string, by: number): void;
  /** Where the numbers it asks for come from. */
  statistics(): Promise<RunStatistics>;
  /** Told when the component has been started. */
  onReady(): void;
  /** When to stop. */
  signal: AbortSignal;
}

/** Runs a component to its end; rejects when it fails. */
export async function runSandboxed(options: SandboxOptions): Promise<void> {
  const { worker: module, name, values, nodes, isBesideBus, permissions, bus, signal } = options;
  const worker = new Worker(module, {
    type: "module",
    name,
    deno: { permissions: denoPermissions(permissions) },
  } as WorkerOptions);
  const channel = new MessageChannel();
  using _served = servePort(channel.port1, bus, options);
  const stopped = Promise.withResolvers<void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ready = false;
  const stop = () => {
    // Nothing has run yet that would have to finish.
    if (!ready) return stopped.resolve();
    worker.postMessage({ type: "stop" } satisfies ToWorker);
    timer = setTimeout(
      () => stopped.reject(new Error(`did not stop within ${STOP_WITHIN_MS} ms`)),
      STOP_WITHIN_MS,
    );
  };
  const answer = async () => {
    const statistics = await options.statistics();
    worker.postMessage({ type: "statistics", statistics } satisfies ToWorker);
  };
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    if (data.type === "ready") {
      ready = true;
      options.onReady();
    } else if (data.type === "ask-statistics") void answer();
    else receive(data, options, stopped);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    stopped.reject(new Error(event.message));
  };
  try {
    const port = channel.port2;
    worker.postMessage({ type: "start", name, values, nodes, isBesideBus, port } satisfies ToWorker, [port]);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
    await stopped.promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    worker.terminate();
  }
}

function receive(
  message: Exclude<FromWorker, { type: "ready" | "ask-statistics" }>,
  { name, sink, count }: SandboxOptions,
  stopped: PromiseWithResolvers<void>,
): void {
  switch (message.type) {
    case "log":
      // The name is ours to say, whatever the Worker claims.
      sink({ level: message.entry.level, component: name, message: String(message.entry.message) });
      break;
    case "count":
      count(String(message.what), Number(message.by));
      break;
    case "done":
      stopped.resolve();
      break;
    case "failed":
      stopped.reject(new Error(message.message));
  }
}

/** The permission set as Deno's Worker wants it: everything that is not listed is refused. */
export function denoPermissions(permissions: Permissions): Deno.PermissionOptionsObject {
  const list = (items: readonly string[] | undefined) => items === undefined ? false : [...items];
  return {
    run: list(permissions.run),
    net: permissions.anywhere ? true : list(permissions.net),
    read: list(permissions.read),
    write: list(permissions.write),
    env: list(permissions.env),
    sys: false,
    ffi: false,
    import: false,
  };
}

/** The permission set in one line, for the log. */
export function describePermissions(permissions: Permissions): string {
  const { anywhere, ...lists } = permissions;
  const parts = Object.entries(lists)
    .filter(([, items]) => items !== undefined && items.length > 0)
    .map(([what, items]) => `${what} ${items.join(", ")}`);
  if (anywhere) parts.push("net anywhere");
  return parts.length === 0 ? "no rights" : parts.join("; ");
}
