/**
 * A bus across a message port: what a sandboxed component sees, while the real bus stays with the main thread. The
 * main thread forwards bytes and looks into none of them.
 *
 * Both directions have a window. `postMessage` itself knows no bound: without one, a busy sender would fill the
 * memory of a slow receiver.
 *
 * @module
 */

import { type Bus, type BusStats, type Delivery, QUEUE_LIMITS, type Subscription } from "./bus.ts";
import { DeliveryQueue } from "./queue.ts";

const WINDOW_BYTES = 16 * 1024 * 1024;
const BATCH = 512;
/** What an event costs in a window beside its bytes: with less, a window of small events would not fit into a queue. */
const EVENT_COST = WINDOW_BYTES / QUEUE_LIMITS.maxEvents;

/** What travels. Batches, because one message costs more than fifty events. */
type ToServer =
  | { type: "publish"; subjects: string[]; data: Uint8Array[] }
  | { type: "subscribe"; id: number; subjects: readonly string[] }
  | { type: "unsubscribe"; id: number }
  | { type: "taken"; id: number; bytes: number }
  | { type: "flush" | "room"; id: number };

type ToClient =
  | { type: "deliver"; id: number; subjects: string[]; data: Uint8Array[]; dropped: number }
  | { type: "end"; id: number }
  | { type: "forwarded"; bytes: number }
  | { type: "answered"; id: number };

/** An event's cost in a window: its bytes and what surrounds them. */
function weigh(data: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const item of data) bytes += item.length + EVENT_COST;
  return bytes;
}

/** Posting a view copies all of the buffer behind it: a 100-byte event out of a 64 KiB socket read would cost 64 KiB. */
function ownBytes(data: Uint8Array): Uint8Array {
  return data.byteLength === data.buffer.byteLength ? data : new Uint8Array(data);
}

/** The sandbox's end. */
export class PortBus implements Bus {
  readonly #port: MessagePort;
  #subjects: string[] = [];
  #data: Uint8Array[] = [];
  #underWay = 0;
  #published = 0;
  #unsent = 0;
  #droppedByGone = 0;
  #nextId = 0;
  #closed = false;
  readonly #queues = new Map<number, DeliveryQueue>();
  readonly #asked = new Map<number, () => void>();

  /** A bus whose other end is served with {@linkcode servePort}. */
  constructor(port: MessagePort) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<ToClient>) => this.#receive(data);
  }

  publish(subject: string, data: Uint8Array): void {
    if (this.#underWay > WINDOW_BYTES) {
      this.#unsent++;
      return;
    }
    this.#published++;
    this.#underWay += data.length + EVENT_COST;
    if (this.#data.length === 0) queueMicrotask(() => this.#send());
    this.#subjects.push(subject);
    this.#data.push(ownBytes(data));
  }

  subscribe(subjects: readonly string[]): Subscription {
    const id = this.#nextId++;
    let taken = 0;
    const queue: DeliveryQueue = new DeliveryQueue({
      drainsFromAfar: true,
      onClose: () => this.#post({ type: "unsubscribe", id }),
      onTake: (events, bytes) => {
        taken += bytes + EVENT_COST * events;
        // Telling after every event would cost more than the event.
        if (queue.length > 0 && taken < WINDOW_BYTES / 4) return;
        this.#post({ type: "taken", id, bytes: taken });
        taken = 0;
      },
    });
    this.#queues.set(id, queue);
    this.#post({ type: "subscribe", id, subjects });
    return queue;
  }

  stats(): BusStats {
    let dropped = this.#droppedByGone;
    for (const queue of this.#queues.values()) dropped += queue.dropped;
    return { published: this.#published, unsent: this.#unsent, dropped };
  }

  flush(): Promise<void> {
    return this.#ask("flush");
  }

  room(): Promise<void> {
    return this.#ask("room");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const queue of this.#queues.values()) queue.close();
    await this.flush();
    for (const id of [...this.#queues.keys()]) this.#end(id);
    this.#port.close();
  }

  #ask(type: "flush" | "room"): Promise<void> {
    this.#send();
    const id = this.#nextId++;
    return new Promise((done) => {
      this.#asked.set(id, done);
      this.#post({ type, id });
    });
  }

  #end(id: number): void {
    const queue = this.#queues.get(id);
    if (queue === undefined) return;
    this.#droppedByGone += queue.dropped;
    this.#queues.delete(id);
    queue.finish();
  }

  #send(): void {
    if (this.#data.length === 0) return;
    this.#post({ type: "publish", subjects: this.#subjects, data: this.#data });
    this.#subjects = [];
    this.#data = [];
  }

  #post(message: ToServer): void {
    this.#port.postMessage(message);
  }

  #receive(message: ToClient): void {
    switch (message.type) {
      case "deliver": {
        const queue = this.#queues.get(message.id);
        queue?.setDroppedUpstream(message.dropped);
        message.data.forEach((data, i) => queue?.push({ subject: message.subjects[i]!, data }));
        break;
      }
      case "end":
        this.#end(message.id);
        break;
      case "forwarded":
        this.#underWay -= message.bytes;
        break;
      case "answered":
        this.#asked.get(message.id)?.();
        this.#asked.delete(message.id);
    }
  }
}

/** What the other end may ask for; anything else is refused. */
export interface PortPolicy {
  /** Whether it may publish on this subject. */
  mayPublish(subject: string): boolean;
  /** Whether it may listen on this pattern. */
  maySubscribe(pattern: string): boolean;
  /** Bytes that may be on their way to it; the rest waits in the bus's bounded queue. */
  windowBytes?: number;
}

/** The main thread's end: connects a port to a bus until the port is closed. Returns how to stop. */
export function servePort(port: MessagePort, bus: Bus, policy: PortPolicy): Disposable {
  const subscriptions = new Map<number, Forwarding>();
  let gone = false;
  port.onmessage = ({ data }: MessageEvent<ToServer>) => receive(data);
  return {
    [Symbol.dispose]() {
      gone = true;
      for (const { subscription, resume } of subscriptions.values()) {
        subscription[Symbol.dispose]();
        resume();
      }
      port.close();
    },
  };

  function receive(message: ToServer): void {
    switch (message.type) {
      case "publish":
        message.data.forEach((data, i) => {
          const subject = message.subjects[i]!;
          if (policy.mayPublish(subject)) bus.publish(subject, data);
        });
        post({ type: "forwarded", bytes: weigh(message.data) });
        break;
      case "subscribe": {
        const subscription = bus.subscribe(
          message.subjects.filter((pattern) => policy.maySubscribe(pattern)),
        );
        const forwarding = { id: message.id, subscription, underWay: 0, resume: () => {} };
        subscriptions.set(message.id, forwarding);
        void forward(forwarding);
        break;
      }
      case "unsubscribe":
        subscriptions.get(message.id)?.subscription.close();
        break;
      case "taken": {
        const forwarding = subscriptions.get(message.id);
        if (forwarding === undefined) return;
        forwarding.underWay -= message.bytes;
        forwarding.resume();
        break;
      }
      case "flush":
      case "room":
        void bus[message.type]().then(() => gone || post({ type: "answered", id: message.id }));
    }
  }

  /** Moves events from the bus to the port, as many as the window allows; the rest waits in the bus's own queue. */
  async function forward(forwarding: Forwarding): Promise<void> {
    const { id, subscription } = forwarding;
    while (!gone && await subscription.ready()) {
      const batch: readonly Delivery[] = subscription.take(BATCH);
      const data = batch.map((delivery) => ownBytes(delivery.data));
      forwarding.underWay += weigh(data);
      post({
        type: "deliver",
        id,
        subjects: batch.map((d) => d.subject),
        data,
        dropped: subscription.dropped,
      });
      while (forwarding.underWay > (policy.windowBytes ?? WINDOW_BYTES) && !gone) {
        await new Promise<void>((resume) => forwarding.resume = resume);
      }
    }
    subscriptions.delete(id);
    if (!gone) post({ type: "end", id });
  }

  function post(message: ToClient): void {
    port.postMessage(message);
  }
}

interface Forwarding {
  id: number;
  subscription: Subscription;
  underWay: number;
  resume: () => void;
}
