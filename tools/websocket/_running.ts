/** The tool as it runs in a collector, for tests. */

import { encodeEvent, type Event } from "../../proto/event.ts";
import { subjectOf } from "../../proto/subjects.ts";
import { WatchedBus } from "../../runtime/bus/_watched.ts";
import type { Component } from "../../runtime/component.ts";
import { runComponents } from "../../runtime/runner.ts";
import type { Snapshot } from "../../runtime/statistics.ts";
import websocket from "./mod.ts";

/** What can be set of the tool. */
export interface RunningOptions {
  readonly address?: string;
  readonly origins?: readonly string[];
  readonly hosts?: readonly string[];
  readonly maxClients?: number;
  readonly nodes?: readonly string[];
}

/** The tool in a sandbox, on a bus of its own. */
export class RunningWebsocket implements AsyncDisposable {
  readonly bus = new WatchedBus();
  readonly lines: string[] = [];
  /** Where its pages are; ends in no slash. */
  url = "";
  #statistics: ReadonlyMap<string, Snapshot> | undefined;
  readonly #stop = new AbortController();
  #ended: Promise<boolean> | undefined;

  /** Starts it and waits until it listens. */
  static async start({ nodes = [], ...options }: RunningOptions = {}): Promise<RunningWebsocket> {
    const running = new RunningWebsocket();
    const serving = Promise.withResolvers<string>();
    const values = { address: "127.0.0.1:0", origins: [], hosts: [], maxClients: 100, ...options };
    running.#ended = runComponents({
      tasks: [{ name: "websocket", component: websocket as unknown as Component, values }],
      bus: running.bus,
      nodes,
      worker: new URL("../../worker.ts", import.meta.url),
      signal: running.#stop.signal,
      sink({ level, message }) {
        running.lines.push(`${level}: ${message}`);
        const url = /^Serving (\S+)/.exec(message)?.[1];
        if (url !== undefined) serving.resolve(url);
      },
    });
    running.url = await Promise.race([
      serving.promise,
      running.#ended.then(() => Promise.reject(new Error(running.lines.join("\n")))),
    ]);
    await running.bus.listened();
    return running;
  }

  /** Publishes events as an extractor does. */
  async publish(events: readonly Event[], node?: string): Promise<void> {
    for (const event of events) {
      if (event.kind !== "none") this.bus.publish(subjectOf(event.kind, node), encodeEvent(event));
    }
    await this.bus.flush();
  }

  /** What it said in all, once it has stopped. */
  async stop(): Promise<string> {
    this.#stop.abort();
    await this.#ended;
    return this.lines.join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.bus[Symbol.asyncDispose]();
  }
}
