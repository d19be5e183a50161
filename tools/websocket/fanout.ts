/**
 * Hands events to all clients. Nothing is decoded that nobody wants, and nothing is written twice.
 *
 * @module
 */

import { peek } from "../../proto/event.ts";
import { type Kind, nodeOf } from "../../proto/subjects.ts";
import type { Delivery } from "../../runtime/bus/bus.ts";
import { Client, CLIENT_LIMITS, type ClientLimits, type Socket } from "./client.ts";
import { Frame } from "./frame.ts";
import { Recent } from "./recent.ts";

/** The clients. */
export class Fanout {
  readonly #clients = new Map<Socket, Client>();
  readonly #recent = new Recent();
  /** What any of them wants. */
  #wanted: ReadonlySet<Kind> = new Set();
  readonly #count: (what: string, by?: number) => void;
  readonly #limits: ClientLimits;

  constructor(count: (what: string, by?: number) => void, limits: ClientLimits = CLIENT_LIMITS) {
    this.#count = count;
    this.#limits = limits;
  }

  /** How many there are, those included that were sent away and have not gone yet. */
  get size(): number {
    return this.#clients.size;
  }

  /** Adds a client that has asked for nothing yet. */
  add(socket: Socket): Client {
    const client = new Client(socket, this.#limits);
    this.#clients.set(socket, client);
    this.#count("clients connected");
    return client;
  }

  /** Forgets a client whose connection has ended. */
  remove(socket: Socket): void {
    if (!this.#clients.delete(socket)) return;
    this.#count("clients gone");
    this.#want();
  }

  /** A client's text frame: what it wants from now on. */
  subscribe(client: Client, text: string): void {
    const refused = client.subscribe(text);
    this.#want();
    if (refused !== undefined) return this.#count("clients disconnected: bad subscription");
    const { kinds, snapshot } = client.subscription;
    if (!snapshot) return;
    for (const frame of this.#recent.frames(kinds)) client.offer(frame, { snapshot: true });
  }

  /** Hands one event to whoever wants it. */
  publish({ subject, data }: Delivery): void {
    const seen = peek(data);
    if (!seen.ok) return this.#count(`refused: ${seen.reason}`);
    const { kind, timestamp } = seen;
    if (kind === "none") return this.#count("refused: no-known-member");
    const keeps = this.#recent.keeps(kind);
    if (!keeps && !this.#wanted.has(kind)) return;
    const node = nodeOf(subject);
    const frame = new Frame(data, node);
    if (keeps) this.#recent.add({ timestamp, kind, data, node }, frame);
    for (const client of this.#clients.values()) {
      if (!client.subscription.kinds.has(kind)) continue;
      const became = client.offer(frame);
      if (became === "dropped") this.#count("dropped: slow client");
      else if (became === "disconnected") this.#count("clients disconnected: too slow");
    }
    if (frame.refused !== undefined) this.#count(`refused: ${frame.refused}`);
  }

  #want(): void {
    this.#wanted = new Set(
      [...this.#clients.values()].flatMap(({ subscription }) => [...subscription.kinds]),
    );
  }
}
