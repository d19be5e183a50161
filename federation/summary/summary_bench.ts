/**
 * Questions: what does counting an event cost beside decoding it, and what does a summary cost at the end of a bin?
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { decodeEvent, encodeEvent, peek } from "../../proto/event.ts";
import { BIN, honest, peerInfos, peers, START } from "./_network.ts";
import { deck } from "./_traffic.ts";
import { Summariser } from "./mod.ts";

const events = deck();
const policy = { clip: 64, keysPerNode: 16 };
const canaries = Array.from({ length: 20 }, (_, i) => `node-${i}.example.org`);

function counted(): Summariser {
  const summariser = new Summariser({ nodes: ["a", "b"], policy, canaries });
  for (const event of [...peers(125).flatMap((peer) => honest(peer)), peerInfos(peers(125), START)]) {
    for (const node of ["a", "b"]) summariser.observe(node, encodeEvent(event));
  }
  return summariser;
}

const summariser = new Summariser({ nodes: ["a"], policy, canaries });
for (const bytes of events) summariser.observe("a", bytes);
const [bin] = summariser.open;
const closed = summariser.preview(bin!);
assert("summary" in closed);
assertEquals(closed.withheld.some(({ what }) => what === "events that cannot be read"), false);
assert(closed.withheld.some(({ what, count }) => what === "netgroups: which they are" && count >= 125));

function eachIn(look: (bytes: Uint8Array) => unknown): () => void {
  let next = 0;
  return () => {
    look(events[next]!);
    next = (next + 1) % events.length;
  };
}

const group = "one event of the main network's mixture";
Deno.bench("decodeEvent", { group, baseline: true }, eachIn(decodeEvent));
Deno.bench("peek", { group }, eachIn(peek));
Deno.bench("observe", { group }, eachIn((bytes) => summariser.observe("a", bytes)));

const busy = counted();
assert("summary" in busy.preview(BIN));
Deno.bench("a summary of two nodes with 125 peers each, with its self-check", () => {
  busy.preview(BIN);
});
