/**
 * Nodes that run on this machine. Deno lets nobody without all rights look into /proc, so `ps` is asked.
 *
 * @module
 */

import { normalize } from "node:path";

/** A running node. */
export interface NodeProcess {
  /** Its number. */
  readonly pid: number;
  /** Whose it is. */
  readonly uid: number;
  /** Its arguments, without the program. */
  readonly args: readonly string[];
  /** The program as it was typed. */
  readonly program: string;
  /** The program's file, where we may know it. */
  readonly binary?: string;
  /** The unit that systemd started it as. */
  readonly unit?: string;
}

/** What a node's process is called; under a loader of its own it has the loader's name. */
const NAME = /^(?:bitcoind|bitcoin-node|bitcoin-qt)$/;
const LOADER = /^ld-/;
/** A stranger may start any number of processes with this name. */
const MOST_PROCESSES = 50;
const MOST_BYTES = 1 << 20;

/** The nodes that run here; none where there is no `ps`. */
export async function runningNodes(): Promise<NodeProcess[]> {
  const nodes = parseProcesses(await ps(["-A", "-o", "pid=,uid=,comm=,args="]));
  if (nodes.length === 0) return [];
  const pids = nodes.map(({ pid }) => pid).join(",");
  const [binaries, units] = await Promise.all(
    ["exe", "unit"].map(async (column) => byPid(await ps(["-p", pids, "-o", `pid=,${column}=`]))),
  );
  return nodes.map(({ comm, ...node }) => {
    const unit = units!.get(node.pid) ?? "";
    return {
      ...node,
      ...path(LOADER.test(comm) ? "" : binaries!.get(node.pid) ?? "") ?? path(node.program),
      // A unit of a user's own session says nothing about the node.
      ...unit.endsWith(".service") && !unit.startsWith("user@") && { unit },
    };
  });
}

function byPid(table: string): Map<number, string> {
  const rows = table.split("\n").map((line) => /^\s*(\d{1,9})\s+(.*\S)\s*$/.exec(line));
  return new Map(rows.filter((row) => row !== null).map(([, pid, text]) => [Number(pid), text!]));
}

function path(text: string): { binary: string } | undefined {
  // The file of a running program may have been replaced; its path is the new one's.
  return text.startsWith("/") ? { binary: normalize(text.replace(/ \(deleted\)$/, "")) } : undefined;
}

/**
 * Nodes among the lines of `ps -o pid=,uid=,comm=,args=`. It puts spaces between arguments, so that one inside a path
 * looks the same; an option of a node begins with `-`, which tells them apart well enough.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const table = "  1 0 init /sbin/init\n 42 1000 bitcoind bitcoind -datadir=/srv/my node -regtest\n";
 * assertEquals(parseProcesses(table), [
 *   { pid: 42, uid: 1000, comm: "bitcoind", program: "bitcoind", args: ["-datadir=/srv/my node", "-regtest"] },
 * ]);
 * ```
 */
export function parseProcesses(text: string): (Omit<NodeProcess, "binary" | "unit"> & { comm: string })[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*(\d{1,9})\s+(\d{1,10})\s+(\S+)\s+(.*)$/.exec(line);
    if (match === null) return [];
    const [, pid, uid, comm, all] = match as string[];
    if (!NAME.test(comm!) && !LOADER.test(comm!)) return [];
    const command = LOADER.test(comm!) ? behindLoader(all!) : all!.trim();
    const [program, ...args] = command.split(/ (?=-)/);
    return program === undefined || program === ""
      ? []
      : [{ pid: Number(pid), uid: Number(uid), comm: comm!, program, args }];
  }).slice(0, MOST_PROCESSES);
}

/** `ld-linux-x86-64.so.2 --library-path /lib /usr/bin/bitcoind -regtest` runs what comes after its own options. */
function behindLoader(command: string): string {
  const words = command.split(" ");
  const at = words.findIndex((word) => NAME.test(word.split("/").at(-1)!));
  return at < 0 ? "" : words.slice(at).join(" ");
}

/** What `ps` says; nothing where it cannot. */
async function ps(args: string[]): Promise<string> {
  try {
    const child = new Deno.Command("ps", {
      args: ["-ww", ...args],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of child.stdout) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > MOST_BYTES) break;
    }
    await child.status;
    return text;
  } catch {
    return "";
  }
}
