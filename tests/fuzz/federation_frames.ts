import { DisclosedNodes } from "../../federation/hub/disclosed.ts";
import { Session } from "../../federation/hub/session/session.ts";
import { checkSummary } from "../../proto/federation/check.ts";
import { decodeFrame, encodeFrame, type FrameContent, SIZES } from "../../proto/federation/frame.ts";
import { ByeCode } from "../../proto/federation/schema.ts";
import type { Target } from "./target.ts";

const NOW = 1_800_000_000_000;
const LIMITS = {
  framesPerMinute: 1e9,
  bytesPerMinute: 1e12,
  firstCredits: 4,
  mostCredits: 4,
  lateBins: 1008,
};

const bytes = (length: number, from: number) => Uint8Array.from({ length }, (_, i) => from + i & 255);
const hello: FrameContent = { case: "hello", value: { version: 1, schemas: [1], nonce: bytes(32, 1) } };
const auth: FrameContent = {
  case: "auth",
  value: { operatorKey: bytes(32, 2), signature: bytes(64, 3), invitation: bytes(150, 4) },
};
const summary: FrameContent = {
  case: "summary",
  value: {
    sequence: 7,
    bin: NOW / 600_000,
    schema: 1,
    thin: true,
    sources: [1, 2, 3],
    values: Array.from({ length: 32 }, (_, i) => ({ metric: 7, index: 1 + i, value: i })),
    blocks: [{ hash: bytes(32, 5), delay: 2 }],
    tips: [{ hash: bytes(32, 6), height: 900_000, status: 1 }],
    anomalies: [1, 6],
  },
};
const rotate: FrameContent = {
  case: "rotate",
  value: { newKey: bytes(32, 7), oldSignature: bytes(64, 8), newSignature: bytes(64, 9) },
};
const disclosure: FrameContent = {
  case: "disclosure",
  value: {
    ...{ name: "demo", url: "https://example.org/demo", at: NOW / 1000, seconds: 60 },
    peers: {
      ...{ inbound: 8, outbound: 2, v1: 3, v2: 7 },
      ...{ networks: [{ index: 1, count: 10 }], agents: [{ index: 7, count: 10 }] },
    },
    messages: [{ command: 7, received: 3, receivedBytes: 300, sent: 1, sentBytes: 40 }],
    ...{ addresses: 7, addressesLimited: 1, opened: 1, closed: 1, evicted: 1 },
    mempool: { transactions: 9, bytes: 999, minFeeMilli: 1000 },
    blocks: [{ hash: bytes(32, 10), height: 900_000, at: NOW }],
    tips: [{ hash: bytes(32, 10), height: 900_000, status: 1 }],
    behaviours: [{ index: 1, count: 2 }],
  },
};
const sightings: FrameContent = {
  case: "sightings",
  value: {
    ...{ epoch: 2976, part: 1, key: bytes(32, 10) },
    sealed: Array.from({ length: 32 }, (_, i) => {
      return { tag: bytes(32, i), share: bytes(64, i), commitments: bytes(64, i), box: bytes(26, i) };
    }),
  },
};
const ack: FrameContent = { case: "ack", value: { upTo: 3, duplicates: 1 } };

/**
 * Bytes that claim to be a frame, said to a session in each of its phases. A session must survive them, store nothing
 * that a summary may not say, and repeat nothing: what it answers is made of its own words and numbers.
 */
export const federationFrames: Target = {
  name: "federation-frames",
  seeds: () =>
    [hello, auth, summary, rotate, disclosure, sightings, ack].flatMap((
      content,
    ) => [encodeFrame(content), bare(content)]),
  run(input) {
    const frame = padded(input);
    const decoded = decodeFrame(frame);
    const answers = PHASES.map((phase) => phase().receive(frame, NOW));
    return () => {
      if (!decoded.ok && Object.keys(decoded).join() !== "ok,reason") throw new Error("A refusal says more");
      for (const action of answers.flat()) {
        if (action.do === "store" && checkSummary(action.summary) !== undefined) {
          throw new Error("Stores what a summary may not say");
        }
        if (action.do === "disclose") {
          const nodes = new DisclosedNodes();
          nodes.take(1, action.disclosure, NOW / 1000);
          const shown = JSON.stringify(nodes.shown(NOW / 1000, () => true));
          if (!/^[ -~]*$/.test(shown) || /[<>]/.test(shown)) throw new Error("Shows what it may not");
        }
        if (action.do === "bye" && action.code !== ByeCode.PROTOCOL) throw new Error(`Says ${action.code}`);
        if (action.do === "send") {
          if (action.content.case !== "nack") throw new Error(`Answers with ${action.content.case}`);
          if (Object.keys(action.content.value).some((name) => !NACK.has(name))) {
            throw new Error("A nack says more");
          }
        }
      }
    };
  },
};

const NACK = new Set(["sequence", "code", "retryAfterMs"]);

/** A session in each of its phases. */
const PHASES: readonly (() => Session)[] = [
  () => new Session(LIMITS, NOW),
  () => after(hello),
  () => after(hello, auth),
  () => {
    const session = after(hello, auth);
    session.proved(NOW, { resume: 0, phaseSeconds: 0 });
    return session;
  },
];

function after(...contents: FrameContent[]): Session {
  const session = new Session(LIMITS, NOW);
  for (const content of contents) session.receive(encodeFrame(content), NOW);
  return session;
}

/** Without its padding, so that mutations meet what matters. */
export function bare(content: FrameContent): Uint8Array {
  const frame = encodeFrame(content);
  const length = frame.findLastIndex((byte) => byte !== 0) - 2;
  return frame.slice(0, length);
}

/** Most inputs have no length that a frame may have; they get it by zeros or a cut, one in eight stays as it is. */
export function padded(input: Uint8Array): Uint8Array {
  if ((input.at(-1) ?? 0) % 8 === 0) return input;
  const size = SIZES.find((size) => size >= input.length + 4) ?? SIZES[3];
  const frame = new Uint8Array(size);
  frame.set(input.subarray(0, size));
  const rest = size - input.length - 4;
  if (rest >= 0) frame.set([0x7a, 0x80 | rest & 127, 0x80 | rest >> 7 & 127, rest >> 14], input.length);
  return frame;
}
