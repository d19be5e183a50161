import { DatabaseSync } from "node:sqlite";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { UplinkFolder } from "../../federation/uplink/folder.ts";
import { serviceAt } from "../../federation/uplink/randomness.ts";
import { Sightings } from "../../federation/uplink/sightings.ts";
import { openFolder, openOrMake } from "../../federation/hub/folder.ts";
import { DEFAULTS, signPolicy } from "../../federation/hub/policy.ts";
import { decodeSighting, networkText } from "../../federation/sightings/sighting.ts";
import { PER_PART } from "../../federation/sightings/part.ts";
import { newInvitation, sponsor } from "../../proto/federation/invitation.ts";
import { keyPair, newSeed, parseKey } from "../../proto/federation/keys.ts";
import * as codec from "../../proto/federation/codec.ts";
import { decode } from "../../proto/federation/frame.ts";
import { Behaviour, type Invitation } from "../../proto/federation/schema.ts";
import { parseIp } from "../../proto/subnet.ts";
import { logFor } from "../../runtime/log.ts";
import { type Process, startProcess } from "../parts/process.ts";
import { freePort, until } from "../parts/until.ts";
import { Client } from "./client.ts";
import { contentOf, Oracle, RULES } from "./sightings_scene.ts";

const K = 2;
/** Nobody waits for a week. */
const EPOCH_SECONDS = 2;
const SPY = "203.0.113.77";
const ROOT = new URL("../..", import.meta.url).pathname;

function waggle(args: readonly string[]): Process {
  return startProcess(Deno.execPath(), { args: ["run", "-A", "--quiet", "mod.ts", ...args], cwd: ROOT });
}

async function output(args: readonly string[]): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "mod.ts", ...args],
    cwd: ROOT,
  });
  const { stdout, success } = await command.output();
  assert(success);
  return new TextDecoder().decode(stdout);
}

/** An operator without the rest of an uplink: real requests to the service, real frames to the hub. */
class Operator implements AsyncDisposable {
  readonly #client: Client;
  readonly #sightings: Sightings;
  #isWaiting = false;

  private constructor(client: Client, sightings: Sightings) {
    this.#client = client;
    this.#sightings = sightings;
  }

  static async join(
    hubUrl: string,
    invitation: Invitation,
    service: URL,
    serviceKey: string,
  ): Promise<Operator> {
    const key = await keyPair(newSeed("operator"));
    const client = new Client(hubUrl);
    await client.auth(key, invitation);
    const { policy } = await client.next("policy");
    await client.next("ready");
    const route = { hub: service, proxy: undefined, acceptEgressLeak: false };
    const sightings = new Sightings({
      folder: new UplinkFolder(await Deno.makeTempDir()),
      service: serviceAt({
        key: parseKey("randomness", serviceKey)!,
        route,
        surroundings: { isBesideNode: true, nodeAddresses: new Set() },
        signal: new AbortController().signal,
      }),
      key: () => Promise.resolve(key),
      ownAddresses: () => new Set(),
      count() {},
      log: logFor("uplink", () => {}),
    });
    sightings.policy = decode(codec.decodePolicy, policy)!;
    return new Operator(client, sightings);
  }

  /** Sees what it sees all the time, and does what is due. */
  step(addresses: readonly string[]): void {
    const now = Date.now();
    for (const address of addresses) this.#sightings.note(parseIp(address)!, Behaviour.PING_SPAM, now);
    this.#sightings.work(now);
    const heard = this.#client.heard.splice(0);
    for (const content of heard) {
      if (content.case !== "taken") continue;
      this.#isWaiting = false;
      this.#sightings.answered(content.value, now);
    }
    const part = this.#isWaiting ? undefined : this.#sightings.next(now);
    if (part === undefined) return;
    this.#isWaiting = true;
    this.#client.send({ case: "sightings", value: part });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sightings.settle();
    await this.#client[Symbol.asyncDispose]();
  }
}

Deno.test("sightings: a hub and a randomness service as processes, and k + 1 operators, find what all of them saw", async () => {
  const folder = await Deno.makeTempDir();
  const [hubPort, servicePort] = [freePort(), freePort()];
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => Deno.remove(folder, { recursive: true }));

  // The service says which key it has; the hub's policy names it.
  const service = cleanup.use(waggle([
    ...["randomness", "--randomness.folder", `${folder}/service`],
    ...["--randomness.address", `127.0.0.1:${servicePort}`, "--randomness.epoch-seconds", `${EPOCH_SECONDS}`],
  ]));
  const [, serviceKey] = await service.waitForLine(/This service is (C\w+)/);
  const hubFolder = `${folder}/hub`;
  const { key: hubKey, store } = await openOrMake(hubFolder);
  await store.setPolicy(await signPolicy({ ...DEFAULTS, kMember: K }, hubKey, 1));
  await store[Symbol.asyncDispose]();
  const place = ["--hub.folder", hubFolder];
  const rules = await output([
    ...["hub", "sightings", ...place, "--hub.randomness-key", serviceKey!],
    ...["--hub.epoch-seconds", `${EPOCH_SECONDS}`, "--hub.per-epoch", "32"],
  ]);
  assertStringIncludes(rules, serviceKey!);

  const hub = cleanup.use(waggle(["hub", ...place, "--hub.address", `127.0.0.1:${hubPort}`]));
  await hub.waitForPort(hubPort);
  const at = new URL(`http://127.0.0.1:${servicePort}`);
  const operators = await Promise.all([1, 2, 3].map(async () => {
    const invitation = await sponsor(newInvitation(hubKey.publicKey, 2 ** 31), hubKey);
    return cleanup.use(await Operator.join(`http://127.0.0.1:${hubPort}`, invitation, at, serviceKey!));
  }));
  await Deno.writeTextFile(
    `${folder}/service/members.txt`,
    await output(["hub", "members", ...place, "--hub.hashes"]),
  );

  const found = await until("the sighting", async () => {
    operators.forEach((operator, i) => operator.step([SPY, `20.0.0.${i}`]));
    const sightings = await openedIn(hubFolder);
    return sightings.length > 0 && sightings;
  });
  assertEquals(new Set(found.map((each) => each.join(" "))), new Set([`${SPY} ${Behaviour.PING_SPAM}`]));
});

Deno.test("sightings: a hub that is killed has every part that it acknowledged", async () => {
  const folder = await Deno.makeTempDir();
  const { key: hubKey, store } = await openOrMake(folder);
  // Long enough for none to end meanwhile.
  const rules = { ...RULES, epochSeconds: 100_000_000, perEpoch: 1024 };
  await store.setPolicy(await signPolicy({ ...DEFAULTS, kMember: K, sightings: rules }, hubKey, 1));
  await store[Symbol.asyncDispose]();
  const operator = await keyPair(newSeed("operator"));
  const invitation = await sponsor(newInvitation(hubKey.publicKey, 2 ** 31), hubKey);
  const epoch = Math.floor(Date.now() / 1000 / rules.epochSeconds) - 1;
  const part = new Oracle().part([contentOf(SPY)], { k: K, epoch });
  const acknowledged = new Set<number>();
  for (let kill = 0; kill < 3; kill++) {
    const port = freePort();
    await using hub = waggle(["hub", "--hub.folder", folder, "--hub.address", `127.0.0.1:${port}`]);
    await hub.waitForPort(port);
    await using client = new Client(`http://127.0.0.1:${port}`);
    await client.ready(operator, invitation);
    const before = acknowledged.size;
    // Whatever is acknowledged while the hub dies counts, too.
    for (let number = kill * 10; number < kill * 10 + 10; number++) {
      const sealed = part.sealed.map((each) => ({
        ...each,
        tag: crypto.getRandomValues(new Uint8Array(32)),
      }));
      client.send({ case: "sightings", value: { ...part, part: number, sealed } });
      const taken = await client.next("taken");
      if (taken.code === undefined) acknowledged.add(taken.part);
      if (acknowledged.size === before + 5) hub.kill("SIGKILL");
      if (acknowledged.size >= before + 5) break;
    }
    await hub.status;
    for (const content of client.heard) {
      if (content.case === "taken" && content.value.code === undefined) acknowledged.add(content.value.part);
    }
  }
  assertEquals(acknowledged.size >= 15, true);
  const database = new DatabaseSync(`${folder}/hub.sqlite`);
  const parts = database.prepare("SELECT part FROM sealed_parts").all().map(({ part }) => Number(part));
  const [{ sealed }] = database.prepare("SELECT count(*) AS sealed FROM sealed").all() as [
    { sealed: number },
  ];
  database.close();
  assertEquals([...acknowledged].filter((part) => !parts.includes(part)), []);
  assertEquals(sealed, parts.length * PER_PART, "and each part is whole");
  await Deno.remove(folder, { recursive: true });
});

/** What a hub has opened, read beside it. */
async function openedIn(hubFolder: string) {
  const { store } = await openFolder(hubFolder);
  await using opened = store;
  const epochs = await opened.sightings!.opened(0);
  const sightings = epochs.flatMap(({ sightings }) => sightings).map(({ content }) => {
    const { network, behaviour } = decodeSighting(content)!;
    return [networkText(network), behaviour];
  });
  return sightings;
}
