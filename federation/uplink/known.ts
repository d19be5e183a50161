/**
 * What the operator's files know of addresses: whose they are, and which are bad. None of it leaves.
 *
 * @module
 */

import { Asmap } from "../../proto/asmap.ts";
import { parseSubnetList } from "../../proto/subnet_list.ts";
import { SubnetSet } from "../../proto/subnet_set.ts";
import type { Log } from "../../runtime/log.ts";
import { reasonOf } from "../../runtime/reason.ts";
import type { AddressList, AutonomousSystems } from "../summary/mod.ts";

/** Reads the files that were named. */
export function readKnown(
  { asmap, lists }: { asmap: string | undefined; lists: readonly string[] },
  log: Log,
): { asmap: AutonomousSystems | undefined; lists: AddressList[] } {
  return {
    asmap: asmap === undefined ? undefined : new Asmap(read(asmap, "--uplink.asmap")),
    lists: lists.map((path) => {
      const text = new TextDecoder().decode(read(path, "--uplink.lists"));
      const { entries, refused, firstRefused } = parseSubnetList(text);
      if (refused > 0) {
        log.warn(`${refused} lines of "${path}" make no sense, the first is "${firstRefused}"`);
      }
      return new SubnetSet(entries);
    }),
  };
}

function read(path: string, flag: string): Uint8Array {
  try {
    return Deno.readFileSync(path);
  } catch (cause) {
    const why = reasonOf(cause);
    throw new Error(`Cannot read "${path}": ${why}; set ${flag} to a file that is there`, { cause });
  }
}
