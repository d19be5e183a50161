/**
 * The collector: everything that watches the node of this machine, which it finds itself; and the doctor, which tells
 * whether that will work.
 *
 * @module
 */

import { choice, flag, list, type OptionTable, path } from "../runtime/options.ts";
import type { Preset } from "../runtime/preset.ts";
import { CHAINS } from "./chains.ts";

const COMPONENTS = ["ebpf", "rpc", "p2p", "log", "logger", "alerts", "metrics", "websocket"];

/** What tells which node is meant. */
const options = {
  datadir: path("The node's data directory (default: that of a node that runs here, or of this user)"),
  chain: choice("The node's chain", "any", ["any", ...CHAINS.map(({ name }) => name)]),
  without: list("Components to leave out", [], {
    placeholder: "NAME,…",
    check(name) {
      if (!COMPONENTS.includes(name)) throw new SyntaxError(`expected some of ${COMPONENTS.join(", ")}`);
    },
  }),
} satisfies OptionTable;

/** `deno task collector`. */
export const collector: Preset = {
  summary: "Everything that watches one node, with a log, alerts, metrics and live pages",
  components: COMPONENTS,
  options,
  find: async (asked) => (await import("./collect.ts")).find(asked),
};

/** `deno task doctor`. */
export const doctor: Preset = {
  summary: "Tells whether the collector would see everything here, and what to do where it would not",
  components: COMPONENTS,
  options: {
    ...options,
    json: flag("One JSON object instead of a table"),
    printConfig: flag("Print what was found as a configuration file, for --config; look at nothing else"),
  },
  find: async (asked) => (await import("./collect.ts")).find(asked),
  report: async (...args) => (await import("./report.ts")).report(...args),
};
