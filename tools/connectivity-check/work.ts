/**
 * What is to be tried: bounded, each target once at a time, nobody too often.
 *
 * @module
 */

import { netgroupOfIp } from "../../proto/netgroup.ts";
import type { Address, Metadata } from "../../proto/schema.ts";
import { parseIp } from "../../proto/subnet.ts";
import type { Target } from "./target.ts";

/** An announced address that is to be tried. */
export interface Job {
  /** Where to. */
  readonly target: Target;
  /** As it was announced. */
  readonly address: Address;
  /** The message it came in. */
  readonly version: "addr" | "addrv2";
  /** Who announced it. */
  readonly source: Metadata;
  /** Unix milliseconds of the event. */
  readonly at: number;
}

const SUCCESS_MS = 60 * 60_000;
const FAILURE_MS = 10 * 60_000;
const MOST_REMEMBERED = 100_000;
/** Strangers could point us at somebody else: we are no weapon. */
const PER_NETGROUP = 20;
const NETGROUP_MS = 10 * 60_000;

/** What becomes of an offered job. */
export type Offer =
  | "waits"
  | "cached"
  | "already waiting"
  | "failed lately"
  | "netgroup is resting"
  | "queue is full";

/** A queue of jobs with a memory of results. */
export class Work {
  readonly #limit: number;
  readonly #waiting: Job[] = [];
  readonly #busy = new Set<string>();
  readonly #succeeded = new Map<string, number>();
  readonly #failed = new Map<string, number>();
  readonly #netgroups = new Map<string, number>();
  #netgroupsSince = 0;
  #wake = Promise.withResolvers<void>();

  /** A queue of at most so many jobs. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes a job unless there is a reason not to; "cached" when the answer is known. */
  offer(job: Job, now: number): Offer {
    const id = identity(job.target);
    if (now - (this.#succeeded.get(id) ?? -Infinity) < SUCCESS_MS) return "cached";
    if (this.#busy.has(id)) return "already waiting";
    if (now - (this.#failed.get(id) ?? -Infinity) < FAILURE_MS) return "failed lately";
    if (this.#waiting.length >= this.#limit) return "queue is full";
    if (!this.#mayVisit(job.target, now)) return "netgroup is resting";
    this.#busy.add(id);
    this.#waiting.push(job);
    this.#wake.resolve();
    return "waits";
  }

  /** The next job; nothing once the signal is aborted. */
  async next(signal: AbortSignal): Promise<Job | undefined> {
    while (!signal.aborted) {
      const job = this.#waiting.shift();
      if (job !== undefined) return job;
      await this.#somethingHappens(signal);
    }
    return undefined;
  }

  /** Remembers a result. */
  done({ target }: Job, succeeded: boolean, now: number): void {
    const id = identity(target);
    this.#busy.delete(id);
    remember(succeeded ? this.#succeeded : this.#failed, id, now);
  }

  /** Jobs that wait. */
  get length(): number {
    return this.#waiting.length;
  }

  async #somethingHappens(signal: AbortSignal): Promise<void> {
    const wake = this.#wake;
    const stop = () => wake.resolve();
    signal.addEventListener("abort", stop, { once: true });
    await wake.promise;
    signal.removeEventListener("abort", stop);
    if (this.#wake === wake) this.#wake = Promise.withResolvers<void>();
  }

  #mayVisit({ host }: Target, now: number): boolean {
    if (now - this.#netgroupsSince >= NETGROUP_MS) {
      this.#netgroups.clear();
      this.#netgroupsSince = now;
    }
    const ip = parseIp(host);
    const group = ip === undefined ? host : netgroupOfIp(ip);
    const visits = this.#netgroups.get(group) ?? 0;
    if (visits >= PER_NETGROUP || this.#netgroups.size >= MOST_REMEMBERED) return false;
    this.#netgroups.set(group, visits + 1);
    return true;
  }
}

function identity({ host, port }: Target): string {
  return `${host} ${port}`;
}

function remember(results: Map<string, number>, id: string, now: number): void {
  results.delete(id);
  results.set(id, now);
  if (results.size > MOST_REMEMBERED) results.delete(results.keys().next().value!);
}
