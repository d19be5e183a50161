/**
 * Options that the uplink and its commands share, and what they have in common.
 *
 * @module
 */

import { list, type Option, type OptionTable, path } from "../../runtime/options.ts";
import { UplinkFolder } from "./folder.ts";

/** Where the operator's things are. */
export const FOLDER = {
  folder: path("Folder with the operator's key and everything the uplink keeps", "~/.waggle/uplink"),
} satisfies OptionTable;

/** A word on the command line that belongs to no option: `uplink join INVITATION`. */
export function words(help: string, placeholder: string): Option<readonly string[]> {
  return { ...list(help, [], { placeholder }), takesWords: true };
}

/** The folder, which has to be there. */
export function openFolder(path: string): UplinkFolder {
  const folder = new UplinkFolder(path);
  if (!folder.exists()) {
    throw new Error(`Cannot open "${path}": there is nothing; run \`uplink keygen\` or set --uplink.folder`);
  }
  return folder;
}
