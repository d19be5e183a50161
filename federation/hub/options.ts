/**
 * Options that the hub and its commands share.
 *
 * @module
 */

import { type OptionTable, path } from "../../runtime/options.ts";

/** Where the hub is. */
export const FOLDER = {
  folder: path(
    "Folder with the hub's key and everything it keeps, made where it is missing",
    "~/.waggle/hub",
  ),
} satisfies OptionTable;
