/**
 * Between the stream and the component: emits what the stream says, counts what it lost, and says what an operator
 * should know.
 *
 * @module
 */

import type { Context } from "../../runtime/component.ts";
import { Idle, IDLE_MS } from "./idle.ts";
import { StreamParser } from "./parse.ts";

/** What a monitor is made of. */
export interface MonitorOptions {
  /** Where events, counts and lines go. */
  readonly context: Pick<Context, "emit" | "count" | "log">;
  /** The longest payload that is carried whole. */
  readonly maxPayload: number;
  /** What to check when nothing comes. */
  readonly advice: string;
  /** Unix milliseconds. */
  readonly now?: () => number;
}

const LOSSES_EVERY_MS = 10_000;

/** Cut messages are what was asked for, and peers send what they like. */
const EXPECTED: ReadonlySet<string> = new Set(["truncated messages", "undecodable messages"]);

/** Watches over a stream. */
export class Monitor {
  readonly #options: MonitorOptions;
  readonly #now: () => number;
  readonly #parser: StreamParser;
  readonly #idle: Idle;
  readonly #losses = new Map<string, number>();
  #lossesSaid = -Infinity;
  #attached = false;
  #beats = 0;
  #pid = 0;
  readonly #formerPids = new Set<number>();
  #mixed = false;

  /** Silence begins now. */
  constructor(options: MonitorOptions) {
    const { context, maxPayload, now = Date.now } = options;
    this.#options = options;
    this.#now = now;
    this.#idle = new Idle(now());
    this.#parser = new StreamParser({
      emit: (event) => {
        this.#idle.reset(now());
        context.emit(event);
      },
      count: (what, by) => {
        context.count(what, by);
        if (!EXPECTED.has(what)) this.#losses.set(what, (this.#losses.get(what) ?? 0) + by);
      },
      say: (line) => context.log.debug(line),
      heartbeat: () => this.#beat(),
      process: (pid) => this.#process(pid),
    }, { maxPayload });
  }

  /** Bytes of the stream. */
  push(chunk: Uint8Array): void {
    this.#parser.push(chunk, this.#now());
  }

  /** The stream has ended; another one may begin. */
  end(): void {
    this.#parser.end();
    this.#attached = false;
  }

  /** What bpftrace itself counts as lost; from 0.24 it says so on standard error. */
  stderr(line: string): boolean {
    if (!/^Lost \d+ events/.test(line)) return false;
    this.#parser.push(new TextEncoder().encode(`${line}\n`), this.#now());
    return true;
  }

  /** To be called every second or so. True once when there has been no event for a minute. */
  check(): boolean {
    const now = this.#now();
    if (this.#losses.size > 0 && now - this.#lossesSaid >= LOSSES_EVERY_MS) this.#sayLosses(now);
    if (!this.#idle.tooLong(now)) return false;
    const { context: { log }, advice } = this.#options;
    const running = this.#beats > 0 ? "bpftrace runs" : "bpftrace says nothing at all";
    log.warn(`No event for ${IDLE_MS / 1000} s, ${running}: ${advice}`);
    this.#beats = 0;
    return true;
  }

  #beat(): void {
    this.#beats++;
    if (this.#attached) return;
    this.#attached = true;
    this.#options.context.log.info("Attached");
  }

  /** A node that was restarted has another number; two nodes have two in turns. */
  #process(pid: number): void {
    if (pid === this.#pid) return;
    if (this.#formerPids.has(pid) && !this.#mixed) {
      this.#mixed = true;
      this.#options.context.log.warn(
        `Processes ${this.#pid} and ${pid} run the same binary, their events are mixed: choose one with --ebpf.pid`,
      );
    }
    if (this.#formerPids.size > 100) this.#formerPids.clear();
    this.#formerPids.add(this.#pid);
    this.#pid = pid;
  }

  #sayLosses(now: number): void {
    const parts = [...this.#losses].map(([what, times]) => `${times} ${what}`);
    this.#losses.clear();
    this.#lossesSaid = now;
    this.#options.context.log.warn(`Not everything came through: ${parts.join(", ")}`);
  }
}
