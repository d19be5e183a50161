/**
 * Serves the public folder on an address of its own: files that are on a list, and a stream that says when to look again.
 * Nobody is counted, nobody's address is asked for, and no answer depends on who asks.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { aborted, listen, within } from "../../../runtime/http_server.ts";
import type { Log } from "../../../runtime/log.ts";
import { reasonOf } from "../../../runtime/reason.ts";
import { fileOf, type PublicFile } from "./files.ts";
import { HEADERS } from "./policy.ts";
import type { Streams } from "./streams.ts";

/** What serving needs. */
export interface ServePublicOptions {
  /** The public folder. */
  readonly folder: string;
  /** Where to listen. */
  readonly address: string;
  /** The flag that sets the address, for the error text. */
  readonly flag: string;
  /** Pages that are told of what is new. */
  readonly streams: Streams;
  /** Where lines go. */
  readonly log: Log;
  /** When to stop. */
  readonly signal: AbortSignal;
  /** Most connections at once. */
  readonly connections?: number;
  /** How long a connection may say nothing, or take nothing. */
  readonly idleMs?: number;
  /** Told the URL; port 0 has become a real one. */
  onListening?(url: string): void;
}

const MOST_CONNECTIONS = 2000;
const IDLE_MS = 30_000;
const HEADERS_MS = 5000;
const MOST_HEADER_BYTES = 8192;
/** What is still sent when we stop may take so long. */
const GRACE_MS = 300;
/** Larger files are not kept in memory while they are sent. */
const MOST_WHOLE = 1 << 20;
/** Looked at again each time, but sent again only if they changed. */
const CHECKED = "public, no-cache";
const FOREVER = "public, max-age=31536000, immutable";

/** Serves until the signal is aborted. */
export async function servePublic(options: ServePublicOptions): Promise<void> {
  const { address, flag, log, signal, onListening, idleMs = IDLE_MS } = options;
  if (signal.aborted) return;
  const server = createServer({
    headersTimeout: Math.min(HEADERS_MS, idleMs),
    requestTimeout: Math.min(HEADERS_MS, idleMs),
    connectionsCheckingInterval: 1000,
    maxHeaderSize: MOST_HEADER_BYTES,
  }, (request, response) => void answer(request, response, options));
  server.maxConnections = options.connections ?? MOST_CONNECTIONS;
  server.on("connection", (socket) => {
    socket.setTimeout(idleMs, () => {
      log.debug("Closed a connection on which nothing moved");
      socket.destroy();
    });
    // A stranger who leaves in between.
    socket.on("error", () => socket.destroy());
  });
  const url = await listen(server, { address, flag });
  log.info(`Serving the public pages on ${url}`);
  onListening?.(url);
  await aborted(signal);
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  await within(GRACE_MS, closed);
  server.closeAllConnections();
  await within(GRACE_MS, closed);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { folder, streams, log }: ServePublicOptions,
): Promise<void> {
  response.on("error", () => response.destroy());
  const { method = "", url = "", headers } = request;
  if (method !== "GET" && method !== "HEAD") {
    return say(response, 405, "Only GET and HEAD are done here", { allow: "GET, HEAD" });
  }
  // Nobody reads it.
  if (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0) {
    return say(response, 413, "Nothing can be sent here");
  }
  if (url.split("?")[0] === "/live" && method === "GET") {
    if (!streams.add(response, HEADERS)) say(response, 503, "Too many listen", { "retry-after": "60" });
    return;
  }
  const file = fileOf(url);
  if (file === undefined) return say(response, 404, "There is nothing here");
  try {
    await sendFile(response, { ...file, folder, isHead: method === "HEAD", known: headers["if-none-match"] });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return say(response, 404, "There is nothing here");
    if (!response.destroyed) log.error(`Cannot answer with ${file.path}: ${reasonOf(error)}`);
    if (!response.headersSent) say(response, 500, "This cannot be read just now");
    else response.destroy();
  }
}

interface Sending extends PublicFile {
  readonly folder: string;
  readonly isHead: boolean;
  /** What the browser has, as it says. */
  readonly known: string | undefined;
}

async function sendFile(
  response: ServerResponse,
  { folder, path, type, isForever, isHead, known }: Sending,
): Promise<void> {
  // Whatever happens to the name meanwhile, this is one file.
  using file = await Deno.open(`${folder}/${path}`);
  const { size, isFile } = await file.stat();
  if (!isFile) throw new Deno.errors.NotFound();
  const whole = size <= MOST_WHOLE ? await read(file, size) : undefined;
  const tag = `"${isForever ? hashOf(path) : hashOf(whole ?? new Uint8Array())}"`;
  const all = { ...HEADERS, etag: tag, "cache-control": isForever ? FOREVER : CHECKED };
  if (isKnown(known, tag)) return void response.writeHead(304, all).end();
  response.writeHead(200, { ...all, "content-type": type, "content-length": String(size) });
  if (isHead) response.end();
  else if (whole !== undefined) response.end(whole);
  else await pipeline(Readable.from(chunksOf(file, size)), response).catch(() => response.destroy());
}

async function read(file: Deno.FsFile, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let at = 0;
  for await (const chunk of chunksOf(file, size)) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** Exactly as much as was announced. */
async function* chunksOf(file: Deno.FsFile, size: number): AsyncGenerator<Uint8Array> {
  for (let left = size; left > 0;) {
    const chunk = new Uint8Array(Math.min(left, 65_536));
    const length = await file.read(chunk);
    if (length === null) throw new Error("It has become shorter");
    left -= length;
    yield chunk.subarray(0, length);
  }
}

function hashOf(bytes: string | Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64url").slice(0, 27);
}

/** A proxy may have made a weak tag of ours. */
function isKnown(known: string | undefined, tag: string): boolean {
  return known?.split(",").some((each) => each.trim().replace(/^W\//, "") === tag) ?? false;
}

function say(
  response: ServerResponse,
  status: number,
  text: string,
  more: Readonly<Record<string, string>> = {},
): void {
  const headers = { ...HEADERS, "cache-control": "no-store", "content-type": "text/plain; charset=utf-8" };
  response.writeHead(status, { ...headers, ...more, connection: "close" }).end(`${text}\n`);
}
