/**
 * Traffic of attacks and troubles, made up and determined by a seed: an ordinary hour, the attack, an ordinary time
 * after it. For tests, and for showing the tools without waiting for an attack.
 *
 * @module
 */

import type { Event } from "../../proto/event.ts";
import type { Anomaly } from "../../proto/federation/schema.ts";
import { type Peer, START, World } from "./world.ts";

const MINUTE_MS = 60_000;

/** What happens, and what should be told about it. */
export interface Scenario {
  /** Kebab-case. */
  readonly name: string;
  /** One sentence for people. */
  readonly about: string;
  /** Rules that must fire, and end. */
  readonly fires: readonly string[];
  /** Rules that may fire besides: consequences. */
  readonly mayFire?: readonly string[];
  /** What becomes an incident when several operators meet it at once. */
  readonly incident?: keyof typeof Anomaly;
  /** Minutes after the start at which it begins. */
  readonly fromMinute: number;
  /** Minutes after the start at which it is over. */
  readonly toMinute: number;
  /** Minutes in all. */
  readonly minutes: number;
  /** Once, at the beginning. */
  begin?(world: World): void;
  /** Every ten seconds of it. */
  during?(world: World): void;
  /** Once, at the end. */
  end?(world: World): void;
}

/** The events of a scenario in order of time. */
export function* eventsOf(scenario: Scenario, seed = 1, start = START): Generator<Event> {
  const world = new World(seed, start);
  const [from, to, last] = [scenario.fromMinute, scenario.toMinute, scenario.minutes].map((minute) =>
    start + minute * MINUTE_MS
  ) as [number, number, number];
  while (world.now < last) {
    if (world.now === from) scenario.begin?.(world);
    if (world.now === to) scenario.end?.(world);
    if (world.now >= from && world.now < to) scenario.during?.(world);
    world.step();
    yield* world.take();
  }
}

/** Unix milliseconds of a minute of a scenario that was not told when to begin. */
export function minute(number: number): number {
  return START + number * MINUTE_MS;
}

const LONG = { fromMinute: 60, toMinute: 90, minutes: 150 };

/** Peers that only this scenario knows, made at its beginning. */
const crowds = new WeakMap<World, Peer[]>();

function crowd(world: World): Peer[] {
  return crowds.get(world)!;
}

function gather(world: World, count: number, addr: (i: number) => string): void {
  crowds.set(world, Array.from({ length: count }, (_, i) => world.connect({ addr: addr(i) })));
}

function inboundOf(world: World): Peer[] {
  return [...world.peers.values()].filter((peer) => peer.inbound);
}

/** All of them. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: "quiet",
    about: "an ordinary day",
    fires: [],
    fromMinute: 0,
    toMinute: 0,
    minutes: 600,
  },
  {
    name: "addr-flood",
    about: "thirty peers send random addresses, ten at a time, as in July 2021",
    fires: ["addr-flood", "AddrSpammer", "AddrEntriesSpammer", "PeerDisconnected"],
    incident: "ADDR_FLOOD",
    ...LONG,
    begin: (world) => gather(world, 30, (i) => `198.18.${i}.1:50000`),
    during(world) {
      for (const peer of crowd(world)) {
        for (let i = 0; i < 3; i++) {
          const value = { addresses: world.addresses(10, { fresh: true }) };
          world.message(peer, "addr", { case: "addr", value });
        }
      }
    },
    end: (world) => crowd(world).forEach((peer) => world.close(peer)),
  },
  {
    name: "linking-lion",
    about: "peers of three netgroups connect for half a minute, again and again",
    fires: ["mass-connect"],
    incident: "CONNECTION_CHURN",
    ...LONG,
    begin: (world) => crowds.set(world, []),
    during(world) {
      const guests = crowd(world);
      while (guests.length > 8) world.close(guests.shift()!);
      for (const net of ["198.51.100", "203.0.113", "192.0.2"]) {
        if (world.random.below(3) > 0) continue;
        const addr = `${net}.${world.random.below(256)}:${40_000 + world.random.below(9999)}`;
        guests.push(world.connect({ addr }));
      }
    },
    end: (world) => crowd(world).forEach((peer) => world.close(peer)),
  },
  {
    name: "eviction-storm",
    about: "new inbound peers push out others, three every ten seconds",
    fires: ["eviction-storm"],
    incident: "EVICTION_STORM",
    ...LONG,
    during(world) {
      for (let i = 0; i < 3; i++) {
        world.evict(world.random.pick(inboundOf(world)));
        world.connect();
      }
    },
  },
  {
    name: "misbehavior",
    about: "many peers send headers that do not connect",
    fires: ["misbehavior-spike"],
    ...LONG,
    during(world) {
      if (world.random.below(2) > 0) return;
      const peer = world.random.pick(inboundOf(world));
      world.misbehave(peer, "invalid header received");
    },
  },
  {
    name: "inbound-drop",
    about: "two thirds of the inbound peers leave within ten seconds, and come back later",
    fires: ["inbound-drop"],
    incident: "INBOUND_DROP",
    ...LONG,
    begin(world) {
      world.refills = false;
      for (const peer of inboundOf(world)) if (world.random.below(3) > 0) world.close(peer);
    },
    end(world) {
      world.refills = true;
      while (inboundOf(world).length < 110) world.connect();
    },
  },
  {
    name: "outbound-drop",
    about: "the node loses most of the connections it chose itself",
    fires: ["outbound-drop"],
    ...LONG,
    begin(world) {
      const outbound = [...world.peers.values()].filter((peer) => !peer.inbound);
      for (const peer of outbound.slice(3)) world.close(peer);
    },
    end(world) {
      for (let i = 0; i < 7; i++) world.connect({ inbound: false });
    },
  },
  {
    name: "v2-downgrade",
    about: "somebody on the way blocks encrypted connections",
    fires: ["v2-share-drop"],
    ...LONG,
    begin: (world) => world.peers.forEach((peer) => peer.transport = "v1"),
    during: (world) => world.peers.forEach((peer) => peer.transport = "v1"),
    end: (world) => world.peers.forEach((peer) => peer.transport = peer.id % 3 > 0 ? "v2" : "v1"),
  },
  {
    name: "sybil",
    about: "one /16 holds two thirds of the inbound slots",
    fires: ["low-diversity"],
    ...LONG,
    begin(world) {
      for (const peer of inboundOf(world).slice(0, 80)) world.close(peer);
      gather(world, 80, (i) => `198.18.${i}.${i + 1}:8333`);
    },
    end(world) {
      for (const peer of crowd(world)) {
        world.close(peer);
        world.connect();
      }
    },
  },
  {
    name: "inv-to-send",
    about: "announcements pile up and the message thread is busy sorting them, as in May 2023",
    fires: ["inv-to-send", "ping-backlog"],
    incident: "BUSY_MESSAGE_THREAD",
    ...LONG,
    during(world) {
      world.queue = Math.min(20_000, world.queue + 500);
      world.pingMs = Math.min(15_000, world.pingMs + 400);
    },
    end(world) {
      world.queue = 20;
      world.pingMs = 5;
    },
  },
  {
    name: "block-stall",
    about: "peers announce a block and do not send it",
    fires: ["block-stall"],
    ...LONG,
    begin(world) {
      world.mines = false;
      world.headers = world.height + 1;
      world.inflight = [world.headers];
    },
    end(world) {
      world.mines = true;
      world.inflight = [];
      world.block();
    },
  },
  {
    name: "withheld-transactions",
    about: "every block holds transactions that nobody relayed",
    fires: ["compact-block-failures"],
    fromMinute: 180,
    toMinute: 420,
    minutes: 780,
    begin: (world) => world.surprises = true,
    end: (world) => world.surprises = false,
  },
  {
    name: "mutated-block",
    about: "a peer sends a block whose transactions were changed",
    fires: ["mutated-blocks"],
    incident: "MUTATED_BLOCKS",
    fromMinute: 60,
    toMinute: 70,
    minutes: 180,
    begin: (world) =>
      world.log({
        case: "blockCheckedLog",
        value: {
          blockHash: "ab".repeat(32),
          state: "bad-txnmrklroot",
          debugMessage: "hashMerkleRoot mismatch",
        },
      }),
  },
  {
    name: "stale-tip",
    about: "no block for two hours",
    fires: ["stale-tip"],
    incident: "STALE_TIP",
    fromMinute: 60,
    toMinute: 180,
    minutes: 240,
    begin: (world) => world.mines = false,
    end(world) {
      world.mines = true;
      world.block();
    },
  },
  {
    name: "stale-block",
    about: "two miners find a block at the same height, and a part of the network has the one that loses",
    fires: [],
    incident: "FORK",
    fromMinute: 60,
    toMinute: 70,
    minutes: 150,
    begin(world) {
      world.mines = false;
      world.split();
    },
    end(world) {
      world.mines = true;
      world.block();
    },
  },
  {
    name: "restart",
    about: "the node is started again and slowly finds its peers",
    fires: ["node-restart"],
    ...LONG,
    begin: (world) => world.restart(),
    during(world) {
      if (world.peers.size < 120) world.connect();
    },
  },
  {
    name: "ping-spam",
    about: "one peer pings every ten seconds",
    fires: ["PingSpammer", "PeerDisconnected"],
    ...LONG,
    begin: (world) => gather(world, 1, () => "198.18.0.1:50000"),
    during: (world) =>
      world.message(crowd(world)[0]!, "ping", { case: "ping", value: { value: 1n } }, { size: 8 }),
    end: (world) => world.close(crowd(world)[0]!),
  },
];

/** The scenario of that name. */
export function scenario(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found === undefined) {
    throw new RangeError(
      `Unknown scenario "${name}": there are ${SCENARIOS.map(({ name }) => name).join(", ")}`,
    );
  }
  return found;
}
