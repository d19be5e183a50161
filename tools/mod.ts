/**
 * What people look at: name → module. Only what is named is loaded.
 *
 * @module
 */

import type { ComponentTable } from "../runtime/component.ts";

/** The tools. */
export const tools = {
  alerts: () => import("./alerts/mod.ts"),
  logger: () => import("./logger/mod.ts"),
} satisfies ComponentTable;
