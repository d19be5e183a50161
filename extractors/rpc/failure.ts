/**
 * Why a call gave no answer:
 *
 * - `unreachable`: no connection, or one that was cut;
 * - `timeout`: no answer in time;
 * - `credentials`: none to be had, or refused;
 * - `starting`: the node warms up;
 * - `busy`: it has too many calls waiting, or is about to stop;
 * - `forbidden`: the node's whitelist does not have this call;
 * - `unknown`: the node does not know this call;
 * - `refused`: the node answered with an error;
 * - `malformed`: what came is not an answer;
 * - `too-large`: more came than is taken.
 */
export type FailureKind =
  | "unreachable"
  | "timeout"
  | "credentials"
  | "starting"
  | "busy"
  | "forbidden"
  | "unknown"
  | "refused"
  | "malformed"
  | "too-large";

/** A call that gave no answer. */
export class CallFailure extends Error {
  /** What kind of failure it is. */
  readonly kind: FailureKind;
  /** The node's error code, where there is one. */
  readonly code: number | undefined;

  /** A failure of a kind; the message says what happened, without naming the call. */
  constructor(kind: FailureKind, message: string, { code, cause }: { code?: number; cause?: unknown } = {}) {
    super(message, { cause });
    this.name = "CallFailure";
    this.kind = kind;
    this.code = code;
  }
}
