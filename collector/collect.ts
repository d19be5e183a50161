/**
 * What a look at this machine gives: values for the options that nobody set, and whether everything will work.
 *
 * @module
 */

import type { Asked, Found } from "../runtime/preset.ts";
import { ask, type RpcOptions } from "./checks/answers.ts";
import { examine } from "./checks/mod.ts";
import { findNode, lookAround, valuesOf } from "./find.ts";

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
    without,
    async check(values) {
      const answers = await ask(values["rpc"] as unknown as RpcOptions);
      return await examine({ ...finding, values, answers, machine }, without);
    },
  };
}
