/**
 * What the node itself says, asked once for all checks: every call that the rpc extractor makes, and two more.
 *
 * @module
 */

import { CALLS } from "../../extractors/rpc/calls.ts";
import { RpcClient } from "../../extractors/rpc/client.ts";
import { type CredentialOptions, Credentials } from "../../extractors/rpc/credentials.ts";
import { CallFailure } from "../../extractors/rpc/failure.ts";

/** Answers by method, or why there is none. */
export type Answers = ReadonlyMap<string, unknown>;

/** What is asked besides: what the node logs, and whom it was told to connect to. */
const MORE = ["logging", "getaddednodeinfo"];
const TIMEOUT_MS = 10_000;

/** The options of the rpc extractor that say how to reach a node. */
export interface RpcOptions extends CredentialOptions {
  /** Its address. */
  readonly url: string;
  /** Calls that are not made. */
  readonly disable: readonly string[];
  /** A certificate to trust. */
  readonly tlsCa?: string | undefined;
}

/** Asks the node everything; the first failure that is not about one call ends it. */
export async function ask(options: RpcOptions, signal: AbortSignal): Promise<Answers> {
  const answers = new Map<string, unknown>();
  using client = new RpcClient({
    url: new URL(options.url),
    credentials: new Credentials(options),
    timeoutMs: TIMEOUT_MS,
    caCert: options.tlsCa === undefined
      ? undefined
      : await Deno.readTextFile(options.tlsCa).catch(() => undefined),
  });
  const calls = [...Object.keys(CALLS).filter((name) => !options.disable.includes(name)), ...MORE];
  for (const method of calls) {
    const requests = (CALLS as Record<string, { requests?: readonly (readonly unknown[])[] }>)[method]
      ?.requests;
    try {
      answers.set(method, await client.call(method, requests?.[0] ?? [], signal));
    } catch (error) {
      answers.set(method, error);
      if (isAboutTheNode(error) || signal.aborted) break;
    }
  }
  return answers;
}

/** Every other call would fail as well. */
export function isAboutTheNode(answer: unknown): answer is CallFailure {
  return answer instanceof CallFailure &&
    ["unreachable", "timeout", "credentials", "starting"].includes(answer.kind);
}

/** A field of an answer, for who knows its type. */
export function field(answers: Answers, method: string, name: string): unknown {
  const answer = answers.get(method);
  return typeof answer === "object" && answer !== null && !(answer instanceof Error)
    ? (answer as Record<string, unknown>)[name]
    : undefined;
}
