/**
 * The one shape everything that runs has: a summary, a table of options, one function.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { integer } from "./options.ts";
 *
 * const beat = component({
 *   summary: "Emits an uptime once a second",
 *   example: "beat --beat.interval-ms 500",
 *   options: { intervalMs: integer("Time between two beats", 1000, { min: 1 }) },
 *   async run({ options, emit, signal }) {
 *     while (!signal.aborted) {
 *       emit({ timestamp: Date.now(), kind: "rpc", value: { rpcEvent: { case: "uptime", value: 1 } } });
 *       await new Promise((done) => setTimeout(done, options.intervalMs));
 *     }
 *   },
 * });
 * assertEquals(beat.options.intervalMs.default, 1000);
 * ```
 *
 * @module
 */

import type { Event } from "../proto/event.ts";
import type { Kind } from "../proto/subjects.ts";
import type { Delivery } from "./bus/bus.ts";
import type { CommandTable } from "./command.ts";
import type { Log } from "./log.ts";
import type { OptionTable, Values } from "./options.ts";
import type { RunStatistics } from "./statistics.ts";

/** Anything the observer runs. */
export interface Component<O extends OptionTable = OptionTable> {
  /** What it does, one line, no full stop. */
  readonly summary: string;
  /** A command line worth copying, after `deno run mod.ts`. */
  readonly example: string;
  /** Its settings. */
  readonly options: O;
  /** A job ends by itself and fails for good; anything else runs until it is stopped and is restarted when it fails. */
  readonly job?: boolean;
  /** Neither emits nor listens: alone it needs no server, and what it prints is all it has to say. */
  readonly offBus?: boolean;
  /** What else can be done with it: `uplink keygen`. */
  readonly commands?: CommandTable;
  /** What it may touch besides the bus; by default nothing. */
  permissions?(options: Values<O>): Permissions;
  /** What is wrong with options that are each right by themselves; nothing starts while there is something. */
  check?(options: Values<O>): readonly string[];
  /**
   * What keeps it from working on this machine and what to do about it, in one line. Only a preset such as
   * `collector` asks, and leaves the component out; one that was named is started whatever is missing.
   */
  missing?(options: Values<O>): Promise<string | undefined>;
  /** Runs until the signal is aborted (or the job is done), then flushes and resolves. */
  run(context: Context<O>): Promise<void>;
}

/** What a running component is handed. */
export interface Context<O extends OptionTable = OptionTable> {
  /** Typed and checked; from flag > variable > file > default. */
  readonly options: Values<O>;
  /** Aborted = stop, flush, resolve. */
  readonly signal: AbortSignal;
  /** Nodes whose events it may listen to, as they were named: none for the subjects of the Rust tools, `*` for all. */
  readonly nodes: readonly string[];
  /** Whether events come from this machine, so that a node may be here too: unless the bus is a server elsewhere. */
  readonly isBesideBus: boolean;
  /** Its own log. */
  readonly log: Log;
  /** Puts an event on the bus; never blocks. */
  emit(event: Event): void;
  /** Puts an already encoded event on the bus. */
  forward(kind: Kind, data: Uint8Array): void;
  /**
   * Resolves when what was put on the bus has been taken far enough for a burst of a thousand events to fit; at once
   * when it is time to stop. For a replay, which would outrun everybody: what happens now cannot wait.
   */
  room(): Promise<void>;
  /** Tells an alert about a node to whoever listens on the bus; `alertSubjectOf` says where. */
  announce(alert: object, node?: string): void;
  /** Events of these kinds (all when none is named) of the chosen nodes; its queue exists once iterated. */
  subscribe(...kinds: Kind[]): AsyncIterable<Delivery>;
  /** Counts something worth knowing: a refusal, a loss, a retry. Shown with the component's statistics. */
  count(what: string, by?: number): void;
  /** The numbers of the whole process now: its bus, its components. Never resolves once the process stops. */
  statistics(): Promise<RunStatistics>;
}

/** What a component touches, in Deno's own terms. Nothing is granted that is not listed. */
export interface Permissions {
  /** Programs it may start. */
  readonly run?: readonly string[];
  /** Addresses it may connect to or listen on. */
  readonly net?: readonly string[];
  /** Connects to any address: only where its user asked for that. */
  readonly anywhere?: boolean;
  /** Paths it may read. */
  readonly read?: readonly string[];
  /** Paths it may write. */
  readonly write?: readonly string[];
  /** Environment variables it may read. */
  readonly env?: readonly string[];
}

/** A table of components: literal specifiers need no read permission, and only what was named is loaded. */
export type ComponentTable = Readonly<Record<string, () => Promise<{ default: Component }>>>;

/** Gives a component its types. */
export function component<const O extends OptionTable>(definition: Component<O>): Component<O> {
  return definition;
}
