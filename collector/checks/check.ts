/**
 * What every check is told, and how it says what to do.
 *
 * @module
 */

import type { AllValues, Check } from "../../runtime/preset.ts";
import { type Machine, ownUid } from "../find.ts";
import type { Node } from "../node.ts";
import type { Answers } from "./answers.ts";

/** What is known before the checks. */
export interface Sight {
  /** The node that is meant. */
  readonly node: Node | undefined;
  /** Others that run here. */
  readonly others: readonly Node[];
  /** Data directories of other people. */
  readonly strangers: readonly string[];
  /** Values that the components would get. */
  readonly values: AllValues;
  /** What the node says. */
  readonly answers: Answers;
  /** The machine. */
  readonly machine: Machine;
}

/** Something is as it should be. */
export function fine(about: string, what: string): Check {
  return { about, state: "ok", what };
}

/** Something is missing, or broken; `todo` says what to do about it. */
export function wrong(
  state: "warning" | "fault",
  about: string,
  what: string,
  todo: Pick<Check, "advice" | "paste"> = {},
): Check {
  return { about, state, what, ...todo };
}

/**
 * What puts lines into a node's bitcoin.conf and starts it again. They go to the top, where they are in no section.
 */
export function setting(node: Node | undefined, lines: readonly string[]): Pick<Check, "advice" | "paste"> {
  if (node === undefined) {
    return { advice: `Put into the node's bitcoin.conf, and restart it: ${lines.join(", ")}` };
  }
  const { conf } = node;
  const file = quote(conf.path);
  const write = conf.lines.length > 0
    ? `${sudo(conf.path)}sed -i ${quote(`1i ${lines.join("\\n")}`)} ${file}`
    : `printf '%s\\n' ${lines.map(quote).join(" ")} | ${sudo(node.datadir)}tee -a ${file}`;
  return { advice: "Put into bitcoin.conf, and restart the node", paste: `${write}${restart(node)}` };
}

/** What starts a node again, behind another command; empty where nobody knows how it was started. */
export function restart({ process }: Node): string {
  return process?.unit === undefined ? "" : ` && ${sudo("/")}systemctl restart ${quote(process.unit)}`;
}

/** Before a command that changes a file of somebody else's. */
export function sudo(path: string): string {
  const uid = ownUid();
  return uid === 0 || uid !== undefined && ownerOf(path) === uid ? "" : "sudo ";
}

function ownerOf(path: string): number | null | undefined {
  try {
    return Deno.statSync(path).uid;
  } catch {
    return undefined;
  }
}

/** A line for one chain: some settings count only where the chain is named. */
export function ofChain({ chain }: Node, line: string): string {
  return chain.name === "main" ? line : `${chain.name}.${line}`;
}

/** A word for a shell, whatever is in it: paths come from other people's command lines, too. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
