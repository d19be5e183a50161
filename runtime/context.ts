import { encodeEvent } from "../proto/event.ts";
import { alertSubjectOf, type Kind, KINDS, subjectOf } from "../proto/subjects.ts";
import type { Bus, Delivery } from "./bus/bus.ts";
import type { Context } from "./component.ts";
import type { Log } from "./log.ts";
import type { OptionTable, Values } from "./options.ts";
import type { RunStatistics } from "./statistics.ts";

/** What a context is made of. */
export interface ContextParts<O extends OptionTable> {
  /** The component's checked values. */
  options: Values<O>;
  /** Nodes whose events are listened to, `*` for all; exactly one plain name, or none, where events are emitted. */
  nodes: readonly string[];
  /** Whether the bus is on this machine; taken for granted where nobody says so. */
  isBesideBus?: boolean | undefined;
  /** Where events go and come from. */
  bus: Bus;
  /** Where lines go. */
  log: Log;
  /** When to stop. */
  signal: AbortSignal;
  /** Where counts go. */
  count(what: string, by?: number): void;
  /** Where numbers come from; without it there are none. */
  statistics?(): Promise<RunStatistics>;
}

/** A component's hands and eyes, the same in the main thread and in a sandbox. */
export function createContext<O extends OptionTable>(
  { options, nodes, isBesideBus = true, bus, log, signal, count, statistics = noStatistics }: ContextParts<O>,
): Context<O> {
  const subjects = publishSubjects(nodes);
  const forward = (kind: Kind, data: Uint8Array) => {
    if (subjects === undefined) {
      throw new TypeError(`Cannot emit for nodes "${nodes.join(",")}": name one with --node`);
    }
    bus.publish(subjects[kind], data);
  };
  return {
    options,
    nodes,
    isBesideBus,
    log,
    signal,
    count,
    statistics,
    forward,
    emit(event) {
      if (event.kind === "none") throw new TypeError("Cannot emit an event without a member");
      forward(event.kind, encodeEvent(event));
    },
    room: () => unlessAborted(bus.room(), signal),
    announce: (alert, node) =>
      bus.publish(alertSubjectOf(node), new TextEncoder().encode(JSON.stringify(alert))),
    subscribe: (...kinds) => untilAborted(bus, subscribeSubjects(kinds, nodes), signal),
  };
}

/** The subjects of the one node that is observed here; undefined when several are named. */
function publishSubjects(nodes: readonly string[]): Record<Kind, string> | undefined {
  if (nodes.length > 1 || nodes[0] === "*") return undefined;
  return Object.fromEntries(KINDS.map((kind) => [kind, subjectOf(kind, nodes[0])])) as Record<Kind, string>;
}

/** What to listen on: these kinds, of each of the nodes. Without a node: the Rust system's single tokens. */
export function subscribeSubjects(kinds: readonly Kind[], nodes: readonly string[]): string[] {
  const wanted = kinds.length === 0 ? KINDS : kinds;
  if (nodes.length === 0) return wanted.map((kind) => subjectOf(kind));
  return nodes.flatMap((node) => wanted.map((kind) => subjectOf(kind, node)));
}

async function unlessAborted(wait: Promise<void>, signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true, signal: stop.signal });
  });
  await Promise.race([wait, aborted]);
  stop.abort();
}

/** Opens the subscription when iteration starts, and ends it with the signal once what waits is handed over. */
async function* untilAborted(bus: Bus, subjects: string[], signal: AbortSignal): AsyncGenerator<Delivery> {
  if (signal.aborted) return;
  using subscription = bus.subscribe(subjects);
  const close = () => subscription.close();
  signal.addEventListener("abort", close, { once: true });
  try {
    yield* subscription;
  } finally {
    signal.removeEventListener("abort", close);
  }
}

function noStatistics(): Promise<RunStatistics> {
  return Promise.reject(new Error("Cannot give statistics: this component runs on its own"));
}
