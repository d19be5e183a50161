import { assert, assertEquals } from "@std/assert";
import { decodeEvent } from "../../proto/event.ts";
import { encodedTraffic } from "../logger/_traffic.ts";
import { encodeFrame, type Form, PLAIN } from "./encode.ts";
import { Fanout } from "./fanout.ts";

/**
 * What an event costs the tool until each client has its text; the sockets themselves are left out, since what they
 * cost is Deno's and the same for both.
 */

const traffic = encodedTraffic();
const LITE: Form = { exact: true, lite: true };

/** Without a text that is shared: each client gets its own. */
function naive(clients: number): (data: Uint8Array) => void {
  return (data) => {
    for (let i = 0; i < clients; i++) {
      const result = decodeEvent(data);
      if (result.ok) take(JSON.stringify(result.event, plainValue));
    }
  };
}

function plainValue(_name: string, value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  return value instanceof Uint8Array ? Array.from(value) : value;
}

function fanned(clients: number, subscription: string): (data: Uint8Array) => void {
  const fanout = new Fanout(() => {});
  for (let i = 0; i < clients; i++) {
    const socket = {
      bufferedAmount: 0,
      readyState: WebSocket.OPEN,
      send: (data: unknown) => take(data as string),
      close() {},
    };
    fanout.subscribe(fanout.add(socket), subscription);
  }
  return (data) => fanout.publish({ subject: "netmsg", data });
}

const ALL = '{"ebpf":{"messages":true,"connections":true,"mempool":true}}';
const PAGE =
  '{"ebpf":{"messages":true,"connections":true,"mempool":true},"exact":true,"lite":true,"envelope":true}';

let taken = 0;
const encoder = new TextEncoder();
const buffer = new Uint8Array(1024 * 1024);

/** As a socket does; a text that nobody reads is not even put together. */
function take(text: string): void {
  taken += encoder.encodeInto(text, buffer).written;
}

for (const data of traffic) {
  const result = decodeEvent(data);
  assert(result.ok);
  for (const form of [PLAIN, LITE]) JSON.parse(encodeFrame(result.event, form)!);
}
fanned(3, ALL)(traffic[0]!);
const once = decodeEvent(traffic[0]!);
assert(once.ok);
assertEquals(taken, 3 * encodeFrame(once.event, PLAIN)!.length);

for (const clients of [1, 10, 100]) {
  const group = `one event to ${clients} client${clients > 1 ? "s" : ""}`;
  Deno.bench("decode and JSON.stringify() for each", { group, baseline: true }, eachOf(naive(clients)));
  Deno.bench("fan-out, the Rust tool's form", { group }, eachOf(fanned(clients, ALL)));
  Deno.bench("fan-out, as pages ask for it", { group }, eachOf(fanned(clients, PAGE)));
}
const group = "one event that nobody wants";
Deno.bench("decode", { group, baseline: true }, eachOf((data) => void decodeEvent(data)));
Deno.bench("fan-out", { group }, eachOf(fanned(100, '{"ipc":true}')));

function eachOf(handle: (data: Uint8Array) => void): () => void {
  let next = 0;
  return () => {
    handle(traffic[next]!);
    next = (next + 1) % traffic.length;
  };
}
