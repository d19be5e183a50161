import { assert, assertEquals } from "@std/assert";
import * as codec from "../../proto/federation/codec.ts";
import { encode, encodeFrame, type FrameContent, LONGEST } from "../../proto/federation/frame.ts";
import { type KeyPair, keyPair, newSeed, verify } from "../../proto/federation/keys.ts";
import { vocabularyHash } from "../../proto/federation/metrics.ts";
import { hubProof, operatorProof, policyProof, rotationProof } from "../../proto/federation/proofs.ts";
import { ByeCode, NackCode, type Policy } from "../../proto/federation/schema.ts";
import { FLOOR } from "../../tests/federation/floor.ts";
import { type Action, Session, type SessionOptions } from "./session.ts";

const NOW = 1_800_000_000_000;
const BIN = NOW / 600_000;
const POLICY: Omit<Policy, "vocabulary"> = {
  version: 2,
  validFrom: 0,
  kMember: 3,
  kPublic: 5,
  clip: 64,
  keysPerNode: 64,
  noiseMilli: 12_200,
  releasesPerYear: 12,
  alarmsPerYear: 2,
  alarmEpsilonMilli: 100,
  groups: [1, 5],
  sponsors: 2,
};
const READY = {
  resumeSequence: 0,
  credits: 4,
  framesPerMinute: 600,
  bytesPerMinute: 10_485_760,
  phaseSeconds: 17,
  now: NOW / 1000,
};

/** A hub without a socket. */
class Hub {
  readonly nonce = crypto.getRandomValues(new Uint8Array(32));
  policyBytes!: Uint8Array<ArrayBuffer>;
  policyHash!: Uint8Array;
  constructor(readonly key: KeyPair) {}

  static async make(policy: Partial<Policy> = {}): Promise<Hub> {
    const hub = new Hub(await keyPair(newSeed("hub")));
    await hub.setPolicy(policy);
    return hub;
  }

  async setPolicy(policy: Partial<Policy>): Promise<void> {
    const whole = { ...POLICY, vocabulary: await vocabularyHash(), ...policy };
    this.policyBytes = encode(codec.encodePolicy, whole);
    this.policyHash = new Uint8Array(await crypto.subtle.digest("SHA-256", this.policyBytes));
  }

  handshake(helloNonce: Uint8Array) {
    return {
      hubKey: this.key.publicKey,
      helloNonce,
      challengeNonce: this.nonce,
      policyHash: this.policyHash,
    };
  }

  async challenge(helloNonce: Uint8Array): Promise<FrameContent> {
    const signature = await this.key.sign(hubProof(this.handshake(helloNonce)));
    const { nonce, policyHash, key } = this;
    return { case: "challenge", value: { nonce, hubKey: key.publicKey, policyHash, signature } };
  }

  async policy(signer = this.key): Promise<FrameContent> {
    const signature = await signer.sign(policyProof(this.policyBytes));
    return { case: "policy", value: { policy: this.policyBytes, signature } };
  }
}

/** Both sides. */
async function meet(more: Partial<SessionOptions> = {}, policy: Partial<Policy> = {}) {
  const hub = await Hub.make(policy);
  const key = await keyPair(newSeed("operator"));
  const session = new Session({
    hubKey: hub.key.publicKey,
    key,
    floor: { ...FLOOR, maxAdvantageMilli: 300, mayPublish: ["peers", "agents", "behaviours", "blocks"] },
    vocabulary: await vocabularyHash(),
    ...more,
  });
  const [hello] = session.open();
  assert(hello?.do === "send" && hello.content.case === "hello");
  return { hub, key, session, nonce: hello.content.value.nonce };
}

async function tell(session: Session, ...contents: FrameContent[]): Promise<Action[]> {
  const actions: Action[] = [];
  for (const content of contents) {
    const waiting = session.receive(encodeFrame(content), NOW);
    for (let action = waiting.shift(); action !== undefined; action = waiting.shift()) {
      if (action.do === "first") waiting.unshift(...await action.work());
      else actions.push(action);
    }
  }
  return actions;
}

async function ready(more: Partial<typeof READY> = {}, options: Partial<SessionOptions> = {}) {
  const { hub, session, nonce, key } = await meet(options);
  await tell(session, await hub.challenge(nonce), await hub.policy());
  const actions = await tell(session, { case: "ready", value: { ...READY, ...more } });
  return { hub, session, nonce, key, actions };
}

function endOf(actions: readonly Action[]): string | undefined {
  const close = actions.find((action) => action.do === "close");
  return close === undefined ? undefined : `${close.end.why}: ${close.end.text}`;
}

function send(session: Session, ...sequences: number[]): void {
  for (const sequence of sequences) session.sent(sequence, { length: 4096, now: NOW });
}

Deno.test("Session proves who it is only to the hub of the invitation, and signs what both have said", async () => {
  const { hub, session, nonce, key } = await meet();
  assertEquals(await tell(session, await hub.challenge(nonce)), [], "nothing before the policy");
  const [policy, auth] = await tell(session, await hub.policy());
  assertEquals(policy?.do, "policy");
  assert(auth?.do === "send" && auth.content.case === "auth");
  assert(await verify(key.publicKey, auth.content.value.signature, operatorProof(hub.handshake(nonce))));
});

Deno.test("Session tells nothing to a hub with another key, an old signature, or a short nonce", async () => {
  const other = await Hub.make();
  for (const wrong of ["key", "signature", "nonce"] as const) {
    const { hub, session, nonce } = await meet();
    const challenge = await (wrong === "key" ? other : hub).challenge(
      wrong === "signature" ? new Uint8Array(32) : nonce,
    );
    assert(challenge.case === "challenge");
    if (wrong === "nonce") challenge.value.nonce = challenge.value.nonce.slice(1);
    const actions = await tell(session, challenge);
    assertEquals(endOf(actions), "impostor: whoever answers there is not the hub of the invitation");
    assertEquals(actions.length, 1);
    assertEquals(await tell(session, await hub.policy()), [], "deaf from then on");
  }
});

const WEAKER: Record<string, Partial<Policy>> = {
  "kMember is 2, and at least 3 is taken": { kMember: 2 },
  "kPublic is 4, and at least 5 is taken": { kPublic: 4 },
  "clip is 65, and at most 64 is taken": { clip: 65 },
  "keysPerNode is 65, and at most 64 is taken": { keysPerNode: 65 },
  "noiseMilli is 11999, and at least 12000 is taken": { noiseMilli: 11_999 },
  "releasesPerYear is 13, and at most 12 is taken": { releasesPerYear: 13 },
  "alarmsPerYear is 5, and at most 4 is taken": { alarmsPerYear: 5 },
  "the advantage of a year is 502 thousandths, and at most 300 is taken": { alarmEpsilonMilli: 900 },
  "it publishes traffic": { groups: [1, 4] },
};

for (const [says, policy] of Object.entries(WEAKER)) {
  Deno.test(`Session refuses a policy before it says who it is: ${says}`, async () => {
    const { hub, session, nonce } = await meet({}, policy);
    const actions = await tell(session, await hub.challenge(nonce), await hub.policy());
    assertEquals(endOf(actions), `policy: the hub's policy is too weak: ${says}`);
    assertEquals(actions.length, 1);
  });
}

Deno.test("Session refuses a policy of another vocabulary, of another signer, and another than announced", async () => {
  const strange = await meet({}, { vocabulary: new Uint8Array(32) });
  const { hub } = strange;
  assertEquals(
    endOf(await tell(strange.session, await hub.challenge(strange.nonce), await hub.policy())),
    "policy: the hub speaks another version, update the older of both",
  );
  const forged = await meet();
  const forger = await keyPair(newSeed("hub"));
  assertEquals(
    endOf(
      await tell(forged.session, await forged.hub.challenge(forged.nonce), await forged.hub.policy(forger)),
    ),
    "policy: the hub did not sign its policy",
  );
  const swapped = await meet();
  const challenge = await swapped.hub.challenge(swapped.nonce);
  await swapped.hub.setPolicy({ clip: 8 });
  assertEquals(
    endOf(await tell(swapped.session, challenge, await swapped.hub.policy())),
    "protocol: the hub sent another policy than it announced",
  );
});

Deno.test("Session keeps to credits, more of which may come, and to the hub's pace", async () => {
  const { session } = await ready({ credits: 2 });
  assertEquals(session.sendAt(BIN), NOW - 600_000);
  send(session, 1);
  assertEquals(session.sendAt(BIN), NOW + 110, "600 frames a minute, with something to spare");
  send(session, 2);
  assertEquals(session.sendAt(BIN), undefined);
  await tell(session, { case: "credit", value: { credits: 1 } });
  assert(session.sendAt(BIN) !== undefined);
});

Deno.test("Session holds back what is ahead of the hub's clock", async () => {
  const { session } = await ready({ now: NOW / 1000 - 3600 });
  assertEquals(session.sendAt(BIN), NOW + 3_000_000, "an hour less a bin");
});

Deno.test("Session settles in order: what the hub refused for ever waits for what is before it", async () => {
  const { session } = await ready();
  send(session, 1, 2, 3);
  const stale = { sequence: 2, code: NackCode.STALE };
  assertEquals(await tell(session, { case: "nack", value: stale }), [{ do: "bury", ...stale }]);
  assertEquals(await tell(session, { case: "ack", value: { upTo: 1, duplicates: 1 } }), [
    { do: "settled", upTo: 2, stored: true, duplicates: 1 },
  ]);
  assertEquals(session.skip(4), [], "a gap behind it waits as well");
  assertEquals(await tell(session, { case: "ack", value: { upTo: 3 } }), [
    { do: "settled", upTo: 4, stored: true, duplicates: 0 },
  ]);
  assertEquals(session.waitingSince, undefined);
});

Deno.test("Session sends again from what the hub could not take now, after the time it says", async () => {
  const { session } = await ready();
  send(session, 1, 2, 3);
  const value = { sequence: 2, code: NackCode.RATE, retryAfterMs: 5000 };
  assertEquals(await tell(session, { case: "nack", value }), [{
    do: "rewind",
    sequence: 2,
    code: NackCode.RATE,
  }]);
  assertEquals(session.sendAt(BIN), NOW + 5000);
  const behind = { ...value, sequence: 3 };
  assertEquals(await tell(session, { case: "nack", value: behind }), [{
    do: "count",
    what: "refusals of nothing",
  }]);
  await tell(session, { case: "nack", value: { ...value, sequence: 1, retryAfterMs: 2 ** 32 - 1 } });
  assertEquals(session.sendAt(BIN), NOW + 3_600_000, "no hub can send us to sleep for weeks");
});

Deno.test("Session rotates before anything else, signed by both keys", async () => {
  const newKey = await keyPair(newSeed("operator"));
  const { hub, session, key, nonce, actions } = await ready({}, { newKey });
  const rotate = actions.at(-1);
  assert(rotate?.do === "send" && rotate.content.case === "rotate");
  const proof = rotationProof(hub.handshake(nonce), newKey.publicKey);
  assert(await verify(key.publicKey, rotate.content.value.oldSignature, proof));
  assert(await verify(newKey.publicKey, rotate.content.value.newSignature, proof));
  assertEquals(session.sendAt(BIN), undefined, "summaries wait for the new key");
  const bye = await tell(session, { case: "bye", value: { code: ByeCode.ROTATED } });
  assertEquals(endOf(bye), "rotated: the hub knows the new key");
});

Deno.test("Session ignores frames it does not know", async () => {
  const { session } = await ready();
  const frame = new Uint8Array(1024);
  frame.set([0xfa, 0x01, 3, 1, 2, 3, 0x7a, 0x80 | (1024 - 9) & 127, (1024 - 9) >> 7]);
  assertEquals(session.receive(frame, NOW), [{ do: "count", what: "unknown frames" }]);
});

Deno.test("Session ends with what cannot be read or is out of turn, repeating nothing of it", async () => {
  const frames: [FrameContent | Uint8Array, string][] = [
    [new Uint8Array(1000), "a frame that cannot be read: length"],
    [new Uint8Array(LONGEST + 1), "a frame that cannot be read: length"],
    [new Uint8Array(1024).fill(0xff), "a frame that cannot be read: varint-too-long"],
    [{ case: "ack", value: { upTo: 1 } }, "an acknowledgement of what was not sent"],
    [{ case: "ready", value: READY }, "a frame out of turn"],
    [{ case: "hello", value: { version: 1, schemas: [], nonce: new Uint8Array(32) } }, "a frame out of turn"],
  ];
  for (const [frame, says] of frames) {
    const { session } = await ready();
    const actions = session.receive(frame instanceof Uint8Array ? frame : encodeFrame(frame), NOW);
    assertEquals(endOf(actions), `protocol: the hub sent ${says}`);
    assertEquals(actions[0]?.do === "close" && actions[0].end.socketCode, 1002);
    assertEquals(session.phase, "over");
  }
});

Deno.test("Session refuses a resume point that cannot be counted up, and limits that allow nothing", async () => {
  for (const wrong of [{ resumeSequence: 2 ** 53 - 1 }, { framesPerMinute: 0 }, { bytesPerMinute: 0 }]) {
    const { actions } = await ready(wrong);
    assert(endOf(actions)?.startsWith("protocol"));
  }
});
