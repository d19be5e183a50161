import { assert, assertEquals } from "@std/assert";
import { encodeFrame, type FrameContent, LONGEST } from "../../../proto/federation/frame.ts";
import { ByeCode, NackCode, type Summary } from "../../../proto/federation/schema.ts";
import { Bucket, type SessionLimits } from "./limits.ts";
import { type Action, Session } from "./session.ts";

const NOW = 1_800_000_000_000;
const BIN = NOW / 600_000;
const LIMITS: SessionLimits = {
  framesPerMinute: 60,
  bytesPerMinute: 1 << 20,
  firstCredits: 2,
  mostCredits: 4,
  lateBins: 10,
};

const hello: FrameContent = { case: "hello", value: { version: 1, schemas: [1], nonce: new Uint8Array(32) } };
const auth: FrameContent = {
  case: "auth",
  value: { operatorKey: new Uint8Array(32), signature: new Uint8Array(64) },
};

function summary(sequence: number, more: Partial<Summary> = {}): FrameContent {
  const value = { sequence, bin: BIN, schema: 1, thin: false, sources: [], values: [], blocks: [], tips: [] };
  return { case: "summary", value: { ...value, anomalies: [], ...more } };
}

function say(session: Session, content: FrameContent, now = NOW): Action[] {
  return session.receive(encodeFrame(content), now);
}

function ready(limits: Partial<SessionLimits> = {}): Session {
  const session = new Session({ ...LIMITS, ...limits }, NOW);
  say(session, hello);
  say(session, auth);
  session.proved(NOW, { resume: 0, phaseSeconds: 0 });
  return session;
}

/** Actions in a word or two each. */
function words(actions: readonly Action[]): string[] {
  return actions.map((action) => {
    if (action.do === "bye") return `bye ${action.code} ${action.socketCode}`;
    if (action.do !== "send") return action.do === "store" ? `store ${action.summary.sequence}` : action.do;
    const { case: name, value } = action.content;
    if (name === "nack") return `nack ${value.sequence} ${value.code}`;
    return name === "ack" ? `ack ${value.upTo} ${value.duplicates}` : name;
  });
}

Deno.test("a session goes from hello over auth to ready, and each step only once", () => {
  const session = new Session(LIMITS, NOW);
  assertEquals(words(say(session, hello)), ["challenge"]);
  assertEquals(words(say(session, auth)), ["prove"]);
  const [action] = session.proved(NOW, { resume: 7, phaseSeconds: 30 });
  assert(action?.do === "send" && action.content.case === "ready");
  assertEquals(action.content.value.resumeSequence, 7);
  assertEquals(session.proved(NOW, { resume: 7, phaseSeconds: 30 }), []);
  assertEquals(words(say(session, hello)), [`bye ${ByeCode.PROTOCOL} 1002`]);
  assertEquals(say(session, summary(1)), [], "it is over");
});

const OUT_OF_TURN: readonly (readonly [string, () => Session, FrameContent])[] = [
  ["auth before hello", () => new Session(LIMITS, NOW), auth],
  ["a summary before auth", () => new Session(LIMITS, NOW), summary(1)],
  ["what only a hub says", ready, { case: "ack", value: { upTo: 1 } }],
  ["another version", () => new Session(LIMITS, NOW), {
    case: "hello",
    value: { ...hello.value as never as object, version: 2, schemas: [1], nonce: new Uint8Array(32) },
  }],
  ["no schema that we know", () => new Session(LIMITS, NOW), {
    case: "hello",
    value: { version: 1, schemas: [2], nonce: new Uint8Array(32) },
  }],
  ["a short nonce", () => new Session(LIMITS, NOW), {
    case: "hello",
    value: { version: 1, schemas: [1], nonce: new Uint8Array(31) },
  }],
];

for (const [what, make, content] of OUT_OF_TURN) {
  Deno.test(`a session ends with ${what}`, () => {
    assertEquals(words(say(make(), content)), [`bye ${ByeCode.PROTOCOL} 1002`]);
  });
}

Deno.test("a session ends with bytes that are no frame, and says nothing of them", () => {
  for (const bytes of [new Uint8Array(1024).fill(255), new Uint8Array(7), new Uint8Array(LONGEST + 1)]) {
    const actions = ready().receive(bytes, NOW);
    assertEquals(words(actions), [`bye ${ByeCode.PROTOCOL} 1002`]);
  }
});

Deno.test("a session ignores a frame that it does not know", () => {
  const session = ready();
  const bytes = new Uint8Array(1024);
  bytes.set([0xa2, 0x01, 0x02, 1, 2]); // field 20
  bytes.set([0x7a, 0xf8, 0x07], 5); // padding of 1016
  assertEquals(words(session.receive(bytes, NOW)), ["count unknown"]);
  assertEquals(words(say(session, summary(1))), ["store 1"]);
});

Deno.test("summaries outside of what is taken are refused for ever, and what follows goes on", () => {
  const session = ready();
  assertEquals(words(say(session, summary(1, { schema: 2 }))), [`nack 1 ${NackCode.SCHEMA}`]);
  assertEquals(words(say(session, summary(2, { bin: BIN + 2 }))), [`nack 2 ${NackCode.EARLY}`]);
  assertEquals(words(say(session, summary(3, { bin: BIN - 11 }))), [`nack 3 ${NackCode.STALE}`]);
  assertEquals(words(say(session, summary(4, { values: [{ metric: 99, value: 1 }] }))), [
    `nack 4 ${NackCode.SCHEMA}`,
  ]);
  assertEquals(words(say(session, summary(5, { bin: BIN + 1 }))), ["store 5"]);
});

Deno.test("what is stored is acknowledged once, with more credit if the hub keeps up", () => {
  const session = ready();
  say(session, summary(1));
  say(session, summary(2));
  session.stored(1, { duplicate: false });
  session.stored(2, { duplicate: true });
  assertEquals(words(session.acknowledge({ keepsUp: true })), ["ack 2 1", "credit"]);
  assertEquals(session.acknowledge({ keepsUp: true }), []);
});

Deno.test("more under way than the credits is asked for again, and nothing behind it overtakes", () => {
  const session = ready();
  assertEquals(words([1, 2, 3, 4].flatMap((n) => say(session, summary(n)))), [
    "store 1",
    "store 2",
    `nack 3 ${NackCode.RATE}`,
    `nack 4 ${NackCode.RATE}`,
  ]);
  session.stored(1, { duplicate: false });
  session.stored(2, { duplicate: false });
  assertEquals(words(say(session, summary(4))), [`nack 4 ${NackCode.RATE}`], "3 comes first");
  assertEquals(words(say(session, summary(3))), ["store 3"]);
  assertEquals(words(say(session, summary(4))), ["store 4"]);
});

Deno.test("an uplink that has given up a summary is not held up by it for ever", () => {
  const session = ready({ firstCredits: 1, mostCredits: 1 });
  say(session, summary(1));
  assertEquals(words(say(session, summary(2))), [`nack 2 ${NackCode.RATE}`]);
  session.stored(1, { duplicate: false });
  assertEquals(words(say(session, summary(3), NOW + 2000)), ["store 3"]);
});

Deno.test("what could not be stored is asked for again, and what is behind it waits", () => {
  const session = ready();
  say(session, summary(1));
  say(session, summary(2));
  const actions = [...session.notStored(1, NOW), ...session.notStored(2, NOW)];
  assertEquals(words(actions), [`nack 1 ${NackCode.INTERNAL}`, `nack 2 ${NackCode.INTERNAL}`]);
  assertEquals(session.acknowledge({ keepsUp: true }), []);
  assertEquals(words(say(session, summary(3))), [`nack 3 ${NackCode.RATE}`]);
  assertEquals(words(say(session, summary(1))), ["store 1"]);
});

Deno.test("too many frames are refused, and far too many end the session", () => {
  const session = ready({ framesPerMinute: 6, firstCredits: 100, mostCredits: 100 });
  // Two went for the handshake.
  const first = [1, 2, 3, 4].flatMap((n) => say(session, summary(n)));
  assertEquals(words(first), ["store 1", "store 2", "store 3", "store 4"]);
  const [nack] = say(session, summary(5));
  assert(nack?.do === "send" && nack.content.case === "nack");
  assertEquals([nack.content.value.code, nack.content.value.retryAfterMs], [NackCode.RATE, 10_000]);
  assertEquals(words(say(session, summary(5), NOW + 20_000)), ["store 5"]);
  const more = Array.from({ length: 20 }, (_, i) => words(say(session, summary(6 + i), NOW + 20_000))).flat();
  assert(more.includes(`bye ${ByeCode.TOO_FAST} 1008`), more.join());
});

Deno.test("Bucket fills again, and saves nothing up", () => {
  const bucket = new Bucket(60, 0);
  assertEquals(bucket.take(60, 0), 0);
  assertEquals(bucket.take(1, 0), 1000);
  assertEquals(bucket.take(1, 10_000), 0);
  assertEquals(bucket.take(61, 10_000_000), 1000);
  assertEquals(bucket.take(0, 0), 1000, "a clock that goes back gives nothing");
});
