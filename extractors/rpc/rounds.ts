import { encodeEvent } from "../../proto/event.ts";
import type { Context } from "../../runtime/component.ts";
import { reasonOf } from "../../runtime/reason.ts";
import type { RpcEvent, Watch } from "./answers/answer.ts";
import type { Call, Group } from "./calls.ts";
import type { RpcClient } from "./client.ts";
import { CallFailure } from "./failure.ts";
import type { CallMetrics } from "./metrics.ts";
import { Said } from "./said.ts";

/** What rounds are made of. */
export interface RoundParts {
  /** What is called, by name, in this order. */
  calls: ReadonlyMap<string, Call>;
  /** How it is called. */
  client: Pick<RpcClient, "call">;
  /** Where the time it takes goes. */
  metrics: CallMetrics;
  /** Where everything else goes. */
  context: Pick<Context, "log" | "count" | "forward" | "signal">;
}

/**
 * How a round ended: with its last call, with a node that has no time for the rest of them, or with one that is not
 * there, where everything begins anew once it is.
 */
export type RoundEnd = "done" | "busy" | "gone";

/** What a NATS server takes that was set up for blocks; see max_payload. */
const LARGE_EVENT_BYTES = 5 * 1024 * 1024;
/** Key of what is said about the node as a whole; no RPC has this name. */
const NODE = "";

/** Calls one RPC after the other and remembers what the node cannot do and what was said. */
export class Rounds {
  readonly #parts: RoundParts;
  readonly #said = new Said();
  readonly #watches = new Map<string, Watch>();
  readonly #leftOut = new Set<string>();
  #uptime = 0;

  /** Rounds of these calls. */
  constructor(parts: RoundParts) {
    this.#parts = parts;
    for (const [name, call] of parts.calls) {
      if ("startWatch" in call) this.#watches.set(name, call.startWatch());
    }
  }

  /**
   * Calls what belongs to these groups. Two calls in a row without an answer end the round: what is left would only
   * wait in the node's queue. Throws the signal's reason when it is aborted.
   */
  async run(groups: readonly Group[]): Promise<RoundEnd> {
    let silent: [name: string, failure: CallFailure] | undefined;
    for (const [name, call] of this.#parts.calls) {
      if (!groups.includes(call.group) || this.#leftOut.has(name)) continue;
      const failure = await this.#callAll(name, call);
      if (failure !== undefined && isAbsence(failure)) return this.#gone(failure);
      if (failure !== undefined && isSilence(failure)) {
        // Said later: if the whole node is silent, one line about the node is enough.
        if (silent !== undefined) return this.#silent(silent[1], failure);
        silent = [name, failure];
        continue;
      }
      if (silent !== undefined) this.#tellFailure(...silent);
      silent = undefined;
      if (failure?.kind === "busy") return this.#busy(failure);
      this.#present();
      if (failure === undefined) this.#settle(name);
      else this.#tellFailure(name, failure);
    }
    if (silent !== undefined) this.#tellFailure(...silent);
    return "done";
  }

  /** All calls of one entry; the first failure ends them, since the others differ in parameters only. */
  async #callAll(name: string, call: Call): Promise<CallFailure | undefined> {
    for (const params of call.requests ?? [[]]) {
      const failure = await this.#callOnce(name, call, params);
      if (failure === undefined) continue;
      this.#parts.context.count(`calls failed (${failure.kind})`);
      return failure;
    }
    return undefined;
  }

  async #callOnce(name: string, call: Call, params: readonly unknown[]): Promise<CallFailure | undefined> {
    const { client, metrics, context } = this.#parts;
    const startedAt = performance.now();
    let answer: unknown;
    try {
      answer = await client.call(name, params, context.signal);
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error;
      metrics.countFetchError(name);
      return error;
    }
    metrics.observe(name, (performance.now() - startedAt) / 1000);
    let rpcEvent: RpcEvent | undefined;
    try {
      rpcEvent = this.#read(name, call, { answer, params });
    } catch (cause) {
      metrics.countModelError(name);
      return new CallFailure("malformed", reasonOf(cause), { cause });
    }
    if (rpcEvent !== undefined) this.#emit(name, rpcEvent);
    return undefined;
  }

  #read(name: string, call: Call, { answer, params }: { answer: unknown; params: readonly unknown[] }) {
    const note = (path: string) => this.#tellOdd(name, path);
    if ("toEvent" in call) return call.toEvent(answer, note, params);
    this.#watches.get(name)?.(answer, note, this.#parts.context);
    return undefined;
  }

  #emit(name: string, rpcEvent: RpcEvent): void {
    const { context } = this.#parts;
    if (rpcEvent.case === "uptime") this.#noticeRestart(rpcEvent.value);
    const bytes = encodeEvent({ timestamp: Date.now(), kind: "rpc", value: { rpcEvent } });
    if (bytes.length > LARGE_EVENT_BYTES) {
      context.count("events over 5 MiB");
      if (this.#said.isNew(`${name} size`, "large")) {
        context.log.warn(
          `${name}: its event has ${bytes.length} bytes. A NATS server drops it unless max_payload is larger: ` +
            `raise it, or leave the call out with --rpc.disable ${name}`,
        );
      }
    }
    context.forward("rpc", bytes);
  }

  /** A node that was started again within an interval may be another version. */
  #noticeRestart(uptime: number): void {
    if (uptime < this.#uptime) this.#leftOut.clear();
    this.#uptime = uptime;
  }

  #tellFailure(name: string, failure: CallFailure): void {
    const { calls, context } = this.#parts;
    const isNews = this.#said.isNew(name, `${failure.kind} ${failure.code ?? ""}`);
    if (failure.kind === "unknown") {
      this.#leftOut.add(name);
      const since = calls.get(name)?.since;
      const needs = since === undefined ? "" : ` (needs ${since})`;
      if (isNews) context.log.info(`${name}: not known to this node${needs}, left out`);
    } else if (isNews) {
      context.log.warn(`${name}: ${failure.message}`);
    }
  }

  #settle(name: string): void {
    if (this.#said.settle(name)) this.#parts.context.log.info(`${name}: answered again`);
  }

  #tellOdd(name: string, path: string): void {
    const { context } = this.#parts;
    context.count("fields of an unexpected type");
    if (this.#said.isNew(`${name} ${path}`, "odd")) {
      context.log.warn(`${name}: "${path}" is not of the expected type, taken as empty`);
    }
  }

  #present(): void {
    if (this.#said.settle(NODE)) this.#parts.context.log.info("The node answers again");
  }

  #silent(first: CallFailure, second: CallFailure): RoundEnd {
    const slow = first.kind === "timeout" && second.kind === "timeout";
    return slow ? this.#busy(second) : this.#gone(second);
  }

  #busy({ kind, message }: CallFailure): RoundEnd {
    this.#parts.context.count("rounds cut short");
    if (this.#said.isNew(NODE, kind)) {
      this.#parts.context.log.warn(`The node has no time: ${message}; the rest of the round is left out`);
    }
    return "busy";
  }

  #gone(failure: CallFailure): RoundEnd {
    const { log } = this.#parts.context;
    this.#leftOut.clear();
    this.#uptime = 0;
    if (!this.#said.isNew(NODE, failure.kind)) return "gone";
    if (failure.kind === "starting") log.info(`Waiting for the node: ${failure.message}`);
    else log.warn(`No answer from the node: ${failure.message}; trying until there is one`);
    return "gone";
  }
}

/** Nothing came back, which may be the fault of this one call. */
function isSilence({ kind }: CallFailure): boolean {
  return kind === "unreachable" || kind === "timeout";
}

/** The node as a whole cannot be asked. */
function isAbsence({ kind }: CallFailure): boolean {
  return kind === "credentials" || kind === "starting";
}
