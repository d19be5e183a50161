/**
 * The WebSocket library, which carries no types: the little that is used here. Deno's own server sockets take messages
 * of 64 MiB before anybody can say no, and cannot be cut off; this one refuses by the length in the header.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { LONGEST } from "../../../proto/federation/frame.ts";

/** A connection. */
export interface Socket {
  /** One of the states. */
  readonly readyState: number;
  /** The state in which something can be sent. */
  readonly OPEN: number;
  /** Bytes that wait to be taken by the other side. */
  readonly bufferedAmount: number;
  /** Sends a message. */
  send(bytes: Uint8Array): void;
  /** Asks the other side whether it is there. */
  ping(): void;
  /** Begins to close. */
  close(code: number): void;
  /** Ends at once. */
  terminate(): void;
  /** A message. */
  on(event: "message", listener: (data: Buffer, isBinary: boolean) => void): void;
  /** The answer to a ping; trouble; the end. */
  on(event: "pong" | "error" | "close", listener: () => void): void;
}

/** Makes connections out of requests to upgrade. */
export interface Upgrader {
  /** Answers the request; `then` gets the connection. */
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    then: (socket: Socket) => void,
  ): void;
}

/** An upgrader for frames of the federation. */
export function makeUpgrader(): Upgrader {
  const options = { noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: LONGEST };
  return new (WebSocketServer as unknown as new (options: object) => Upgrader)(options);
}
