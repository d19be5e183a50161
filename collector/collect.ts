/**
 * What a look at this machine gives: values for the options that nobody set, and whether everything will work.
 *
 * @module
 */

import type { Asked, Found } from "../runtime/preset.ts";
import { ask, type RpcOptions } from "./checks/answers.ts";
import { examine } from "./checks/mod.ts";
import { findNode, lookAround, valuesOf } from "./find.ts";
import type { Node } from "./node.ts";

/** Files of a node that may have been named, which tell what node is meant. */
const FILES = [["rpc", "cookieFile", "--rpc.cookie-file"], ["log", "file", "--log.file"]] as const;

/** Finds the node that is meant. */
export async function find({ values, given, home }: Asked): Promise<Found> {
  const { datadir, chain, without } = values[""] as {
    datadir: string | undefined;
    chain: string;
    without: readonly string[];
  };
  const named = FILES.find(([, , flag]) => given.has(flag));
  const machine = await lookAround(home);
  const finding = findNode({
    datadir,
    chain: chain === "any" ? undefined : chain,
    file: named === undefined ? undefined : values[named[0]]![named[1]] as string,
  }, machine);
  const { node, others } = finding;
  return {
    values: node === undefined ? {} : {
      "": { datadir: node.datadir, chain: node.chain.name },
      ...valuesOf(node, { several: others.length > 0 }),
    },
    headline: headline(node),
    // A node that does not run yet writes its cookie and its log when it starts.
    waiting: node === undefined ? [] : ["rpc", "log"],
    without,
    async check(values, signal) {
      const answers = await ask(values["rpc"] as unknown as RpcOptions, signal);
      return await examine({ ...finding, values, answers, machine }, without);
    },
  };
}

function headline(node: Node | undefined): string {
  if (node === undefined) return "Found no node on this machine";
  const { process, chain, datadir } = node;
  const found = process === undefined ? "the folder of a node:" : `a node: process ${process.pid}`;
  return `Found ${found} on ${chain.name}, data in "${datadir}"`;
}
