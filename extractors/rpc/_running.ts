import { assert } from "@std/assert";
import { decodeEvent } from "../../proto/event.ts";
import { MemoryBus } from "../../runtime/bus/memory.ts";
import { createContext } from "../../runtime/context.ts";
import { logFor } from "../../runtime/log.ts";
import type { Values } from "../../runtime/options.ts";
import type { RpcEvent } from "./answers/answer.ts";
import rpc from "./mod.ts";

/** Values of the extractor's options. */
export type RpcValues = Values<typeof rpc.options>;

/** The defaults, with a user so that they are complete. */
export const DEFAULTS = {
  ...Object.fromEntries(Object.entries(rpc.options).map(([name, option]) => [name, option.default])),
  user: "waggle",
  password: "secret",
} as RpcValues;

/** An extractor at work on a bus of its own. */
export interface Running extends AsyncDisposable {
  /** Its lines, `warn text`. */
  readonly lines: string[];
  /** What it counted. */
  readonly counts: Map<string, number>;
  /** Settles with its `run`. */
  readonly ended: Promise<void>;
  /** The next event. */
  next(): Promise<RpcEvent>;
  /** The next event of a kind, throwing away those before it. */
  nextOf<C extends RpcEvent["case"]>(kind: C): Promise<Extract<RpcEvent, { case: C }>>;
  /** Waits for a line that contains a text. */
  line(part: string): Promise<void>;
  /** Stops it; settles with its `run`. */
  stop(): Promise<void>;
}

/** Starts the extractor in this thread. */
export function startRpc(options: Partial<RpcValues>): Running {
  const bus = new MemoryBus();
  const subscription = bus.subscribe(["rpc"]);
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const say = (line: string) => {
    lines.push(line);
    for (const look of waiting) look();
  };
  const counts = new Map<string, number>();
  const stop = new AbortController();
  const ended = rpc.run(createContext<typeof rpc.options>({
    options: { ...DEFAULTS, ...options },
    nodes: [],
    bus,
    log: logFor("rpc", ({ level, message }) => say(`${level} ${message}`)),
    signal: stop.signal,
    count: (what, by = 1) => counts.set(what, (counts.get(what) ?? 0) + by),
  }));
  const next = async (): Promise<RpcEvent> => {
    const { value: delivery } = await within("an event", subscription.next());
    assert(delivery !== undefined);
    const decoded = decodeEvent(delivery.data);
    assert(decoded.ok && decoded.event.kind === "rpc" && decoded.event.value.rpcEvent !== undefined);
    return decoded.event.value.rpcEvent;
  };
  return {
    lines,
    counts,
    ended,
    next,
    nextOf<C extends RpcEvent["case"]>(kind: C) {
      const search = async () => {
        for (;;) {
          const event = await next();
          if (event.case === kind) return event as Extract<RpcEvent, { case: C }>;
        }
      };
      return within(`an event "${kind}"`, search());
    },
    line: (part) =>
      within(
        `a line with "${part}"`,
        new Promise((resolve) => {
          const look = () => {
            if (!lines.some((line) => line.includes(part))) return;
            waiting.delete(look);
            resolve();
          };
          waiting.add(look);
          look();
        }),
      ),
    stop() {
      stop.abort(new Error("stopped by the test"));
      return ended;
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new Error("stopped by the test"));
      await ended.catch(() => {});
      subscription[Symbol.dispose]();
      await bus[Symbol.asyncDispose]();
    },
  };
}

/** A test that waits in vain shall say for what. */
async function within<T>(what: string, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`Cannot wait longer for ${what}`)), 20_000);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
