/**
 * JSON-RPC over HTTP, as Bitcoin Core speaks it: one call at a time on one kept-alive connection, bounded in time and
 * size.
 *
 * @module
 */

import type { Credentials } from "./credentials.ts";
import { CallFailure } from "./failure.ts";
import { HttpClient, type HttpOptions, TooLarge } from "../../runtime/http.ts";
import { reasonOf } from "../../runtime/reason.ts";
import { isObject, parseJson } from "./json.ts";

/** What a client is made of. */
export interface ClientOptions extends HttpOptions {
  /** User and password. */
  credentials: Credentials;
  /** The longest a call may take, the reading of its answer included. */
  timeoutMs: number;
  /** The largest answer that is taken. */
  maxBytes?: number;
}

/** Three times the largest that is to be expected: getrawaddrman with all its 81,920 places taken has 20 MB. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** Text of a stranger in a log line. */
const MAX_REASON_CHARACTERS = 200;
/** Warming up (rpc/protocol.h, RPC_IN_WARMUP). */
const IN_WARMUP = -28;
/** RPC_METHOD_NOT_FOUND. */
const METHOD_NOT_FOUND = -32601;

/** A connection to a node's RPC interface. */
export class RpcClient implements Disposable {
  readonly #options: ClientOptions;
  readonly #http: HttpClient;
  #lastId = 0;

  /** A client; nothing is connected before the first call. */
  constructor(options: ClientOptions) {
    this.#options = options;
    this.#http = new HttpClient(options);
  }

  /**
   * Calls an RPC and gives its result.
   *
   * @throws {CallFailure} If there is none; the signal's reason if it is aborted.
   */
  async call(method: string, params: readonly unknown[], signal: AbortSignal): Promise<unknown> {
    try {
      return await this.#attempt(method, params, signal);
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error;
      if (error.kind === "unreachable") this.#options.credentials.forget();
      // A node that was started again has a new cookie; with the old one it would refuse us again, and slowly.
      if (error.kind !== "credentials" || !await this.#options.credentials.renew()) throw error;
      return await this.#attempt(method, params, signal);
    }
  }

  [Symbol.dispose](): void {
    this.#http[Symbol.dispose]();
  }

  async #attempt(method: string, params: readonly unknown[], signal: AbortSignal): Promise<unknown> {
    const authorization = await this.#options.credentials.header();
    const id = `waggle-${++this.#lastId}`;
    using limit = timeLimit(this.#options.timeoutMs, signal);
    try {
      // Every version understands 1.0; with 2.0 errors would come as HTTP 200 from Core 28 on.
      const request = JSON.stringify({ jsonrpc: "1.0", id, method, params });
      const { status, text } = await this.#http.post({
        headers: { authorization, "content-type": "application/json" },
        body: request,
        maxBytes: this.#options.maxBytes ?? MAX_ANSWER_BYTES,
        signal: limit.signal,
      });
      return resultOf(status, text, id);
    } catch (error) {
      if (error instanceof CallFailure) throw error;
      signal.throwIfAborted();
      if (limit.signal.aborted) {
        throw new CallFailure("timeout", `no answer within ${this.#options.timeoutMs} ms`);
      }
      const message = reasonOf(error);
      throw new CallFailure(error instanceof TooLarge ? "too-large" : "unreachable", message, {
        cause: error,
      });
    }
  }
}

/** A signal that is aborted with another one or when the time is up; disposing stops the clock. */
function timeLimit(timeoutMs: number, outer: AbortSignal): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const stop = () => controller.abort(outer.reason);
  const timer = setTimeout(() => controller.abort(), timeoutMs);
  if (outer.aborted) stop();
  else outer.addEventListener("abort", stop, { once: true });
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      outer.removeEventListener("abort", stop);
    },
  };
}

function resultOf(status: number, text: string, id: string): unknown {
  if (status === 401) {
    throw new CallFailure("credentials", "the node refuses our user or password (HTTP 401)");
  }
  if (status === 403) {
    throw new CallFailure(
      "forbidden",
      "the node forbids it (HTTP 403): add it to rpcwhitelist, or our address to rpcallowip",
    );
  }
  if (status === 503) {
    throw new CallFailure("busy", `${shorten(text.trim()) || "too many calls"} (HTTP 503)`);
  }
  const answer = parse(text, status);
  if (answer.error !== undefined && answer.error !== null) throw rpcError(answer.error);
  if (status !== 200) throw new CallFailure("malformed", `HTTP status ${status} without an error`);
  if (answer.id !== id) throw new CallFailure("malformed", "the answer belongs to another call");
  if (!Object.hasOwn(answer, "result")) throw new CallFailure("malformed", "neither result nor error");
  return answer.result;
}

function parse(text: string, status: number): Record<string, unknown> {
  let answer: unknown;
  try {
    answer = parseJson(text);
  } catch (cause) {
    throw new CallFailure("malformed", `not JSON (HTTP status ${status}): "${shorten(text)}"`, { cause });
  }
  if (!isObject(answer)) throw new CallFailure("malformed", `not an object: "${shorten(text)}"`);
  return answer;
}

function rpcError(error: unknown): CallFailure {
  const { code, message } = isObject(error) ? error : {};
  if (typeof code !== "number" || typeof message !== "string") {
    return new CallFailure("malformed", "an error without code and message");
  }
  const kind = code === IN_WARMUP ? "starting" : code === METHOD_NOT_FOUND ? "unknown" : "refused";
  return new CallFailure(kind, `${shorten(message)} (code ${code})`, { code });
}

function shorten(text: string): string {
  return text.length <= MAX_REASON_CHARACTERS ? text : `${text.slice(0, MAX_REASON_CHARACTERS)}…`;
}
