/**
 * The demo: a hub, operators with their uplinks, the tools beside one node, pages. Only the nodes are made up.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { openOrMake } from "../federation/hub/folder.ts";
import hub from "../federation/hub/mod.ts";
import { runHub } from "../federation/hub/run.ts";
import { alertSubjectOf } from "../proto/subjects.ts";
import { sleep } from "../runtime/backoff.ts";
import { logFor, type Sink } from "../runtime/log.ts";
import alerts from "../tools/alerts/mod.ts";
import websocket from "../tools/websocket/mod.ts";
import { Lottery } from "./chain.ts";
import { DemoNode } from "./node.ts";
import { watchIncidents } from "./incidents.ts";
import { invitations, Operator } from "./operator.ts";
import { Pages } from "./pages.tsx";
import { Story } from "./story.ts";
import type { Ports } from "./ports.ts";
import type { Told } from "./told.ts";
import { valuesOf } from "./values.ts";

/** What a demo is made of. */
export interface DemoOptions {
  /** An empty folder. */
  readonly folder: string;
  /** How many operators. */
  readonly operators: number;
  /** How many nodes each has. */
  readonly nodes: number;
  /** Determines everything that the nodes see. */
  readonly seed: number;
  /** How many times faster than time the nodes live; ordinary hours go by faster still. */
  readonly speed: number;
  /** The one thing that happens; without it, the whole story. */
  readonly scenario: string | undefined;
  /** Four free ports. */
  readonly ports: Ports;
  /** Ordinary hours before the story. */
  readonly pastHours?: number;
  /** When the story begins, Unix milliseconds. */
  readonly opening?: number;
  /** Where lines go. */
  readonly sink: Sink;
  /** Aborted = stop. */
  readonly signal: AbortSignal;
  /** Told what happens. */
  tell(told: Told): void;
}

/** Stands on every page. */
export const NOTICE = "Simulated: the nodes, their peers and all attacks are made up by `deno task demo`.";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const BIN_MS = 10 * MINUTE_MS;
/** Baselines need two hours. */
const PAST_HOURS = 6;
const TICK_MS = 50;
/** The story plays in the past: what has not happened yet is believed by nobody. */
const AGO_MS = 3 * 24 * HOUR_MS;
/** The node that the live pages and the alerts are about. */
const SHOWN = { operator: 0, node: 0 };
const CLOSE_EVERY_MS = 200;
/** So long after the end of a bin all summaries of it are there, or the time of the nodes waits for them. */
const HELD_AFTER_MS = 200_000;
/** It does not wait for ever. */
const HELD_AT_MOST_MS = 60_000;

/** Runs until the signal is aborted, or something fails. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const parts: Promise<unknown>[] = [];
  try {
    await new Demo({ ...options, signal }, (part) => {
      parts.push(part);
      part.catch((error) => failed.abort(error));
    }).run();
  } catch (error) {
    if (!signal.aborted) failed.abort(error);
  }
  await Promise.allSettled(parts);
  if (failed.signal.aborted) throw failed.signal.reason;
}

class Demo {
  readonly #options: DemoOptions;
  readonly #goesOn: (part: Promise<unknown>) => void;
  readonly #story: Story;
  readonly #hubFolder: string;
  readonly #urls: {
    readonly story: string;
    readonly hub: string;
    readonly open: string;
    readonly live: string;
  };
  readonly #startedAt = performance.now();
  readonly #pastHours: number;
  /** Unix milliseconds: ordinary hours before the story. */
  readonly #start: number;
  /** The time of the nodes. */
  #now: number;
  /** The bin that all operators have told the hub of. */
  #toldBin: number;

  constructor(options: DemoOptions, goesOn: (part: Promise<unknown>) => void) {
    const { folder, operators, scenario, ports } = options;
    this.#options = options;
    this.#goesOn = goesOn;
    this.#now = options.opening ?? Math.floor((Date.now() - AGO_MS) / BIN_MS) * BIN_MS;
    this.#pastHours = options.pastHours ?? PAST_HOURS;
    this.#start = this.#now - this.#pastHours * HOUR_MS;
    this.#toldBin = this.#start / BIN_MS - 1;
    this.#story = new Story({ opening: this.#now, operators, scenario });
    this.#hubFolder = `${folder}/hub`;
    const [story, hub, open, live] = ports.map((port) => `http://127.0.0.1:${port}`);
    this.#urls = { story: story!, hub: hub!, open: open!, live: live! };
  }

  async run(): Promise<void> {
    const { signal } = this.#options;
    await this.#runHub();
    const operators = await this.#gather();
    const shown = operators[SHOWN.operator]!;
    await Promise.all(operators.map(async (operator) => this.#goesOn((await operator.start()).ended)));
    await this.#runTools(shown);
    await this.#runPages(shown);
    await this.#livePast(operators);
    this.#goesOn(
      watchIncidents({ url: this.#urls.hub, signal }, {
        folder: shown.folder,
        tell: (told) => this.#tell(told),
      }),
    );
    await this.#live(operators);
  }

  async #runHub(): Promise<void> {
    const { sink, signal, ports: [, port, open] } = this.#options;
    const folder = this.#hubFolder;
    const { store } = await openOrMake(folder);
    await store[Symbol.asyncDispose]();
    const chosen = { folder, address: `127.0.0.1:${port}`, public: `127.0.0.1:${open}`, notice: NOTICE };
    // A minute of the nodes is a second: limits by the minute are for uplinks that live as we do.
    const values = valuesOf(hub.options, { ...chosen, framesPerMinute: 1_000_000 });
    const pace = { binClock: () => this.#now, closeEveryMs: CLOSE_EVERY_MS };
    this.#goesOn(runHub({ options: values, log: logFor("hub", sink), signal }, pace));
  }

  /** Operators, each with an invitation of the hub. */
  async #gather(): Promise<Operator[]> {
    const { folder, operators: count, nodes, seed, sink, signal } = this.#options;
    const start = this.#start;
    const operators = Array.from({ length: count }, (_, i) =>
      new Operator({
        folder: `${folder}/operator-${i + 1}`,
        // Whose only node is shown to all has nothing to say of hidden ones.
        disclose: i === SHOWN.operator && nodes > 1 ? [`meadow=${nameOf(i, SHOWN.node)}`] : [],
        start,
        sink,
        signal,
        nodes: Array.from({ length: nodes }, (_, n) =>
          new DemoNode({
            name: nameOf(i, n),
            seed: seed * 10_000 + i * 100 + n,
            start,
            lottery: new Lottery(seed, start),
            happenings: this.#story.happenings(i),
            shownFrom: i === SHOWN.operator && n === SHOWN.node ? this.#now - HOUR_MS : undefined,
          })),
      }));
    const url = `ws://127.0.0.1:${this.#options.ports[1]}/uplink`;
    const log = logFor("hub", sink);
    const lines = await invitations({ folder: this.#hubFolder, url, count, log, signal });
    for (const [i, operator] of operators.entries()) await operator.join(lines[i]!);
    return operators;
  }

  async #runTools(shown: Operator): Promise<void> {
    const { signal, ports: [, , , port] } = this.#options;
    const { name } = shown.nodes[SHOWN.node]!;
    const live = valuesOf(websocket.options, { address: `127.0.0.1:${port}`, notice: NOTICE });
    const tools = [
      { name: "websocket", component: websocket, values: live },
      { name: "alerts", component: alerts, values: valuesOf(alerts.options, {}) },
    ];
    this.#goesOn((await shown.run(tools, [name])).ended);
    // What was aborted already tells nobody any more.
    if (signal.aborted) return;
    const told = shown.bus.subscribe([alertSubjectOf(name)]);
    signal.addEventListener("abort", () => told.close(), { once: true });
    this.#goesOn((async () => {
      for await (const { data } of told) {
        const { rule, state, at, text } = JSON.parse(new TextDecoder().decode(data));
        // Rules about single peers have capitals, and there are many of them in a flood.
        if (rule === rule.toLowerCase()) {
          this.#tell({ what: "alert", at, rule, state, text, url: this.#urls.live });
        }
      }
    })());
  }

  /** The page of the story, which also knows the way to the others. Resolves once all of them answer. */
  async #runPages(shown: Operator): Promise<void> {
    const { signal, tell, ports: [port] } = this.#options;
    const { story, hub, open, live } = this.#urls;
    const pages = new Pages({
      urls: this.#urls,
      notice: NOTICE,
      now: () => this.#now,
      member: shown.folder,
      hub: this.#hubFolder,
      signal,
    });
    this.#tell = (told) => {
      pages.note(told);
      tell(told);
    };
    this.#goesOn(pages.serve(`127.0.0.1:${port}`, logFor("demo", this.#options.sink)));
    const all = [story, `${hub}/sign-in`, open, live].map((url) => answers(url, signal));
    const isThere = (page: string) => page.includes(`\nwaggle_hub_sessions ${this.#options.operators}\n`);
    await Promise.all([...all, answers(`${hub}/metrics`, signal, isThere)]);
    if (signal.aborted) return;
    this.#tell({ what: "ready", pages: pages.places, afterMs: performance.now() - this.#startedAt });
  }

  #tell: (told: Told) => void = (told) => this.#options.tell(told);

  /** Ordinary hours before the story, as fast as the machine can, so that there is something to see. */
  async #livePast(operators: readonly Operator[]): Promise<void> {
    const { signal } = this.#options;
    const since = performance.now();
    let events = 0;
    for (let ahead = this.#pastHours * HOUR_MS - BIN_MS; ahead >= 0 && !signal.aborted; ahead -= BIN_MS) {
      events += await tellAll(operators, this.#now - ahead, signal);
    }
    await this.#awaitSummaries();
    if (signal.aborted) return;
    this.#tell({ what: "past", hours: this.#pastHours, events, afterMs: performance.now() - since });
  }

  async #live(operators: readonly Operator[]): Promise<void> {
    const { signal, speed } = this.#options;
    for (let last = performance.now(); !signal.aborted;) {
      const begun = this.#story.begunAt(this.#now);
      if (begun !== undefined) this.#tell({ what: "chapter", at: this.#now, ...begun });
      await sleep(TICK_MS, signal).catch(() => {});
      const real = performance.now();
      const ahead = (real - last) * speed * this.#story.hurry(this.#now);
      // Each part of the story begins at its time, and no bin is over before it was waited for.
      const most = Math.min(this.#story.nextAfter(this.#now), nextHold(this.#now));
      this.#now = Math.min(this.#now + ahead, most);
      last = real;
      await tellAll(operators, Math.floor(this.#now), signal);
      if (await this.#awaitSummaries()) last = performance.now();
    }
  }

  /** However fast time goes by and however slow the machine is: no summary comes too late. True if there was a wait. */
  async #awaitSummaries(): Promise<boolean> {
    const bin = Math.floor((this.#now - HELD_AFTER_MS) / BIN_MS) - 1;
    if (bin <= this.#toldBin) return false;
    this.#toldBin = bin;
    const expected = this.#options.operators * (bin + 1 - this.#start / BIN_MS);
    const signal = AbortSignal.any([this.#options.signal, AbortSignal.timeout(HELD_AT_MOST_MS)]);
    await answers(`${this.#urls.hub}/metrics`, signal, (page) => {
      const fates = [...page.matchAll(/^waggle_hub_summaries_total\{fate="\w+"\} (\d+)$/gm)];
      return fates.reduce((sum, [, count]) => sum + Number(count), 0) >= expected;
    });
    return true;
  }
}

/** When summaries are waited for the next time. */
function nextHold(now: number): number {
  return (Math.floor((now - HELD_AFTER_MS) / BIN_MS) + 1) * BIN_MS + HELD_AFTER_MS;
}

/** What all nodes see up to a time. Nobody is left behind. */
async function tellAll(
  operators: readonly Operator[],
  time: number,
  signal: AbortSignal,
): Promise<number> {
  let events = 0;
  for (const operator of operators) {
    if (signal.aborted) break;
    events += operator.tell(time);
    await operator.bus.room();
    // The hub and the pages are in this process, too, and shall have their turn.
    await new Promise<void>((done) => setImmediate(done));
  }
  return events;
}

/** Waits until an address answers with what is wanted. */
async function answers(url: string, signal: AbortSignal, isWanted = (_text: string) => true): Promise<void> {
  while (!signal.aborted) {
    try {
      const answer = await fetch(url, { signal });
      if (isWanted(await answer.text()) && answer.ok) return;
    } catch {
      // It does not listen yet.
    }
    await sleep(TICK_MS, signal).catch(() => {});
  }
}

function nameOf(operator: number, node: number): string {
  return `node-${operator + 1}-${node + 1}`;
}
