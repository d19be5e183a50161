/**
 * An operator of some made-up nodes: a bus of its own, the real uplink on it, and whatever else listens there.
 *
 * @module
 */

import { encodeEvent } from "../proto/event.ts";
import { subjectOf } from "../proto/subjects.ts";
import invite from "../federation/hub/commands/invite.ts";
import join from "../federation/uplink/commands/join.ts";
import keygen from "../federation/uplink/commands/keygen.ts";
import uplink from "../federation/uplink/mod.ts";
import { MemoryBus } from "../runtime/bus/memory.ts";
import { component } from "../runtime/component.ts";
import { type Log, logFor, type Sink } from "../runtime/log.ts";
import { runComponents, type Task } from "../runtime/runner.ts";
import type { DemoNode } from "./node.ts";
import { valuesOf } from "./values.ts";

const SLICE_MS = 5000;

/** What an operator is made of. */
export interface OperatorOptions {
  /** Where its key and its outbox lie. */
  readonly folder: string;
  /** Its nodes. */
  readonly nodes: readonly DemoNode[];
  /** Those that it shows to everybody, as `NAME=NODE`. */
  readonly disclose?: readonly string[];
  /** When they begin, Unix milliseconds. */
  readonly start: number;
  /** Where lines go. */
  readonly sink: Sink;
  /** Aborted = stop. */
  readonly signal: AbortSignal;
}

/** An operator. */
export class Operator {
  /** Its nodes. */
  readonly nodes: readonly DemoNode[];
  /** Where its key is. */
  readonly folder: string;
  /** Where its events travel. */
  readonly bus = new MemoryBus();
  readonly #options: OperatorOptions;
  #toldUntil: number;

  /** One that does nothing yet. */
  constructor(options: OperatorOptions) {
    this.nodes = options.nodes;
    this.#toldUntil = options.start;
    this.folder = options.folder;
    this.#options = options;
  }

  /** Makes a key and joins the federation, with the commands that anybody has. */
  async join(invitation: string): Promise<void> {
    const { folder, sink, signal } = this.#options;
    const context = { log: logFor("uplink", sink), signal, print: () => {} };
    await keygen.run({ ...context, options: { folder } });
    await join.run({ ...context, options: { folder, invitation: [invitation], hub: undefined } });
  }

  /** Runs the uplink. Resolves once it listens; what it ends with comes later. */
  async start(): Promise<{ ended: Promise<unknown> }> {
    const names = this.nodes.map(({ name }) => name);
    const { disclose = [] } = this.#options;
    const options = { folder: this.folder, proxy: "none", eventTime: true, disclose };
    return await this.run(
      [{ name: "uplink", component: uplink, values: valuesOf(uplink.options, options) }],
      names,
    );
  }

  /** Runs components on its bus, for some of its nodes. Resolves once they listen. */
  async run(tasks: readonly Task[], nodes: readonly string[]): Promise<{ ended: Promise<unknown> }> {
    const { sink, signal } = this.#options;
    const listening = Promise.withResolvers<void>();
    const ended = runComponents({
      tasks: [...tasks, {
        name: "traffic",
        component: whenOthersListen(listening.resolve),
        values: {},
        isSource: true,
      }],
      bus: this.bus,
      nodes,
      sink,
      signal,
    });
    await Promise.race([listening.promise, ended]);
    return { ended };
  }

  /** Tells what its nodes see up to a time; says how many events that were. */
  tell(time: number): number {
    let events = 0;
    while (this.#toldUntil < time) {
      // One node must not be far ahead of another: what comes late belongs to a bin that is closed.
      this.#toldUntil = Math.min(time, this.#toldUntil + SLICE_MS);
      for (const node of this.nodes) events += this.#tellOf(node, this.#toldUntil);
    }
    return events;
  }

  #tellOf(node: DemoNode, time: number): number {
    let events = 0;
    for (const event of node.until(time)) {
      if (event.kind === "none") continue;
      this.bus.publish(subjectOf(event.kind, node.name), encodeEvent(event));
      events++;
    }
    return events;
  }
}

/** Invitations of the hub in a folder, one for each operator. */
export async function invitations(
  { folder, url, count, log, signal }: {
    folder: string;
    url: string;
    count: number;
    log: Log;
    signal: AbortSignal;
  },
): Promise<string[]> {
  const lines: string[] = [];
  const print = (text: string) => lines.push(text.trim());
  await invite.run({ options: valuesOf(invite.options, { folder, url, count }), log, signal, print });
  return lines;
}

/** Runners start what emits once the others listen; what is emitted here comes from elsewhere. */
function whenOthersListen(tell: () => void) {
  return component({
    summary: "Tells that the others listen",
    example: "",
    options: {},
    run({ signal }) {
      tell();
      return new Promise<void>((stopped) => {
        if (signal.aborted) stopped();
        else signal.addEventListener("abort", () => stopped(), { once: true });
      });
    },
  });
}
