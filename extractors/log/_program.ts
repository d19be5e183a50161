/**
 * The extractor as a program, for tests that kill it or feed its standard input: prints the text of each event.
 * Its argument is an object of option values.
 */

import { decodeEvent } from "../../proto/event.ts";
import { subjectOf } from "../../proto/subjects.ts";
import { MemoryBus } from "../../runtime/bus/memory.ts";
import { runComponents } from "../../runtime/runner.ts";
import { DEFAULTS, textOf } from "./_sandboxed.ts";
import log from "./mod.ts";

const bus = new MemoryBus();
const subscription = bus.subscribe([subjectOf("log")]);
const stop = new AbortController();
Deno.addSignalListener("SIGTERM", () => stop.abort());

const printed = (async () => {
  const encoder = new TextEncoder();
  while (await subscription.ready()) {
    const texts = subscription.take(1000).map(({ data }) => {
      const decoded = decodeEvent(data);
      return decoded.ok && decoded.event.kind === "log" ? textOf(decoded.event.value) : "no log event";
    });
    Deno.stdout.writeSync(encoder.encode(texts.map((text) => `${text}\n`).join("")));
  }
})();

const succeeded = await runComponents({
  tasks: [{ name: "log", component: log, values: { ...DEFAULTS, ...JSON.parse(Deno.args[0]!) } }],
  bus,
  nodes: [],
  sink: ({ level, message }) => console.error(`${level} ${message}`),
  worker: new URL("./_worker.ts", import.meta.url),
  signal: stop.signal,
});
subscription.close();
await printed;
Deno.exit(succeeded ? 0 : 1);
