/**
 * All rules on one node: its clock, who sees which events, and what became of every condition.
 *
 * @module
 */

import { decodeEvent, type Event, type Peek } from "../../proto/event.ts";
import type { Metadata } from "../../proto/schema.ts";
import { type Alert, firingText, resolvedText } from "./alert.ts";
import { EventClock } from "./clock.ts";
import { Condition } from "./condition.ts";
import type { Handler, Handlers, Measured, Rule, Watch } from "./rule.ts";
import { type SpamLimits, SpamWatch } from "./spam.ts";

const TICK_MS = 10_000;

/** What all nodes share. */
export interface WatchOptions {
  /** The rules about single peers. */
  readonly limits: SpamLimits;
  /** The rules about the node. */
  readonly rules: readonly Rule[];
  /** Limits other than the rules' own. */
  readonly ruleLimits: ReadonlyMap<string, number>;
  /** Names of what is switched off. */
  readonly off: ReadonlySet<string>;
  /** For how long a rule rests after its alert has ended. */
  readonly cooldownMs: number;
  /** Told every alert. */
  tell(alert: Alert): void;
  /** Told how every rule stands, at every tick. */
  gauge?(rule: string, node: string | undefined, measured: Measured): void;
  /** Counts what was not believed, not understood, not kept. */
  count(what: string): void;
}

interface Running {
  readonly rule: Rule;
  readonly watch: Watch;
  readonly conditions: Map<string, Condition>;
}

/** A member's name in the event's payload, by kind. */
const ONEOF = {
  message: "msg",
  connection: "event",
  validation: "event",
  rpc: "rpcEvent",
  p2p: "p2pEvent",
  log: "logEvent",
  ipc: "ipcEvent",
} as const;

/** Commands of the messages whose member is called otherwise. */
const COMMANDS: Readonly<Record<string, string>> = { compactblock: "cmpctblock", sendcompact: "sendcmpct" };

/** The rules at work on one node. */
export class NodeWatch {
  readonly #node: string | undefined;
  readonly #options: WatchOptions;
  readonly #clock = new EventClock();
  #running: Running[] = [];
  #spam!: SpamWatch;
  #handlers = new Map<string, Handler[]>();
  /** Kinds, and commands by direction, that anybody looks into. */
  #wanted = new Set<string>();
  #nextTick = 0;

  /** Begins with the first event. */
  constructor(node: string | undefined, options: WatchOptions) {
    this.#node = node;
    this.#options = options;
    this.#begin();
  }

  /** The time of the last event that was believed. */
  get now(): number {
    return this.#clock.now;
  }

  /** Takes an event of the node; decodes it only if a rule looks into it. */
  take({ timestamp, kind, message }: Peek, data: Uint8Array): void {
    if (!this.#pass(timestamp)) return;
    const at = this.#clock.now;
    if (message !== undefined) {
      if (message.inbound) this.#spam.touch(message.peerId, at);
      if (!this.#wanted.has(direction(message) + message.command)) return;
    } else if (!this.#wanted.has(kind)) return;
    const decoded = decodeEvent(data);
    if (decoded.ok) this.#dispatch(decoded.event, at);
    else this.#options.count(`refused: ${decoded.reason}`);
  }

  /** Lets the time pass; false for an event whose time cannot be right. */
  #pass(timestamp: number): boolean {
    const before = this.#clock.now;
    const verdict = this.#clock.advance(timestamp);
    if (verdict === "disbelieved") {
      this.#options.count("disbelieved: the event's time");
      return false;
    }
    if (verdict === "restarts") this.#restart(before);
    const now = this.#clock.now;
    for (; this.#nextTick <= now; this.#nextTick += TICK_MS) this.#tick(this.#nextTick);
    return true;
  }

  #dispatch(event: Event, at: number): void {
    const oneof = ONEOF[event.kind as keyof typeof ONEOF] as string | undefined;
    if (oneof === undefined) return;
    const payload = event.value as unknown as Record<string, { case: string; value: never } | undefined>;
    const member = payload[oneof];
    if (member === undefined) return this.#options.count("no known member");
    const meta = payload.meta as unknown as Metadata;
    const prefix = event.kind === "message" ? direction(meta) : `${event.kind}.`;
    for (const handler of this.#handlers.get(prefix + member.case) ?? []) handler(member.value, at, meta);
  }

  #tick(now: number): void {
    this.#spam.tick(now);
    for (const running of this.#running) {
      const measured = new Map(running.watch.measure(now).map((each) => [each.subject ?? "", each]));
      for (const [subject, each] of measured) {
        // A single subject stands for all: labels must not multiply with what strangers do.
        if (subject === "") this.#options.gauge?.(running.rule.name, this.#node, each);
        if (each.level >= 1 && !running.conditions.has(subject)) {
          running.conditions.set(subject, new Condition(running.rule, this.#options.cooldownMs));
        }
      }
      for (const [subject, condition] of running.conditions) {
        this.#step(running, condition, measured.get(subject), now, subject);
      }
    }
  }

  #step(
    { rule, conditions }: Running,
    condition: Condition,
    measured: Measured | undefined,
    now: number,
    subject: string,
  ): void {
    const since = condition.firingSince;
    const known = measured ?? (subject === "" ? undefined : GONE);
    const change = condition.step(now, known);
    if (change === "fires") {
      const began = condition.firingSince!;
      this.#tell(rule, subject, {
        state: "firing",
        since: began,
        at: now,
        value: known!.value,
        limit: known!.limit,
        text: firingText(rule, known!, began),
      });
    } else if (change !== undefined) {
      const why = change === "clears" ? known!.what : "nothing more was heard of it";
      const text = resolvedText(rule, why, since!, now);
      this.#tell(rule, subject, { state: "resolved", since: since!, at: now, value: known?.value, text });
    }
    if (condition.isIdle(now)) conditions.delete(subject);
  }

  #tell(
    rule: Rule,
    subject: string,
    told: Pick<Alert, "state" | "since" | "at" | "value" | "limit" | "text">,
  ) {
    const { name, severity } = rule;
    const labels: Record<string, string> = subject === "" ? {} : { netgroup: subject };
    this.#options.tell({ rule: name, node: this.#node, subject, severity, labels, ...told });
  }

  /** Ends what was going on: there is a gap in what we know, and what is usual may be something else now. */
  #restart(before: number): void {
    if (before > 0) {
      this.#options.count("clock started anew");
      this.#spam.end(before);
      this.#resolveAll(before);
      this.#begin();
    }
    this.#nextTick = Math.floor(this.#clock.now / TICK_MS) * TICK_MS;
  }

  #resolveAll(at: number): void {
    for (const { rule, conditions } of this.#running) {
      for (const [subject, { firingSince }] of conditions) {
        if (firingSince === undefined) continue;
        const text = resolvedText(rule, "the events' time jumped", firingSince, at);
        this.#tell(rule, subject, { state: "resolved", since: firingSince, at, text });
      }
    }
  }

  #begin(): void {
    const { rules, ruleLimits, off, limits, tell, count } = this.#options;
    this.#spam = new SpamWatch({ limits, off, count, tell: (alert) => tell({ ...alert, node: this.#node }) });
    this.#running = rules.filter(({ name }) => !off.has(name)).map((rule) => ({
      rule,
      watch: rule.watch(ruleLimits.get(rule.name) ?? rule.limit),
      conditions: new Map(),
    }));
    this.#handlers = collect([this.#spam.sees, ...this.#running.map(({ watch }) => watch.sees)]);
    this.#wanted = new Set([...this.#handlers.keys()].map(wantedBy));
  }
}

/** A subject that is no longer among the largest is fine. */
const GONE: Measured = {
  level: 0,
  limit: 0,
  usual: undefined,
  value: 0,
  what: "no longer among the largest",
};

function direction({ inbound }: Metadata): string {
  return inbound ? "received." : "sent.";
}

function collect(tables: readonly Handlers[]): Map<string, Handler[]> {
  const all = new Map<string, Handler[]>();
  for (const [key, handler] of tables.flatMap((table) => Object.entries(table))) {
    all.set(key, [...all.get(key) ?? [], handler as Handler]);
  }
  return all;
}

/** What an event must be for a handler to be called, as far as can be seen without decoding it. */
function wantedBy(key: string): string {
  const [kind, member] = key.split(".") as [string, string];
  return kind === "received" || kind === "sent" ? `${kind}.${COMMANDS[member] ?? member}` : kind;
}
