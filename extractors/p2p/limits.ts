/**
 * What a node may do. A node that behaves never comes near: it announces, a few kilobytes a second. Whoever else is
 * on an allowed address cannot take more than this.
 */
export interface Limits {
  /** From the first byte to the end of the handshake; Core gives up after the same time. */
  readonly handshakeMs: number;
  /** How long the oldest ping may wait for its pong; without pings, how long nothing may come. */
  readonly silenceMs: number;
  /** The longest payload. */
  readonly payloadBytes: number;
  /** What may come in a second, on average. */
  readonly bytesPerSecond: number;
  /** What may come at once. */
  readonly bytesAtOnce: number;
  /** Messages in a second, on average. */
  readonly messagesPerSecond: number;
  /** Messages at once. */
  readonly messagesAtOnce: number;
  /** What may wait to be sent. */
  readonly unsentBytes: number;
}

/** A node whose message thread is stuck for minutes is what one wants to see, so silence may last. */
export const LIMITS: Limits = {
  handshakeMs: 60_000,
  silenceMs: 300_000,
  payloadBytes: 4_000_000,
  bytesPerSecond: 10_000_000,
  bytesAtOnce: 40_000_000,
  messagesPerSecond: 1_000,
  messagesAtOnce: 20_000,
  unsentBytes: 256 * 1024,
};
