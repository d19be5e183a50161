import type { Version } from "../../proto/bitcoin/mod.ts";
import { pause } from "../../runtime/backoff.ts";
import type { Log } from "../../runtime/log.ts";
import { Connection, type Ending, type Surroundings } from "./connection.ts";
import { contains, type Subnet } from "../../proto/subnet.ts";
import { reasonOf } from "../../runtime/reason.ts";

/** What listening needs. */
export interface ListenOptions {
  /** Where. */
  readonly address: { readonly hostname: string; readonly port: number };
  /** Who may connect. */
  readonly allow: readonly Subnet[];
  /** How many at once. */
  readonly maxConnections: number;
  /** What all connections share. */
  readonly around: Surroundings;
  /** Where lines go. */
  readonly log: Log;
  /** When to stop. */
  readonly signal: AbortSignal;
  /** Told the port. */
  onListening?(port: number): void;
}

const REPEAT_AFTER_MS = 60_000;
const MOST_NOTICES = 100;
const AFTER_FAILED_ACCEPT_MS = 100;

/** What to look at when a connection ended in a way that a setting may have caused. */
const HINTS: { readonly [E in Ending]?: string } = {
  "bad-start": "check that --p2p.network is the node's",
  "other-network": "check that --p2p.network is the node's",
  "no-terminator": "check that --p2p.network is the node's",
  "handshake-timeout": "check that it is a Bitcoin node and that --p2p.network is the node's",
};

/**
 * Accepts nodes until the signal is aborted, and serves each on its own.
 *
 * @throws {Error} If the address cannot be listened on.
 */
export async function listen(options: ListenOptions): Promise<void> {
  const { address, log, signal } = options;
  using listener = bind(address);
  const notices = new Notices(options);
  const open = new Set<Connection>();
  const ended = new Set<Promise<void>>();
  const stop = () => {
    listener.close();
    for (const connection of open) connection.close("stopped");
  };
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const { hostname, port } = listener.addr;
  log.info(`Waiting for nodes on ${withPort(hostname, port)}`);
  options.onListening?.(port);
  for await (const socket of accepted(listener, options)) {
    if (!welcome(socket, open.size, options, notices)) continue;
    const served = serve(socket, open, options, notices).finally(() => ended.delete(served));
    ended.add(served);
  }
  signal.removeEventListener("abort", stop);
  await Promise.all(ended);
}

function bind(address: ListenOptions["address"]): Deno.TcpListener {
  try {
    return Deno.listen(address);
  } catch (cause) {
    const text = withPort(address.hostname, address.port);
    const why = reasonOf(cause);
    throw new Error(`Cannot listen on ${text}: ${why}; set --p2p.address to one that is free`, { cause });
  }
}

/** A connection that breaks before it is accepted, or too many open files, are no reason to stop listening. */
async function* accepted(
  listener: Deno.TcpListener,
  { signal, log, around }: ListenOptions,
): AsyncGenerator<Deno.TcpConn> {
  while (!signal.aborted) {
    try {
      yield await listener.accept();
    } catch (error) {
      if (signal.aborted) return;
      around.count("connections not accepted");
      log.debug(`Cannot accept a connection: ${reasonOf(error)}`);
      await pause(AFTER_FAILED_ACCEPT_MS, signal);
    }
  }
}

/** Whether a connection is served; otherwise it is closed without a byte. */
function welcome(
  socket: Deno.TcpConn,
  open: number,
  { allow, maxConnections, around }: ListenOptions,
  notices: Notices,
): boolean {
  const { hostname } = socket.remoteAddr;
  if (!contains(allow, hostname)) {
    around.count("connections refused (source)");
    notices.say(hostname, `Refused ${hostname}: add it to --p2p.allow if it is your node`);
  } else if (open >= maxConnections) {
    around.count("connections refused (too many)");
    notices.say("too many", `Refused ${hostname}: ${open} nodes are connected, see --p2p.max-connections`);
  } else return true;
  socket.close();
  return false;
}

async function serve(
  socket: Deno.TcpConn,
  open: Set<Connection>,
  { around, log, signal }: ListenOptions,
  notices: Notices,
): Promise<void> {
  const { clock } = around;
  const since = clock.now();
  const node = withPort(socket.remoteAddr.hostname, socket.remoteAddr.port);
  // Pings are small and must leave at once.
  socket.setNoDelay(true);
  const connection = new Connection(socket, {
    ...around,
    onReady: (connection, version) => {
      log.info(`Node ${node} connected: ${described(connection, version)}`);
      around.onReady?.(connection, version);
    },
  });
  open.add(connection);
  if (signal.aborted) connection.close("stopped");
  const ending = await connection.serve();
  open.delete(connection);
  around.count(`connections ended (${ending})`);
  const seconds = Math.round((clock.now() - since) / 1000);
  const hint = HINTS[ending] === undefined ? "" : `; ${HINTS[ending]}`;
  const line = `Node ${node} gone after ${seconds} s: ${ending}${hint}`;
  if (ending === "stopped" || connection.ready && (ending === "closed" || ending === "reset")) log.info(line);
  else notices.say(ending, line);
}

function described({ transport }: Connection, { userAgent = "", version }: Version): string {
  return `${userAgent} over ${transport}, protocol ${version}`;
}

function withPort(hostname: string, port: number): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/** Warnings that a stranger can cause at will: each once a minute, the others for those who debug. */
class Notices {
  readonly #options: ListenOptions;
  readonly #saidAt = new Map<string, number>();

  constructor(options: ListenOptions) {
    this.#options = options;
  }

  say(key: string, line: string): void {
    const { log, around } = this.#options;
    const now = around.clock.now();
    if (now - (this.#saidAt.get(key) ?? -Infinity) < REPEAT_AFTER_MS) return log.debug(line);
    if (this.#saidAt.size >= MOST_NOTICES) this.#saidAt.clear();
    this.#saidAt.set(key, now);
    log.warn(line);
  }
}
