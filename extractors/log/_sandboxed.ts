/** The extractor in its sandbox, with its own rights and no others, as the runner starts it. */

import { decodeEvent } from "../../proto/event.ts";
import type { Log } from "../../proto/schema.ts";
import type { Subscription } from "../../runtime/bus/bus.ts";
import { subjectOf } from "../../proto/subjects.ts";
import { MemoryBus } from "../../runtime/bus/memory.ts";
import type { Values } from "../../runtime/options.ts";
import { runComponents } from "../../runtime/runner.ts";
import type { Snapshot } from "../../runtime/statistics.ts";
import log from "./mod.ts";

/** Values of the extractor's options. */
export type LogValues = Values<typeof log.options>;

/** The defaults. */
export const DEFAULTS = Object.fromEntries(
  Object.entries(log.options).map(([name, option]) => [name, option.default]),
) as LogValues;

/** An extractor at work in its sandbox. */
export interface Sandboxed extends AsyncDisposable {
  /** Its lines in the log, `info text`. */
  readonly said: string[];
  /** Waits for a line in the log that contains a text. */
  line(part: string): Promise<void>;
  /** The next event. */
  next(): Promise<Log>;
  /** Stops it and gives its numbers; true if all went well. */
  stop(): Promise<{ succeeded: boolean; snapshot: Snapshot | undefined; elapsedMs: number }>;
}

/** Starts the extractor. */
export function startSandboxed(values: Partial<LogValues>): Sandboxed {
  const bus = new MemoryBus();
  const subscription: Subscription = bus.subscribe([subjectOf("log")]);
  const stop = new AbortController();
  const said: string[] = [];
  const waiting: (() => void)[] = [];
  let snapshot: Snapshot | undefined;
  const ended = runComponents({
    tasks: [{ name: "log", component: log, values: { ...DEFAULTS, ...values } }],
    bus,
    nodes: [],
    sink({ level, message }) {
      said.push(`${level} ${message}`);
      waiting.splice(0).forEach((look) => look());
    },
    worker: new URL("./_worker.ts", import.meta.url),
    signal: stop.signal,
    onEnd: (_name, numbers) => snapshot = numbers,
  });
  return {
    said,
    async line(part) {
      while (!said.some((line) => line.includes(part))) await new Promise<void>((look) => waiting.push(look));
    },
    async next() {
      const { value: delivery } = await subscription.next();
      const decoded = delivery && decodeEvent(delivery.data);
      if (!decoded?.ok || decoded.event.kind !== "log") throw new Error("Expected an event of the log");
      return decoded.event.value;
    },
    async stop() {
      const stoppedAt = performance.now();
      stop.abort();
      return { succeeded: await ended, snapshot, elapsedMs: performance.now() - stoppedAt };
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await ended;
      subscription[Symbol.dispose]();
      await bus[Symbol.asyncDispose]();
    },
  };
}

/** The text of an event without a type, or what the typed one holds. */
export function textOf({ logEvent }: Log): string {
  return logEvent?.case === "unknownLogMessage" ? logEvent.value.rawMessage : JSON.stringify(logEvent);
}
