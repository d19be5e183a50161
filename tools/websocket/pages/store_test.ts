import { assert, assertEquals } from "@std/assert";
import { encodeEvent, type Event } from "../../../proto/event.ts";
import { SCENE, scene } from "../_scene.ts";
import { Frame as ServedFrame } from "../frame.ts";
import type { Frame } from "./frames.ts";
import { Store, Stores } from "./store.ts";

const END = 1_750_942_800_000;

/** The text that the server sends to a page. */
function textOf(
  event: Event,
  { node, ...more }: { node?: string; snapshot?: true; dropped?: number } = {},
): string {
  return new ServedFrame(encodeEvent(event), node).enveloped({ exact: true, lite: true }, more) ?? "{}";
}

function storeOf(events: readonly Event[]): Store {
  const store = new Store();
  for (const event of events) store.take(JSON.parse(textOf(event)) as Frame);
  return store;
}

function opened(peerId: number, timestamp: number): Event {
  const conn = { peerId, addr: `203.0.113.7:${peerId}`, connType: 1, network: 1 };
  return {
    timestamp,
    kind: "connection",
    value: { event: { case: "inbound", value: { conn, existingConnections: 1 } } },
  };
}

function closed(peerId: number, timestamp: number, member: "closed" | "inboundEvicted" = "closed"): Event {
  const conn = { peerId, addr: `203.0.113.7:${peerId}`, connType: 1, network: 1 };
  return {
    timestamp,
    kind: "connection",
    value: { event: { case: member, value: { conn, timeEstablished: Math.floor(timestamp / 1000) - 60 } } },
  };
}

Deno.test("Store knows the tip, the peers and the rates of a scene", () => {
  const events = scene(END);
  const announced = events.flatMap((event) =>
    event.kind === "message" && event.value.meta.inbound && event.value.msg?.case === "inv"
      ? event.value.msg.value.items.map(({ item }) => item?.case === "wtx" ? item.value.toHex() : "")
      : []
  );
  const store = storeOf(events);
  assertEquals(store.tip()?.height, SCENE.height);
  assertEquals(store.peers.counts(), { inbound: SCENE.inbound, outbound: SCENE.outbound });
  assertEquals(store.rejected.total, SCENE.refused);
  assertEquals([store.relay.announced, store.relay.distinct], [announced.length, new Set(announced).size]);
  assertEquals(store.pings.unanswered().map(({ peer }) => peer.id), [151, 151]);
  assert(store.pings.pingsOften(136) && !store.pings.pingsOften(109));
});

Deno.test("without tracepoints, the node's answers tell of blocks", () => {
  const answers = scene(END).flatMap((event) =>
    event.kind === "rpc" && event.value.rpcEvent?.case === "blockchainInfo"
      ? [event.value.rpcEvent.value]
      : []
  );
  const events = [100, 100, 102].map((blocks, i): Event => ({
    timestamp: END + i,
    kind: "rpc",
    value: { rpcEvent: { case: "blockchainInfo", value: { ...answers[0]!, blocks } } },
  }));
  const store = storeOf(events);
  assertEquals([...store.blocks].map(({ height, timestamp }) => [height, timestamp]), [[102, END + 2]]);
  assertEquals(store.tip()?.seen, END + 2);
});

Deno.test("a closed connection that was evicted is one span, from its opening to its end", () => {
  const store = storeOf([opened(1, END), closed(1, END + 5000, "inboundEvicted"), closed(1, END + 5001)]);
  const [span, ...others] = [...store.peers.spans.values()];
  assertEquals(others, []);
  assertEquals([span!.opened, span!.closed, span!.evicted], [END, END + 5000, true]);
});

Deno.test("what comes and goes by the thousand does not push out who stays", () => {
  const store = storeOf([opened(1, END)]);
  for (let id = 2; id < 5000; id++) {
    for (const event of [opened(id, END + id), closed(id, END + id + 1)]) {
      store.take(JSON.parse(textOf(event)) as Frame);
    }
  }
  assert(store.peers.all.size <= 1500 && store.peers.spans.size <= 1500);
  assertEquals(store.peers.open().map(({ id }) => id), [1]);
});

Deno.test("types of messages that a stranger invents are counted together", () => {
  const store = new Store();
  for (let i = 0; i < 500; i++) {
    const meta = { peerId: 1, addr: "a:1", connType: 1, command: `x${i}`, inbound: true, size: 1 };
    store.take(
      JSON.parse(textOf({ timestamp: END, kind: "message", value: { meta, msg: undefined } })) as Frame,
    );
  }
  assertEquals(store.traffic.size, 61);
  assertEquals(store.traffic.get("other")?.receivedCount, 440);
});

Deno.test("Stores tells nodes apart, counts losses, and begins anew when a recording begins anew", () => {
  const stores = new Stores();
  stores.take(textOf(opened(1, END), { node: "alpha" }));
  stores.take(textOf(opened(2, END), { node: "beta", dropped: 3 }));
  assertEquals(stores.names, ["alpha", "beta"]);
  assertEquals(stores.of("beta").dropped, 3);
  assertEquals([stores.nameOf("beta"), stores.nameOf(""), stores.nameOf("gone")], ["beta", "alpha", "alpha"]);
  stores.take(textOf(opened(5, END - 30_000), { node: "alpha" }));
  assertEquals(stores.of("alpha").peers.all.size, 2, "only late");
  stores.take(textOf(opened(6, END - 600_000), { node: "alpha", snapshot: true }));
  assertEquals(stores.of("alpha").peers.all.size, 3, "seen before");
  stores.take(textOf(opened(7, END - 600_000), { node: "alpha" }));
  assertEquals([...stores.of("alpha").peers.all.keys()], [7]);
});
