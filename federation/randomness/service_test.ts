import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { keyPair, newSeed } from "../../proto/federation/keys.ts";
import { memberHash, memberListText, parseMemberList } from "../../proto/federation/member_list.ts";
import { logFor } from "../../runtime/log.ts";
import { BrokenLog, checkLog, type KeyEntry, parseLog } from "../sightings/key_log.ts";
import { blind, finish, inputOf, outputOf } from "../sightings/oprf.ts";
import { ask, elementsOf, parseAnswer } from "../sightings/question.ts";
import { EpochKeys, NoKey, serviceKey } from "./epoch_keys.ts";
import { Service, type ServiceOptions } from "./service.ts";

const EPOCH_SECONDS = 1000;
const hub = await keyPair(newSeed("hub"));
const operator = await keyPair(newSeed("operator"));
const hashOf = async (key: Uint8Array) => (await memberHash(hub.publicKey, key)).toHex();

/** A service over a folder; opened again it is one that was restarted. */
class Scene implements AsyncDisposable {
  /** Unix seconds. */
  now = 7 * EPOCH_SECONDS;
  folder!: string;
  service!: Service;
  keys!: EpochKeys;
  publicKey!: Uint8Array;
  readonly lines: string[] = [];

  static async open(options: Partial<ServiceOptions> = {}): Promise<Scene> {
    const it = new Scene();
    it.folder = await Deno.makeTempDir();
    await it.list([[await hashOf(operator.publicKey)]]);
    await it.restart(options);
    return it;
  }

  async list(operators: readonly (readonly string[])[]): Promise<void> {
    await Deno.writeTextFile(
      `${this.folder}/members.txt`,
      memberListText({ hubKey: hub.publicKey, operators }),
    );
  }

  async restart(options: Partial<ServiceOptions> = {}): Promise<void> {
    const { key } = await serviceKey(this.folder);
    this.publicKey = key.publicKey;
    this.keys = await EpochKeys.open(this.folder, { service: key, epochSeconds: EPOCH_SECONDS });
    this.service = new Service({
      ...{ folder: this.folder, members: `${this.folder}/members.txt`, publicKey: key.publicKey },
      ...{ perOperator: 10, operators: 3, batch: 8, perMinute: 1000, keys: this.keys },
      log: logFor("randomness", ({ message }) => this.lines.push(message)),
      now: () => this.now * 1000,
      ...options,
    });
  }

  get epoch(): number {
    return Math.floor(this.now / EPOCH_SECONDS);
  }

  async get(path: string): Promise<string> {
    return await (await this.service.answer(new Request(`http://service${path}`))).text();
  }

  async entries(from = 0): Promise<KeyEntry[]> {
    return parseLog(await this.get(`/key-log?from=${from}`))!;
  }

  async post(body: BodyInit): Promise<{ status: number; text: string }> {
    const answer = await this.service.answer(
      new Request("http://service/evaluate", { method: "POST", body }),
    );
    return { status: answer.status, text: await answer.text() };
  }

  async asks(
    elements: number,
    { who = operator, epoch = this.epoch }: { who?: typeof operator; epoch?: number } = {},
  ): Promise<string> {
    const blinded = Array.from(
      { length: elements },
      (_, i) => blind(inputOf(epoch, Uint8Array.of(i))).blinded,
    );
    return await ask(who, this.publicKey, { epoch, blinded });
  }

  async status(elements: number, more: { who?: typeof operator; epoch?: number } = {}): Promise<number> {
    return (await this.post(await this.asks(elements, more))).status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test("randomness: an operator gets outputs that are right, with a proof for the announced key", async () => {
  await using scene = await Scene.open();
  const [entry] = await scene.entries();
  const asked = [1, 2, 3].map((what) => blind(inputOf(scene.epoch, Uint8Array.of(what))));
  const blinded = asked.map(({ blinded }) => blinded);
  const { text } = await scene.post(await ask(operator, scene.publicKey, { epoch: scene.epoch, blinded }));
  const outputs = finish(asked, parseAnswer(text)!, entry!.key);
  const secret = await Deno.readFile(`${scene.folder}/epoch-${scene.epoch}.key`);
  assertEquals(outputs, asked.map(({ input }) => new Uint8Array(outputOf(secret, input))));
  assertEquals((await Deno.stat(`${scene.folder}/epoch-${scene.epoch}.key`)).mode! & 0o777, 0o600);
});

Deno.test("randomness: strangers, changed questions and other epochs are refused, in words of its own", async () => {
  await using scene = await Scene.open();
  assertEquals(await scene.status(1, { who: await keyPair(newSeed("operator")) }), 403);
  const question = JSON.parse(await scene.asks(1));
  const other = JSON.parse(await scene.asks(1));
  assertEquals((await scene.post(JSON.stringify({ ...question, blinded: other.blinded }))).status, 403);
  assertEquals((await scene.post(JSON.stringify({ ...question, epoch: question.epoch + 1 }))).status, 403);
  assertEquals(await scene.status(1, { epoch: scene.epoch + 1 }), 409);
  assertEquals(await scene.status(9), 413);
  assertEquals((await scene.post("x".repeat(5000))).status, 413);
  for (const body of ["", "null", "[]", "{}", JSON.stringify({ ...question, blinded: "!" })]) {
    const { status, text } = await scene.post(body);
    assertEquals([status, text], [400, '{"error":"malformed: not a question"}']);
  }
  const zeros = await ask(operator, scene.publicKey, { epoch: scene.epoch, blinded: [new Uint8Array(32)] });
  assertEquals((await scene.post(zeros)).status, 400);
  const page = await scene.get("/metrics");
  assertStringIncludes(page, 'waggle_randomness_questions_total{outcome="unknown"} 3');
  assert(!page.includes(question.operator));
});

Deno.test("randomness: a quota holds over a restart and over two keys; the same question again is free", async () => {
  await using scene = await Scene.open();
  const next = await keyPair(newSeed("operator"));
  await scene.list([[await hashOf(operator.publicKey), await hashOf(next.publicKey)]]);
  await scene.restart();
  const question = await scene.asks(6);
  assertEquals((await scene.post(question)).status, 200);
  assertEquals((await scene.post(question)).status, 200);
  await scene.restart();
  assertEquals((await scene.post(question)).status, 200);
  assertEquals(await scene.status(5), 429);
  assertEquals(await scene.status(5, { who: next }), 429);
  assertEquals(await scene.status(4, { who: next }), 200);
  assertEquals(await scene.status(1), 429);
  scene.now += EPOCH_SECONDS;
  await scene.service.tick();
  assertEquals(await scene.status(8), 200);
});

Deno.test("randomness: a torn line of the accounts is no line, and the next one is whole", async () => {
  await using scene = await Scene.open();
  assertEquals(await scene.status(4), 200);
  const path = `${scene.folder}/quota-${scene.epoch}.jsonl`;
  await Deno.writeTextFile(path, '{"operator":"ab', { append: true });
  await scene.restart();
  assertEquals(await scene.status(4), 200);
  await scene.restart();
  assertEquals(await scene.status(4), 429);
});

Deno.test("randomness: no more operators than expected, whatever the list says", async () => {
  await using scene = await Scene.open({ operators: 2 });
  const all = await Promise.all([1, 2, 3].map(() => keyPair(newSeed("operator"))));
  await scene.list(await Promise.all(all.map(async ({ publicKey }) => [await hashOf(publicKey)])));
  await scene.restart({ operators: 2 });
  const answers = [];
  for (const who of all) answers.push(await scene.status(1, { who }));
  assertEquals(answers, [200, 200, 429]);
});

Deno.test("randomness: too many questions in a minute are refused", async () => {
  await using scene = await Scene.open({ perMinute: 2 });
  const question = await scene.asks(1);
  const answers = [];
  for (let i = 0; i < 3; i++) answers.push((await scene.post(question)).status);
  assertEquals(answers, [200, 200, 429]);
  scene.now += 60;
  assertEquals((await scene.post(question)).status, 200);
});

Deno.test("randomness: at the end of an epoch its key and its accounts are gone, and the log goes on", async () => {
  await using scene = await Scene.open();
  assertEquals(await scene.status(1), 200);
  const [first] = await scene.entries();
  const held = await scene.keys.current(scene.now);
  scene.now += EPOCH_SECONDS;
  await scene.service.tick();
  const names = [...Deno.readDirSync(scene.folder)].map(({ name }) => name);
  assert(!names.includes("epoch-7.key") && !names.includes("quota-7.jsonl") && names.includes("epoch-8.key"));
  assertEquals(held.key.secretKey, new Uint8Array(32));
  const log = await scene.entries();
  assertEquals(log.map(({ epoch }) => epoch), [7, 8]);
  assertEquals((await checkLog(scene.publicKey, log)).epoch, 8);
  assertEquals((await checkLog(scene.publicKey, log, first)).epoch, 8);
  assertEquals((await checkLog(scene.publicKey, await scene.entries(8), log[1])).epoch, 8);
});

Deno.test("randomness: it never makes a second key for an epoch, and never goes back", async () => {
  await using scene = await Scene.open();
  const before = await scene.get("/key-log");
  await scene.restart();
  assertEquals(await scene.get("/key-log"), before, "a restart keeps the key");
  await Deno.remove(`${scene.folder}/epoch-7.key`);
  await scene.restart();
  assertEquals(await scene.status(1), 503);
  assertEquals(await scene.get("/key-log"), before, "and a lost one is lost");
  scene.now += EPOCH_SECONDS;
  assertEquals(await scene.status(1), 200);
  scene.now -= EPOCH_SECONDS;
  await assertRejects(() => scene.keys.current(scene.now), NoKey, "clock");
});

Deno.test("key log: forks, gaps, other signers and another past are refused", async () => {
  await using scene = await Scene.open();
  const folder = await Deno.makeTempDir();
  await Deno.copyFile(`${scene.folder}/service.seed`, `${folder}/service.seed`);
  const { key } = await serviceKey(folder);
  const twin = await EpochKeys.open(folder, { service: key, epochSeconds: EPOCH_SECONDS });
  for (const epoch of [7, 8, 9]) {
    await scene.keys.current(epoch * EPOCH_SECONDS);
    await twin.current(epoch * EPOCH_SECONDS);
  }
  const [one, two] = [scene.keys.entries(0), twin.entries(0)];
  const refused = (entries: readonly KeyEntry[], known?: KeyEntry) =>
    assertRejects(() => checkLog(scene.publicKey, entries, known), BrokenLog);
  // Both are whole by themselves; who has seen one of them does not take the other.
  await checkLog(scene.publicKey, one);
  await checkLog(scene.publicKey, two);
  await refused(two, one[0]);
  await refused(two.slice(2), one[2]);
  await refused([one[0]!, two[1]!]);
  await refused([one[0]!, one[2]!]);
  await refused([one[0]!, one[1]!, one[1]!]);
  await refused(one.slice(1));
  await refused([]);
  await refused([{ ...one[0]!, key: two[0]!.key }]);
  await assertRejects(() => checkLog(operator.publicKey, one), BrokenLog, "did not sign");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("randomness: epochs of a log cannot become longer or shorter", async () => {
  await using scene = await Scene.open();
  await scene.keys.current(scene.now);
  const { key: service } = await serviceKey(scene.folder);
  await assertRejects(
    () => EpochKeys.open(scene.folder, { service, epochSeconds: 5 }),
    Error,
    "Cannot change epochs",
  );
});

Deno.test("a member list survives its text form, and what is none is refused by its line", async () => {
  const operators = [[await hashOf(operator.publicKey)], ["ab".repeat(32), "cd".repeat(32)]];
  assertEquals(parseMemberList(memberListText({ hubKey: hub.publicKey, operators })).operators, operators);
  for (
    const [text, why] of [["", "line 1"], [
      `${memberListText({ hubKey: hub.publicKey, operators })}x\n`,
      "line 4",
    ]]
  ) {
    try {
      parseMemberList(text!);
      assert(false);
    } catch (error) {
      assertStringIncludes((error as Error).message, why!);
    }
  }
  assertEquals(elementsOf(new Uint8Array(64)).length, 2);
});
