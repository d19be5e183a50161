/**
 * Waggle watches the Bitcoin P2P network for attacks from honeynodes. As a program this module is the command line;
 * as a library it gives out the event codec, the P2P wire format and the shape of a component.
 *
 * @example Read an event that a peer-observer deployment published
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { peek } from "./mod.ts";
 *
 * const bytes = Uint8Array.fromHex("120318b96050fbd095ffbc31");
 * const seen = peek(bytes);
 * assertEquals(seen.ok && seen.subject, "rpc");
 * ```
 *
 * @module
 */

import config from "./deno.json" with { type: "json" };
import { collector, doctor } from "./collector/mod.ts";
import { extractors } from "./extractors/mod.ts";
import { federation } from "./federation/mod.ts";
import { main, type Program } from "./runtime/cli.ts";
import { tools } from "./tools/mod.ts";

export * as bitcoin from "./proto/bitcoin/mod.ts";
export type { RefusalReason as MessageRefusalReason } from "./proto/bitcoin/mod.ts";
export * from "./proto/event.ts";
export * from "./proto/fee_rate.ts";
export { type MessageContent, type MessageEventResult, toMessageEvent } from "./proto/message_event.ts";
export * from "./proto/schema.ts";
export * from "./proto/subjects.ts";
export type { RefusalReason } from "./proto/reader.ts";
export type { Bus, BusStats, Delivery, Subscription } from "./runtime/bus/bus.ts";
export {
  type Component,
  component,
  type ComponentTable,
  type Context,
  type Permissions,
} from "./runtime/component.ts";
export type { Program } from "./runtime/cli.ts";
export type { AllValues, Asked, Check, Found, Preset } from "./runtime/preset.ts";
export { type Command, command, type CommandContext, type CommandTable } from "./runtime/command.ts";
export { type Level, LEVELS, type Log as ComponentLog } from "./runtime/log.ts";
export * from "./runtime/options.ts";
export type { RunStatistics, Snapshot } from "./runtime/statistics.ts";

/** Everything that can be run, and how. */
export const program: Program = {
  version: config.version,
  components: { ...extractors, ...tools, ...federation },
  sources: [...Object.keys(extractors), "replay"],
  presets: { collector, doctor },
  worker: new URL("./worker.ts", import.meta.url),
};

if (import.meta.main) Deno.exit(await main(program, Deno.args));
