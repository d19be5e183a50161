/**
 * Options that belong to no single component, and the bus they describe.
 *
 * @module
 */

import { isNodeName } from "../proto/subjects.ts";
import type { Bus } from "./bus/bus.ts";
import type { NatsOptions } from "./bus/nats.ts";
import { MemoryBus } from "./bus/memory.ts";
import { LEVELS, type Log } from "./log.ts";
import { choice, flag, list, type OptionTable, path, secret, text, type Values } from "./options.ts";
import { reasonOf } from "./reason.ts";

/** Options of every command. */
export const COMMON = {
  bus: text(
    "Where events travel: memory, or nats://HOST:PORT (default: memory for several components in one process, else nats://127.0.0.1:4222)",
  ),
  node: list(
    "Node observed here; tools also take several names, or * for all. Without it, the subjects of the Rust tools",
    [],
    {
      placeholder: "NAME",
      check(name) {
        if (name !== "*" && !isNodeName(name)) throw new SyntaxError("expected letters, digits, - and _");
      },
    },
  ),
  config: path("Configuration file (JSON); flags and variables win over it"),
  check: flag("Only look whether the options are right; start nothing"),
  logLevel: choice("Least important log lines to show", "info", LEVELS),
  logJson: flag("Log lines as JSON, one object each"),
} satisfies OptionTable;

/** How to log in to a NATS server. */
export const NATS = {
  user: text("User name; without it the password is ignored"),
  password: secret("Password; wins over the password file"),
  passwordFile: path("File that holds the password; white space around it is cut"),
  creds: path("Credentials file (JWT and seed)"),
  nkeyFile: path("File that holds an nkey seed"),
  tlsCa: path("Certificate of the authority that signed the server's"),
  tlsCert: path("Our own certificate, where the server asks for one"),
  tlsKey: path("Key of our own certificate"),
} satisfies OptionTable;

/** Where `--bus` points when nobody says so and only one component runs here. */
export const DEFAULT_NATS = "nats://127.0.0.1:4222";

/** Whether a bus is on this machine, in part at least. */
export function isHere(url: string): boolean {
  const hosts = url.split(",").map((server) => URL.parse(server.trim())?.hostname ?? "");
  return url === "memory" || hosts.some(isLoopback);
}

/** Whether a host name or address is this machine's own. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?|)$/i.test(host);
}

/** Opens the bus that the options describe; `names` as for {@linkcode natsLogin}. */
export async function openBus(
  url: string,
  nats: Values<typeof NATS>,
  { log, signal, names }: { log: Log; signal: AbortSignal; names?: string },
): Promise<Bus> {
  if (url === "memory") return new MemoryBus();
  // Loaded only when wanted: the in-process bus shall start without it.
  const { openNatsBus } = await import("./bus/nats.ts");
  return await openNatsBus({ ...natsLogin(url, nats, names), log, signal });
}

/** What a server needs to be told; files are read now. `names` are those of the password's variable and option. */
export function natsLogin(
  url: string,
  nats: Values<typeof NATS>,
  names = "WAGGLE_NATS_PASSWORD or --nats.password-file",
): Omit<NatsOptions, "log" | "signal"> {
  const read = (file: string | undefined) => file === undefined ? undefined : readSetting(file);
  if (nats.user !== undefined && nats.password === undefined && nats.passwordFile === undefined) {
    throw new TypeError(`NATS user "${nats.user}" has no password: set ${names}`);
  }
  const tls = { ca: read(nats.tlsCa), cert: read(nats.tlsCert), key: read(nats.tlsKey) };
  const wantsTls = url.startsWith("tls://") || Object.values(tls).some((text) => text !== undefined);
  return {
    servers: url.split(",").map((server) => server.trim()),
    user: nats.user,
    password: nats.password ?? read(nats.passwordFile)?.trim(),
    credentials: read(nats.creds),
    nkeySeed: read(nats.nkeyFile),
    tls: wantsTls ? tls : undefined,
  };
}

function readSetting(file: string): string {
  try {
    return Deno.readTextFileSync(file);
  } catch (cause) {
    throw new TypeError(`Cannot read "${file}": ${reasonOf(cause)}`, {
      cause,
    });
  }
}
