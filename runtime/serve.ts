/**
 * HTTP for the components that listen: one address, until the signal is aborted.
 *
 * @module
 */

import { EXPOSITION_TYPE } from "./exposition.ts";
import type { Log } from "./log.ts";
import { splitAddress } from "./options.ts";
import { reasonOf } from "./reason.ts";

/** What serving needs. */
export interface ServeOptions {
  /** Where, as the option `address` has it: `127.0.0.1:8282`, `[::1]:0`. */
  readonly address: string;
  /** The flag that sets the address, for the error text. */
  readonly flag: string;
  /** Answers a request, as `app.fetch` of Hono does. What it throws is answered with 500. */
  readonly handler: (
    request: Request,
    info: Deno.ServeHandlerInfo<Deno.NetAddr>,
  ) => Response | Promise<Response>;
  /** Where lines go. */
  readonly log: Log;
  /** When to stop. */
  readonly signal: AbortSignal;
  /** Told the URL; port 0 has become a real one. */
  onListening?(url: string): void;
}

/** Serves one page of numbers for Prometheus, `/metrics`, until the signal is aborted. */
export async function serveMetrics(
  { text, ...options }: Omit<ServeOptions, "handler"> & { text(): string },
): Promise<void> {
  const headers = { "content-type": EXPOSITION_TYPE };
  await serve({
    ...options,
    handler: (request) =>
      new URL(request.url).pathname === "/metrics"
        ? new Response(text(), { headers })
        : new Response("See /metrics\n", { status: 404 }),
  });
}

/** A request that is still answered when we stop may finish within this time. */
const GRACE_MS = 500;

/**
 * Answers requests until the signal is aborted.
 *
 * @throws {Error} If the address cannot be listened on.
 */
export async function serve(
  { address, flag, handler, log, signal, onListening }: ServeOptions,
): Promise<void> {
  if (signal.aborted) return;
  const { hostname, port } = splitAddress(address);
  const cut = new AbortController();
  const open = new Set<Promise<void>>();
  const server = bind();
  // Deno's own shutdown() waits for streams that never end and cannot be cut short once it has begun.
  const stop = async () => {
    const timer = setTimeout(() => cut.abort(), GRACE_MS);
    await Promise.all(open);
    clearTimeout(timer);
    if (!cut.signal.aborted) await server.shutdown();
  };
  signal.addEventListener("abort", stop, { once: true });
  await server.finished;
  signal.removeEventListener("abort", stop);

  function bind(): Deno.HttpServer<Deno.NetAddr> {
    const onListen = ({ port }: { port: number }) => {
      const url = `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
      log.info(`Serving ${url}`);
      onListening?.(url);
    };
    const onError = (error: unknown) => {
      log.error(`Cannot answer a request: ${reasonOf(error)}`);
      return new Response("Internal error\n", { status: 500 });
    };
    try {
      return Deno.serve({ hostname, port, signal: cut.signal, onListen, onError }, (request, info) => {
        const sent = info.completed.catch(() => {}).finally(() => open.delete(sent));
        open.add(sent);
        return handler(request, info);
      });
    } catch (cause) {
      const why = reasonOf(cause);
      throw new Error(`Cannot listen on ${address}: ${why}; set ${flag} to one that is free`, { cause });
    }
  }
}
