/**
 * What watches a node: name → module. Only what is named is loaded.
 *
 * @module
 */

import type { ComponentTable } from "../runtime/component.ts";

/** The extractors. */
export const extractors = {
  ebpf: () => import("./ebpf/mod.ts"),
  log: () => import("./log/mod.ts"),
  p2p: () => import("./p2p/mod.ts"),
  rpc: () => import("./rpc/mod.ts"),
} satisfies ComponentTable;
