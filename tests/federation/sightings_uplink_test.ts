import { assertEquals } from "@std/assert";
import { EpochKeys, serviceKey } from "../../federation/randomness/epoch_keys.ts";
import { Service } from "../../federation/randomness/service.ts";
import { connection, message, type PeerPlan } from "../../federation/summary/_network.ts";
import { FILES, type UplinkFolder } from "../../federation/uplink/folder.ts";
import uplink from "../../federation/uplink/mod.ts";
import { openEpoch } from "../../federation/hub/sighting_opener.ts";
import { decodeSighting } from "../../federation/sightings/sighting.ts";
import { sightingsFor } from "../../federation/hub/sightings_feed.ts";
import { encodeEvent } from "../../proto/event.ts";
import { keyText } from "../../proto/federation/keys.ts";
import { memberListText } from "../../proto/federation/member_list.ts";
import { Behaviour } from "../../proto/federation/schema.ts";
import { MemoryBus } from "../../runtime/bus/memory.ts";
import { logFor } from "../../runtime/log.ts";
import { resolve } from "../../runtime/resolve.ts";
import { runComponents } from "../../runtime/runner.ts";
import { serve } from "../../runtime/serve.ts";
import { until } from "../parts/until.ts";
import { joinedFolder } from "./carrier.ts";
import { TestHub } from "./hub.ts";

const EPOCH_SECONDS = 604_800;
const BIN_MS = 600_000;
const OWN = "20.0.0.99";

/** From now on it is this time everywhere in this process. */
class Clock implements Disposable {
  readonly #realNow = Date.now;

  set(milliseconds: number): void {
    const ahead = milliseconds - this.#realNow.call(Date);
    Date.now = () => this.#realNow.call(Date) + ahead;
  }

  [Symbol.dispose](): void {
    Date.now = this.#realNow;
  }
}

class Operator implements AsyncDisposable {
  readonly bus = new MemoryBus();
  readonly lines: string[] = [];
  readonly folder: UplinkFolder;
  readonly #stop = new AbortController();
  readonly #ended: Promise<unknown>;

  constructor(folder: UplinkFolder, args: readonly string[]) {
    this.folder = folder;
    const all = [
      "--uplink.folder",
      folder.path,
      "--uplink.min-k-member",
      "2",
      "--uplink.node-addresses",
      OWN,
      ...args,
    ];
    const options = { args: all, env: () => undefined, file: undefined };
    const { values, problems } = resolve({ uplink: uplink.options }, options);
    assertEquals(problems, []);
    this.#ended = runComponents({
      tasks: [{ name: "uplink", component: uplink, values: values.uplink! }],
      bus: this.bus,
      nodes: [],
      sink: ({ level, message }) => this.lines.push(`${level}: ${message}`),
      signal: this.#stop.signal,
      restartMs: 10,
    });
  }

  /** Says what the uplink said last about something. */
  status(): string {
    return (this.folder.readJson(FILES.status) as { sightings?: string } | undefined)?.sightings ?? "";
  }

  /** An address pings all the time. */
  pinged(address: string, id: number): void {
    const peer: PeerPlan = { id, address: `${address}:8333`, userAgent: "", inbound: true };
    const events = Array.from({ length: 20 }, () => message(peer, { command: "ping", at: Date.now() }));
    for (const event of [connection(peer, Date.now()), ...events]) {
      this.bus.publish(event.kind === "message" ? "netmsg" : "netconn", encodeEvent(event));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#ended;
    await this.bus[Symbol.asyncDispose]();
  }
}

Deno.test("uplink: an address that pings two operators all the time is found by both, a week later, and nothing else is", async () => {
  using clock = new Clock();
  await using cleanup = new AsyncDisposableStack();
  // Early in an epoch, and in a bin.
  const epoch = Math.floor(Date.now() / 1000 / EPOCH_SECONDS);
  const start = epoch * EPOCH_SECONDS * 1000;
  clock.set(start + 100 * BIN_MS + 60_000);

  const serviceFolder = await Deno.makeTempDir();
  cleanup.defer(() => Deno.remove(serviceFolder, { recursive: true }));
  const { key } = await serviceKey(serviceFolder);
  const rules = { randomnessKey: key.publicKey, epochSeconds: EPOCH_SECONDS, perEpoch: 32 };
  const hub = cleanup.use(await TestHub.start({ policy: { kMember: 2, sightings: rules } }));
  const service = new Service({
    ...{ folder: serviceFolder, members: `${serviceFolder}/members.txt`, publicKey: key.publicKey },
    ...{ perOperator: 64, operators: 9, batch: 64, perMinute: 100, log: logFor("randomness", () => {}) },
    keys: await EpochKeys.open(serviceFolder, { service: key, epochSeconds: EPOCH_SECONDS }),
  });
  const stop = new AbortController();
  const listening = Promise.withResolvers<string>();
  const served = serve({
    ...{ address: "127.0.0.1:0", flag: "", log: logFor("randomness", () => {}), signal: stop.signal },
    handler: (request) => service.answer(request),
    onListening: listening.resolve,
  });
  cleanup.defer(async () => {
    stop.abort();
    await served;
  });
  const url = await listening.promise;
  const args = ["--uplink.randomness", url, "--uplink.randomness-key", keyText("randomness", key.publicKey)];
  const operators: Operator[] = [];
  for (let i = 0; i < 2; i++) operators.push(cleanup.use(new Operator(await joinedFolder(hub), args)));
  // One that has switched them off.
  const silent = cleanup.use(new Operator(await joinedFolder(hub), [...args, "--uplink.sightings=false"]));
  const all = [...operators, silent];
  await until(
    "all are connected",
    () => all.every(({ lines }) => lines.some((line) => line.includes("Connected"))),
  );
  const members = (await hub.store.members()).map(({ keys }) => keys.map(({ hash }) => hash.toHex()));
  const list = memberListText({ hubKey: hub.key.publicKey, operators: members });
  await Deno.writeTextFile(`${serviceFolder}/members.txt`, list);

  for (const [i, operator] of all.entries()) {
    operator.pinged("203.1.113.77", 1);
    operator.pinged(`20.0.${i}.1`, 2);
    operator.pinged(OWN, 3);
  }
  clock.set(start + 102 * BIN_MS);
  await until("what was seen", () => operators.every((each) => each.status().startsWith("2 sightings")));
  clock.set(start + 0.95 * EPOCH_SECONDS * 1000);
  await service.tick();
  await until("sealed parts", () => operators.every((each) => each.status().includes("1 sealed parts wait")));
  clock.set(start + 1.45 * EPOCH_SECONDS * 1000);
  await until(
    "the hub has them",
    () => operators.every((each) => !each.status().includes("wait for the hub")),
  );
  assertEquals((await hub.store.sightings!.keys(epoch)).map(({ operators }) => operators), [2]);
  assertEquals(await sightingsFor(undefined, hub), []);

  clock.set(start + 2.01 * EPOCH_SECONDS * 1000);
  const threshold = { k: 2, roots: hub.hub.members.roots, counts: () => true, noise: () => 0 };
  const { opened } = await openEpoch(hub.store.sightings!, epoch, threshold);
  const found = opened.sightings.map(({ content }) => decodeSighting(content)!);
  assertEquals(found, [{ network: Uint8Array.of(203, 1, 113, 77), behaviour: Behaviour.PING_SPAM }]);
  // With the noise of a hub, which can hide it.
  await hub.hub.openSightings();
  const [told] = (await sightingsFor(undefined, hub))!;
  assertEquals([told?.from, told?.to], [epoch * EPOCH_SECONDS, (epoch + 1) * EPOCH_SECONDS]);
  assertEquals(await hub.store.sightings!.flags(), new Map());
});
