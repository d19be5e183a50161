/**
 * What people look at: name → module. Only what is named is loaded.
 *
 * @module
 */

import type { ComponentTable } from "../runtime/component.ts";

/** The tools. */
export const tools = {
  alerts: () => import("./alerts/mod.ts"),
  archive: () => import("./archive/mod.ts"),
  archiveinfo: () => import("./archiveinfo/mod.ts"),
  export: () => import("./export/mod.ts"),
  "connectivity-check": () => import("./connectivity-check/mod.ts"),
  logger: () => import("./logger/mod.ts"),
  metrics: () => import("./metrics/mod.ts"),
  redact: () => import("./redact/mod.ts"),
  replay: () => import("./replay/mod.ts"),
  websocket: () => import("./websocket/mod.ts"),
} satisfies ComponentTable;
