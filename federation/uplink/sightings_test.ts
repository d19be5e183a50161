import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { keyPair, newSeed } from "../../proto/federation/keys.ts";
import { Behaviour, NackCode, type Policy, type Sightings as Part } from "../../proto/federation/schema.ts";
import { parseIp } from "../../proto/subnet.ts";
import { logFor } from "../../runtime/log.ts";
import { entryText, type KeyEntry, signEntry } from "../sightings/key_log.ts";
import { evaluate, newOprfKey, type OprfKey } from "../sightings/oprf.ts";
import { checkPart, PER_PART } from "../sightings/part.ts";
import { answerText, elementsOf, parseQuestion } from "../sightings/question.ts";
import { open } from "../sightings/share.ts";
import { decodeSighting, networkText } from "../sightings/sighting.ts";
import { UplinkFolder } from "./folder.ts";
import { Sightings } from "./sightings.ts";

const EPOCH_SECONDS = 1000;
const signer = await keyPair(newSeed("randomness"));
const operator = await keyPair(newSeed("operator"));
const RULES = { randomnessKey: signer.publicKey, epochSeconds: EPOCH_SECONDS, perEpoch: 64 };
const policy = (more: Partial<Policy> = {}) => ({ kMember: 2, sightings: RULES, ...more }) as Policy;

/** A service that keeps what it was asked. */
class FakeService {
  readonly key = signer.publicKey;
  readonly log: KeyEntry[] = [];
  readonly questions: string[] = [];
  readonly keys = new Map<number, OprfKey>();
  /** Fails the next answers. */
  failing = 0;

  async begin(epoch: number): Promise<void> {
    const key = newOprfKey();
    this.keys.set(epoch, key);
    const what = { epoch, epochSeconds: EPOCH_SECONDS, key: key.publicKey };
    this.log.push(await signEntry(signer, what, this.log.at(-1)));
  }

  keyLog(from: number): Promise<string> {
    const entries = this.log.filter(({ epoch }) => epoch >= from).map(entryText);
    return Promise.resolve(`{"entries":[${entries.join()}]}`);
  }

  evaluate(text: string): Promise<string> {
    this.questions.push(text);
    if (this.failing-- > 0) return Promise.reject(new Error("the connection broke"));
    const { epoch, blinded } = parseQuestion(text)!;
    return Promise.resolve(answerText(evaluate(this.keys.get(epoch)!, elementsOf(blinded))));
  }
}

/** An operator whose clock is set by hand. */
class Scene {
  readonly service: FakeService;
  readonly folder = new UplinkFolder(Deno.makeTempDirSync());
  readonly counts = new Map<string, number>();
  readonly lines: string[] = [];
  sightings = this.open();

  constructor(service = new FakeService()) {
    this.service = service;
  }

  open(): Sightings {
    const sightings = new Sightings({
      folder: this.folder,
      service: {
        key: signer.publicKey,
        keyLog: (from) => this.service.keyLog(from),
        evaluate: (question) => this.service.evaluate(question),
      },
      key: () => Promise.resolve(operator),
      ownAddresses: () => new Set(["198.51.100.1", "2001:db8:9::7"]),
      count: (what, by = 1) => this.counts.set(what, (this.counts.get(what) ?? 0) + by),
      log: logFor("uplink", ({ message }) => this.lines.push(message)),
    });
    sightings.policy = policy();
    return sightings;
  }

  see(address: string, epoch: number, behaviour: number = Behaviour.PING_SPAM): void {
    this.sightings.note(parseIp(address)!, behaviour, epoch * EPOCH_SECONDS * 1000 + 1);
  }

  /** What happens until a share of an epoch has passed. */
  async pass(epoch: number, share = 0.95): Promise<void> {
    this.sightings.work((epoch + share) * EPOCH_SECONDS * 1000);
    await this.sightings.settle();
  }

  /** All parts that are sent in the epoch after. */
  sent(epoch: number): Part[] {
    const parts: Part[] = [];
    const now = (epoch + 1.5) * EPOCH_SECONDS * 1000;
    for (let part = this.sightings.next(now); part !== undefined; part = this.sightings.next(now)) {
      parts.push(part);
      this.sightings.answered({ epoch: part.epoch, part: part.part }, now);
    }
    return parts;
  }
}

Deno.test("sightings: whatever was seen, the service is asked once about the same number, and the hub gets full parts", async () => {
  for (const seen of [0, 3, 100]) {
    const scene = new Scene();
    await scene.service.begin(7);
    for (let i = 0; i < seen; i++) scene.see(`20.0.${i}.1`, 7);
    await scene.pass(7, 0.49);
    assertEquals(scene.service.questions.length, 0);
    await scene.pass(7);
    await scene.pass(7, 0.99);
    assertEquals(scene.service.questions.length, 1);
    assertEquals(elementsOf(parseQuestion(scene.service.questions[0]!)!.blinded).length, 64);
    assertEquals(
      scene.sightings.next(7.99 * EPOCH_SECONDS * 1000),
      undefined,
      "not before the epoch is over",
    );
    const parts = scene.sent(7);
    assertEquals(parts.map((part) => [part.epoch, part.part, checkPart(part, RULES)]), [
      [7, 0, undefined],
      [7, 1, undefined],
    ]);
    assertEquals(scene.sent(7), []);
  }
});

Deno.test("sightings: two operators who saw the same open it together, and nothing else", async () => {
  const service = new FakeService();
  await service.begin(7);
  const scenes = [new Scene(service), new Scene(service)];
  for (const [i, scene] of scenes.entries()) {
    scene.see("203.0.113.7", 7, Behaviour.INV_ONLY);
    scene.see(`20.0.0.${i}`, 7);
    await scene.pass(7);
  }
  const all = scenes.flatMap((scene) => scene.sent(7)).flatMap(({ sealed }) => sealed);
  const groups = [...Map.groupBy(all, ({ tag }) => tag.toHex()).values()].filter(({ length }) => length > 1);
  assertEquals(groups.length, 1);
  const opened = open(groups[0]!, 2);
  assert(opened !== undefined && opened !== "forged");
  const { network, behaviour } = decodeSighting(opened.content)!;
  assertEquals([networkText(network), behaviour], ["203.0.113.7", Behaviour.INV_ONLY]);
});

Deno.test("sightings: own addresses, and what is not on the closed list, are never kept", async () => {
  const scene = new Scene();
  for (const address of ["198.51.100.1", "2001:db8:9::8"]) scene.see(address, 7);
  for (const behaviour of [Behaviour.SHORT_LIVED, Behaviour.EVICTED]) scene.see("203.0.113.7", 7, behaviour);
  await scene.pass(7, 0.1);
  assertStringIncludes(scene.sightings.status, "0 sightings");
  assertEquals(scene.counts.get("sightings of own addresses, not reported"), 2);
  scene.see("203.0.113.7", 7);
  await scene.pass(7, 0.1);
  assertStringIncludes(scene.sightings.status, "1 sightings");
});

Deno.test("sightings: without rules of the hub, or with those of another service, nothing is kept, asked or sent", async () => {
  for (const rules of [undefined, { ...RULES, randomnessKey: operator.publicKey }]) {
    const scene = new Scene();
    await scene.service.begin(7);
    scene.sightings.policy = policy({ sightings: rules });
    scene.see("203.0.113.7", 7);
    await scene.pass(7);
    assertEquals([scene.service.questions.length, scene.sent(7).length], [0, 0]);
    assertStringIncludes(scene.sightings.status, "the hub wants");
  }
});

Deno.test("sightings: an answer that is lost is asked for again with the same question, later and later", async () => {
  const scene = new Scene();
  await scene.service.begin(7);
  scene.service.failing = 2;
  scene.see("203.0.113.7", 7);
  await scene.pass(7, 0.9);
  await scene.pass(7, 0.9);
  assertEquals(scene.service.questions.length, 1);
  await scene.pass(7, 0.93);
  await scene.pass(7, 0.97);
  assertEquals(scene.service.questions.length, 3);
  assertEquals(new Set(scene.service.questions).size, 1);
  assertEquals(scene.sent(7).length, 2);
  assertEquals(scene.lines.filter((line) => line.includes("the connection broke")).length, 1);
});

Deno.test("sightings: a restart goes on with what was seen, and with parts that wait", async () => {
  const scene = new Scene();
  await scene.service.begin(7);
  scene.see("203.0.113.7", 7);
  await scene.pass(7, 0.1);
  scene.sightings = scene.open();
  assertStringIncludes(scene.sightings.status, "1 sightings");
  await scene.pass(7);
  scene.sightings = scene.open();
  await scene.pass(7, 0.99);
  assertEquals(scene.service.questions.length, 1);
  const first = scene.sightings.next(8.5 * EPOCH_SECONDS * 1000)!;
  scene.sightings = scene.open();
  assertEquals(scene.sightings.next(8.5 * EPOCH_SECONDS * 1000), first, "the same bytes");
  assertEquals(scene.sent(7).length, 2);
  assert(
    !JSON.stringify(scene.folder.readJson("sightings.json")).includes("cb007107"),
    "and forgets it then",
  );
});

Deno.test("sightings: a key log with another key for a known epoch is refused, for good, and loudly", async () => {
  const scene = new Scene();
  await scene.service.begin(7);
  await scene.pass(7);
  const fork = new FakeService();
  await fork.begin(7);
  await fork.begin(8);
  const honest = scene.service;
  await honest.begin(8);
  Object.assign(scene, { service: fork });
  await scene.pass(8);
  assertEquals(fork.questions.length, 0);
  assertStringIncludes(scene.lines.join("\n"), "another key for epoch 7");
  assertStringIncludes(scene.sightings.status, "another key for epoch 7");
  Object.assign(scene, { service: honest });
  await scene.pass(8, 0.99);
  assertEquals(honest.questions.length, 2);
});

Deno.test("sightings: what the hub says of a part: later, never, too late", async () => {
  const scene = new Scene();
  await scene.service.begin(7);
  await scene.pass(7);
  const now = 8.5 * EPOCH_SECONDS * 1000;
  const part = scene.sightings.next(now)!;
  const answer = (code: number, retryAfterMs?: number) =>
    scene.sightings.answered({ epoch: 7, part: part.part, code, ...retryAfterMs && { retryAfterMs } }, now);
  for (const code of [NackCode.RATE, NackCode.INTERNAL, NackCode.EARLY]) {
    answer(code, 5000);
    assertEquals(scene.sightings.next(now + 4999), undefined);
    assertEquals(scene.sightings.next(now + 5000)?.part, part.part);
  }
  answer(NackCode.STALE);
  assertEquals(scene.sightings.next(now + 5000)?.part, 1 - part.part);
  assertEquals(scene.counts.get("parts of sightings refused"), 1);
  await scene.service.begin(9);
  await scene.pass(9, 0.1);
  assertEquals(scene.sightings.next(9.5 * EPOCH_SECONDS * 1000), undefined);
  assertEquals(scene.counts.get("parts of sightings that came too late"), 1);
});

Deno.test("sightings: more addresses than are kept, and than fit, are counted", async () => {
  const scene = new Scene();
  await scene.service.begin(7);
  for (let i = 0; i < 5000; i++) scene.see(`20.${i >> 8}.${i & 255}.1`, 7);
  assertEquals(scene.counts.get("sightings beyond the bound"), 5000 - 4096);
  await scene.pass(7);
  assertEquals(scene.counts.get("sightings that did not fit"), 4096 - 2 * PER_PART);
});
