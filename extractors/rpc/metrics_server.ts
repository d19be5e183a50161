import { splitAddress } from "../../runtime/options.ts";
import type { CallMetrics } from "./metrics.ts";

/**
 * Serves the metrics until it is disposed of, on any path and to any method, as the Rust extractor does; nothing at
 * all without an address. Closing does not wait for a scraper that stays connected.
 */
export function serveMetrics(listen: string | undefined, metrics: CallMetrics): AsyncDisposable {
  if (listen === undefined) return { [Symbol.asyncDispose]: () => Promise.resolve() };
  const stop = new AbortController();
  const server = Deno.serve(
    { ...splitAddress(listen), signal: stop.signal, onListen: () => {} },
    () =>
      new Response(metrics.text(), {
        headers: { "content-type": "text/plain; version=0.0.4", connection: "close" },
      }),
  );
  return {
    [Symbol.asyncDispose]() {
      stop.abort();
      return server.finished;
    },
  };
}
