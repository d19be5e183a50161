import type { Rpc } from "../../../proto/schema.ts";
import type { Note } from "../json.ts";

/** What an answer becomes. */
export type RpcEvent = NonNullable<Rpc["rpcEvent"]>;

/** Turns an answer into an event; throws if its shape is wrong as a whole. */
export type ToEvent = (answer: unknown, note: Note, params: readonly unknown[]) => RpcEvent;

/** Looks at answers for which the schema has no event, and remembers what it needs. */
export type Watch = (answer: unknown, note: Note, context: WatchContext) => void;

/** What a watch may do besides looking. */
export interface WatchContext {
  /** Where its lines go. */
  readonly log: { readonly [L in "info" | "warn"]: (message: string) => void };
  /** Counts something. */
  count(what: string): void;
}
