/**
 * What makes a network view out of many operators' events: name → module. Only what is named is loaded.
 *
 * @module
 */

import type { ComponentTable } from "../runtime/component.ts";

/** The parts of the federation that run. */
export const federation = {
  contribute: () => import("./contribute/mod.ts"),
  hub: () => import("./hub/mod.ts"),
  randomness: () => import("./randomness/mod.ts"),
  uplink: () => import("./uplink/mod.ts"),
} satisfies ComponentTable;
