/**
 * The shape of a rule: what it is for, what it sees, what it measures. When that becomes an alert, and when the alert
 * ends, is decided in one place for all of them (`condition.ts`).
 *
 * @module
 */

import type { Payloads } from "../../proto/event.ts";
import type { Metadata } from "../../proto/schema.ts";
import type { BandOptions, Judgement } from "./band.ts";

/** How soon a person should look. */
export type Severity = "info" | "warning" | "critical";

/** An anomaly that can be told from events. */
export interface Rule {
  /** Kebab-case; what it is called everywhere. */
  readonly name: string;
  /** What it measures and when it fires, in a few words, for the table in the README. */
  readonly fires: string;
  /** The attack or trouble it is for. */
  readonly attack: string;
  /** Where a person looks next. */
  readonly look: string;
  /** How soon. */
  readonly severity: Severity;
  /** The number that `--alerts.limits NAME=N` replaces. */
  readonly limit: number;
  /** What that number counts. */
  readonly unit: string;
  /** How limits and usual values are written; as plain numbers by default. */
  readonly show?: (value: number) => string;
  /** For how long it must be beyond the limit before it fires; by default not at all. */
  readonly holdMs?: number;
  /** What it learns, where it does; its limit is the rule's unless it has one of its own. */
  readonly band?: Omit<BandOptions, "limit"> & Partial<Pick<BandOptions, "limit">>;
  /** Begins to watch a node. */
  watch(limit: number): Watch;
}

/** A rule at work on one node. */
export interface Watch {
  /** Takes what it cares about. */
  readonly sees: Handlers;
  /** How things stand; nothing where that cannot be said. Asked every ten seconds of event time. */
  measure(now: number): readonly Measured[];
}

/** How one thing stands. */
export interface Measured extends Judgement {
  /** What of several it is: a netgroup; absent where a node has only one. */
  readonly subject?: string;
  /** The measured value. */
  readonly value: number;
  /** The value in words. */
  readonly what: string;
}

/** Functions by kind and member of an event; messages by direction, seen from the node. */
export type Handlers =
  & KindHandlers<"connection">
  & KindHandlers<"validation">
  & KindHandlers<"rpc">
  & KindHandlers<"p2p">
  & KindHandlers<"log">
  & KindHandlers<"ipc">
  & MessageHandlers<"received">
  & MessageHandlers<"sent">;

/** Whatever a handler takes. */
export type Handler = (value: never, at: number, meta: Metadata) => void;

type Member<K extends keyof Payloads> = Extract<
  Payloads[K][keyof Payloads[K]],
  { case: string; value: unknown }
>;

type KindHandlers<K extends keyof Payloads> = {
  readonly [M in Member<K> as `${K}.${M["case"]}`]?: (value: M["value"], at: number) => void;
};

type MessageHandlers<D extends "received" | "sent"> = {
  readonly [M in Member<"message"> as `${D}.${M["case"]}`]?: (
    value: M["value"],
    at: number,
    meta: Metadata,
  ) => void;
};

/** A number as people read it. */
export function readable(value: number): string {
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits });
}

/** Some things as people read them. */
export function plural(count: number, noun: string): string {
  return `${readable(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A share as people read it. */
export function percent(share: number): string {
  return `${readable(share * 100)} %`;
}

/** Some time as people read it. */
export function duration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
