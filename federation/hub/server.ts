/**
 * The hub on one address: WebSockets of uplinks at `/uplink`, everything else is answered by the app. There is no
 * access log, and nobody asks a socket for its address.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type Duplex, Readable } from "node:stream";
import { joined } from "../../proto/bytes.ts";
import { aborted, listen, within } from "../../runtime/http_server.ts";
import type { Log } from "../../runtime/log.ts";
import { reasonOf } from "../../runtime/reason.ts";
import type { Hub } from "./hub.ts";
import { makeUpgrader } from "./session/socket.ts";

/** Where uplinks connect. */
export const UPLINK_PATH = "/uplink";

/** What serving needs. */
export interface ServeHubOptions {
  /** Who speaks with uplinks. */
  readonly hub: Hub;
  /** Answers all other requests, as `app.fetch` of Hono does. */
  readonly handler: (request: Request) => Response | Promise<Response>;
  /** How long the body of a request may be, told where it goes and its header `authorization`. */
  readonly mostBodyBytes?:
    | ((url: URL, authorization: string | undefined) => Promise<number> | undefined)
    | undefined;
  /** Where. */
  readonly address: string;
  /** Where lines go. */
  readonly log: Log;
  /** When to stop. */
  readonly signal: AbortSignal;
  /** Told the URL; port 0 has become a real one. */
  onListening?(url: string): void;
}

/** What is still said after a goodbye may take so long, and ending what is left as well. */
const GRACE_MS = 150;
/** What pages need. */
const METHODS = ["GET", "HEAD", "POST"];
/** Longer bodies of requests are refused. */
const MOST_BODY_BYTES = 64 * 1024;

/**
 * Serves until the signal is aborted, then sends all uplinks away.
 *
 * @throws {Error} If the address cannot be listened on.
 */
export async function serveHub(
  { hub, handler, mostBodyBytes, address, log, signal, onListening }: ServeHubOptions,
): Promise<void> {
  if (signal.aborted) return;
  // Whoever connects and says nothing has to go too.
  const times = {
    headersTimeout: hub.handshakeMs,
    requestTimeout: 2 * hub.handshakeMs,
    connectionsCheckingInterval: Math.min(1000, hub.handshakeMs),
  };
  const answering = { handler, mostBodyBytes, log };
  const server = createServer(times, (request, response) => void answer(request, response, answering));
  const open = new Set<Duplex>();
  const upgrader = makeUpgrader();
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    // A stranger who leaves in between.
    socket.on("error", () => socket.destroy());
    const isUplink = request.url?.split("?")[0] === UPLINK_PATH;
    const full = hub.full;
    if (!isUplink) return refuse(socket, "404 Not Found");
    if (full !== undefined) {
      hub.metrics.refusedUpgrades.inc({ reason: full });
      return refuse(socket, "503 Service Unavailable\r\nRetry-After: 30");
    }
    upgrader.handleUpgrade(request, socket, head, (uplink) => hub.accept(uplink));
  });
  const url = await listen(server, { address, flag: "--hub.address" });
  log.info(`Serving ${url}`);
  onListening?.(url);
  await aborted(signal);
  hub.drain();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  await within(GRACE_MS, closed);
  const end = performance.now() + GRACE_MS;
  for (const socket of open) {
    // What is left ends with the process.
    if (performance.now() > end) break;
    socket.destroy();
  }
  server.closeAllConnections();
  await within(GRACE_MS, closed);
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** Between the server's requests and those of the web. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { handler, mostBodyBytes, log }: Pick<ServeHubOptions, "handler" | "mostBodyBytes" | "log">,
): Promise<void> {
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const url = urlOf(request);
  if (url === undefined) return refuseRequest(response, 400, "That is no address of a page");
  if (!METHODS.includes(request.method ?? "")) return refuseRequest(response, 405, "That is not done here");
  // Whoever leaves in the middle of a request is no error, and what the system says about it may hold an address.
  const most = await mostBodyBytes?.(url, request.headers.authorization) ?? MOST_BODY_BYTES;
  const body = await bodyOf(request, most).catch(() => "gone" as const);
  if (body === "gone") return void response.destroy();
  if (body === undefined) return refuseRequest(response, 413, "Too long");
  try {
    const answer = await handler(toRequest(request, { url, body, signal: gone.signal }));
    response.writeHead(answer.status, [...answer.headers].flat());
    if (answer.body === null) response.end();
    else Readable.fromWeb(answer.body as never).on("error", () => response.destroy()).pipe(response);
  } catch (error) {
    log.error(`Cannot answer a request: ${reasonOf(error)}`);
    if (!response.headersSent) response.writeHead(500);
    response.end();
  }
}

function refuseRequest(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { connection: "close" }).end(`${why}\n`);
}

/** Where a request goes; `undefined` if nobody could say. */
function urlOf({ url = "/", headers }: IncomingMessage): URL | undefined {
  const host = /^[\w.:[\]-]+$/.test(headers.host ?? "") ? headers.host : "localhost";
  const whole = `http://${host}${url}`;
  return url.startsWith("/") && URL.canParse(whole) ? new URL(whole) : undefined;
}

function toRequest(
  { method = "GET", headers }: IncomingMessage,
  { url, body, signal }: { url: URL; body: Uint8Array<ArrayBuffer>; signal: AbortSignal },
): Request {
  const pairs = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]]
  );
  const hasBody = method !== "GET" && method !== "HEAD";
  return new Request(url, {
    method,
    headers: pairs,
    body: hasBody ? body : null,
    signal,
  });
}

/** The body of a request; `undefined` if it is too long. */
async function bodyOf(
  request: IncomingMessage,
  most: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > most) return undefined;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > most) return undefined;
    chunks.push(chunk);
  }
  return joined(chunks);
}
