/**
 * Finds the node of this machine: among what runs, else in the folders where nodes keep their files.
 *
 * @module
 */

import { join } from "@std/path";
import { type Chain, chainOf, CHAINS } from "./chains.ts";
import { readBounded } from "./conf.ts";
import { datadirOf, defaultDatadir, type Node, readNode } from "./node.ts";
import { type NodeProcess, runningNodes } from "./processes.ts";

/** What somebody said about the node. */
export interface Wanted {
  /** `--datadir`. */
  readonly datadir?: string | undefined;
  /** `--chain`. */
  readonly chain?: string | undefined;
  /** A file of the node that was named: its cookie, its debug.log. */
  readonly file?: string | undefined;
}

/** What was found. */
export interface Finding {
  /** The node that is meant, as far as anybody can tell. */
  readonly node: Node | undefined;
  /** Other nodes that run here. */
  readonly others: readonly Node[];
  /** Data directories of other people, which are taken only when they are named. */
  readonly strangers: readonly string[];
}

/** What this machine says, to be put in by tests. */
export interface Machine {
  /** The home folder of who runs this. */
  readonly home: string | undefined;
  /** Who runs this. */
  readonly uid: number | undefined;
  /** The text of /etc/passwd. */
  readonly passwd: string;
  /** The nodes that run. */
  readonly processes: readonly NodeProcess[];
}

/** Looks at the machine. */
export async function lookAround(home: string | undefined): Promise<Machine> {
  const passwd = readBounded("/etc/passwd");
  return {
    home,
    uid: ownUid(),
    passwd: typeof passwd === "string" ? passwd : "",
    processes: await runningNodes(),
  };
}

/** Lower numbers belong to the system. */
const FIRST_PERSON = 1000;
const MOST_PEOPLE = 1000;
/** Folders of packages and of guides for a node with a user of its own. */
const USUAL_FOLDERS = ["/var/lib/bitcoind", "/var/lib/bitcoin", "/srv/bitcoin", "/data/bitcoin"];

/** The node that is meant. */
export function findNode(wanted: Wanted, machine: Machine): Finding {
  const asked = wishOf(wanted);
  const running = machine.processes
    .map((process) => readNode({ process, defaultDatadir: defaultDatadir(homeOf(process.uid, machine)) }));
  const fits = running.filter((node) => matches(node, asked, machine))
    .toSorted((a, b) => rank(a, machine) - rank(b, machine) || a.process!.pid - b.process!.pid);
  const node = fits[0] ?? resting(asked, machine);
  const strangers = running.filter(({ process }) => !isTrusted(process!.uid, machine)).map(({ datadir }) =>
    datadir
  );
  return {
    node,
    others: running.filter((other) => other !== node && isTrusted(other.process!.uid, machine)),
    strangers: [...new Set([...strangers, ...node === undefined ? foldersOfPeople(machine) : []])],
  };
}

interface Wish {
  readonly datadir: string | undefined;
  readonly chain: Chain | undefined;
}

function wishOf({ datadir, chain, file }: Wanted): Wish {
  const byFile = datadir === undefined && file !== undefined ? datadirOf(file, CHAINS) : undefined;
  return {
    datadir: withoutEnd(datadir ?? byFile?.datadir),
    chain: chain === undefined ? byFile?.chain : chainOf(chain),
  };
}

function matches(node: Node, { datadir, chain }: Wish, machine: Machine): boolean {
  const isMeant = datadir === undefined
    ? isTrusted(node.process!.uid, machine)
    : realPath(node.datadir) === realPath(datadir);
  return isMeant && (chain === undefined || node.chain === chain);
}

/**
 * Whether a node of this user is taken without being named. A node's settings say which file is its cookie, and to
 * which port we send what is in there: with that anybody with an account here could read our files.
 */
function isTrusted(uid: number, machine: Machine): boolean {
  return uid === machine.uid || uid < FIRST_PERSON ||
    userOf(uid, machine)?.[0]?.startsWith("bitcoin") === true;
}

/** Whoever keeps a node in the own folder means that one, else the own; else the one that has most to tell. */
function rank({ datadir, process, chain }: Node, { home, uid }: Machine): number {
  const isHome = home !== undefined && realPath(datadir) === realPath(defaultDatadir(home));
  return (isHome ? 0 : process?.uid === uid ? 10 : 20) + CHAINS.indexOf(chain);
}

/** A node that does not run: the folder that was named, or the first of the usual ones that is there. */
function resting({ datadir, chain }: Wish, machine: Machine): Node | undefined {
  const args = chain === undefined ? undefined : [`-chain=${chain.name}`];
  const folders = datadir === undefined ? usualFolders(machine) : [datadir];
  const folder = folders.find(isFolder);
  return folder === undefined ? undefined : readNode({ datadir: folder, args, defaultDatadir: folder });
}

/** Own, and those of nodes with a user of their own. */
function usualFolders({ home, passwd }: Machine): string[] {
  const homes = users(passwd).filter(([name]) => name?.startsWith("bitcoin")).map(([, , , , , home]) =>
    home ?? ""
  );
  return [...home === undefined ? [] : [home], ...homes].map(defaultDatadir).concat(USUAL_FOLDERS);
}

function foldersOfPeople({ home, passwd }: Machine): string[] {
  return users(passwd)
    .filter(([, , uid, , , folder]) =>
      Number(uid) >= FIRST_PERSON && folder !== home && folder?.startsWith("/")
    )
    .map(([, , , , , folder]) => defaultDatadir(folder!)).slice(0, MOST_PEOPLE).filter(isFolder);
}

function homeOf(uid: number, machine: Machine): string {
  return userOf(uid, machine)?.[5] ?? "/";
}

function userOf(uid: number, { passwd }: Machine): string[] | undefined {
  return users(passwd).find((user) => user[2] === String(uid));
}

/** Name, password, number, group, remark, home. */
function users(passwd: string): string[][] {
  return passwd.split("\n").map((line) => line.split(":"));
}

/** Who runs this; `undefined` where Deno may not tell. */
export function ownUid(): number | undefined {
  try {
    return Deno.uid() ?? undefined;
  } catch {
    return undefined;
  }
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** The same folder may be named in two ways. */
function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return withoutEnd(path)!;
  }
}

function withoutEnd(path: string | undefined): string | undefined {
  return path !== undefined && path.length > 1 ? path.replace(/\/+$/, "") : path;
}

/** The socket of the unit that runs bpftrace apart, see deploy/systemd. */
export const FEEDER_SOCKET = "/run/waggle/ebpf.sock";

/** What the node says about options that nobody set, by component. */
export function valuesOf(
  node: Node,
  { several }: { several: boolean },
): Record<string, Record<string, string>> {
  const { settings, cookieFile, debugLog, process } = node;
  const challenge = settings.get("signetchallenge");
  const [user, password] = [settings.get("rpcuser"), settings.get("rpcpassword")];
  const login: Record<string, string> = cookieFile !== undefined
    ? { cookieFile }
    : user && password
    ? { user, password }
    : {};
  const binary = process?.binary ?? installed();
  return {
    rpc: { url: node.rpcUrl, ...login },
    ...debugLog !== undefined && { log: { file: debugLog } },
    p2p: {
      network: node.chain.network,
      ...challenge !== undefined && node.chain.name === "signet" && { signetChallenge: challenge },
    },
    ebpf: {
      ...binary !== undefined && { bitcoind: binary },
      ...process !== undefined && several && { pid: String(process.pid) },
      ...isThere(FEEDER_SOCKET) && { input: FEEDER_SOCKET },
    },
  };
}

function installed(): string | undefined {
  return ["/usr/local/bin", "/usr/bin", "/opt/bitcoin/bin"].map((folder) => join(folder, "bitcoind")).find(
    isThere,
  );
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
