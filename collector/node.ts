/**
 * One node: where its things are, from its command line and its bitcoin.conf.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import type { Chain } from "./chains.ts";
import { absolute, type ConfFile, readConf } from "./conf.ts";
import type { NodeProcess } from "./processes.ts";
import { Settings } from "./settings.ts";

/** What is known of a node without asking it. */
export interface Node {
  /** Its process, if it runs. */
  readonly process: NodeProcess | undefined;
  /** Its data directory. */
  readonly datadir: string;
  /** Where its files for its chain are. */
  readonly folder: string;
  /** Its configuration file. */
  readonly conf: ConfFile;
  /** Its settings. */
  readonly settings: Settings;
  /** Its chain. */
  readonly chain: Chain;
  /** Its cookie file; `undefined` where a user and a password in bitcoin.conf stand in for it, or it is switched off. */
  readonly cookieFile: string | undefined;
  /** Its debug.log; `undefined` where it writes none. */
  readonly debugLog: string | undefined;
  /** Address of its RPC interface. */
  readonly rpcUrl: string;
}

/** What to go by. */
export interface NodeHints {
  /** A running node. */
  readonly process?: NodeProcess | undefined;
  /** The data directory, where somebody named it. */
  readonly datadir?: string | undefined;
  /** Options as on its command line, for a node that does not run. */
  readonly args?: readonly string[] | undefined;
  /** The data directory of who says nothing. */
  readonly defaultDatadir: string;
}

/** Reads what there is to know about a node. */
export function readNode({ process, datadir, args = process?.args ?? [], defaultDatadir }: NodeHints): Node {
  const typed = new Settings(args, []);
  const base = datadir ?? typed.get("datadir") ?? defaultDatadir;
  const confPath = absolute(typed.get("conf") ?? "bitcoin.conf", base);
  const first = readConf(confPath, base);
  // The file may send the node to another folder, which then is what relative paths count from.
  const home = datadir ?? typed.get("datadir") ?? new Settings(args, first.lines).get("datadir") ?? base;
  const conf = home === base ? first : readConf(confPath, home);
  const settings = new Settings(args, conf.lines);
  const folder = join(home, settings.chain.folder);
  return {
    process,
    datadir: home,
    folder,
    conf,
    settings,
    chain: settings.chain,
    cookieFile: cookieFile(settings, folder),
    debugLog: logFile(settings, folder),
    rpcUrl: rpcUrl(settings),
  };
}

/** The default data directory of a home folder. */
export function defaultDatadir(home: string): string {
  return join(home, ".bitcoin");
}

/** The data directory that a file for a chain lies in: the folder above, if its own is that of a chain. */
export function datadirOf(file: string, chains: readonly Chain[]): { datadir: string; chain?: Chain } {
  const folder = dirname(file);
  const chain = chains.find((chain) => chain.folder !== "" && folder.endsWith(`/${chain.folder}`));
  return chain === undefined ? { datadir: folder } : { datadir: dirname(folder), chain };
}

function cookieFile(settings: Settings, folder: string): string | undefined {
  if (settings.get("rpcpassword")) return undefined;
  const set = settings.get("rpccookiefile");
  return set === "0" ? undefined : absolute(set || ".cookie", folder);
}

function logFile(settings: Settings, folder: string): string | undefined {
  const set = settings.get("debuglogfile");
  return set === "0" ? undefined : absolute(set || "debug.log", folder);
}

/** An address to which the node listens; its own machine where it can be. */
function rpcUrl(settings: Settings): string {
  const port = Number(settings.get("rpcport")) || settings.chain.rpcPort;
  const bound = settings.all("rpcbind").map((address) => hostAndPort(address, port));
  const isHere = ({ host }: { host: string }) =>
    ["127.0.0.1", "0.0.0.0", "localhost", "::1", "::"].includes(host);
  // It listens elsewhere only where rpcallowip= is set, too.
  const chosen = settings.all("rpcallowip").length === 0 ? undefined : bound.find(isHere) ?? bound[0];
  if (chosen === undefined || isHere(chosen) && !chosen.host.includes(":")) {
    return `http://127.0.0.1:${chosen?.port ?? port}`;
  }
  if (isHere(chosen)) return `http://[::1]:${chosen.port}`;
  return `http://${chosen.host.includes(":") ? `[${chosen.host}]` : chosen.host}:${chosen.port}`;
}

function hostAndPort(address: string, byDefault: number): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(address);
  return match === null
    ? { host: address, port: byDefault }
    : { host: (match[1] ?? match[2])!, port: Number(match[3] ?? byDefault) };
}
