import { type Action, Session } from "../../federation/uplink/session.ts";
import { encodeFrame, type FrameContent } from "../../proto/federation/frame.ts";
import type { KeyPair } from "../../proto/federation/keys.ts";
import type { Ready } from "../../proto/federation/schema.ts";
import { bare, padded } from "./federation_frames.ts";
import type { Target } from "./target.ts";

const NOW = 1_800_000_000_000;
const bytes = (length: number, from: number) => Uint8Array.from({ length }, (_, i) => from + i & 255);
const READY: Ready = {
  resumeSequence: 3,
  credits: 8,
  framesPerMinute: 600,
  bytesPerMinute: 1e7,
  phaseSeconds: 17,
  now: NOW / 1000,
};
const ready: FrameContent = { case: "ready", value: READY };

const SEEDS: readonly FrameContent[] = [
  {
    case: "challenge",
    value: { nonce: bytes(32, 1), hubKey: bytes(32, 2), policyHash: bytes(32, 3), signature: bytes(64, 4) },
  },
  { case: "policy", value: { policy: bytes(80, 5), signature: bytes(64, 6) } },
  ready,
  { case: "ack", value: { upTo: 5, duplicates: 1 } },
  { case: "nack", value: { sequence: 5, code: 16, retryAfterMs: 1000 } },
  { case: "nack", value: { sequence: 6, code: 2 } },
  { case: "taken", value: { epoch: 2976, part: 1, code: 16, retryAfterMs: 1000 } },
  { case: "credit", value: { credits: 4 } },
  { case: "bye", value: { code: 1, reconnectAfterMs: 60_000 } },
  {
    case: "feed",
    value: {
      bin: 3_000_000,
      quartiles: [{ metric: 7, index: 3, lower: 1, median: 2, upper: 3 }],
      blocks: [{ hash: bytes(32, 7), shares: [1, 2, 3, 4, 22] }],
      tips: [{ hash: bytes(32, 8), height: 900_000, status: 1 }],
      incidents: [{ id: 1, anomaly: 1, opened: 1_800_000_000, seenLog2: 3, ofLog2: 5 }],
    },
  },
];

/**
 * Bytes that claim to come from a hub, said to the uplink's side in each of its phases. It must survive them, say nothing
 * of its own accord, take no acknowledgement for what was not sent, and repeat nothing in what it tells its operator.
 */
export const uplinkFrames: Target = {
  name: "uplink-frames",
  seeds: () => SEEDS.flatMap((content) => [encodeFrame(content), bare(content)]),
  run(input) {
    const frame = padded(input);
    const answers = PHASES.map((make) => {
      const session = make();
      // What takes a while looks at signatures only, and none is right.
      return { session, actions: session.receive(frame, NOW) };
    });
    return () => {
      for (const { session, actions } of answers) {
        for (const action of actions) check(action);
        const at = session.sendAt(3_000_000);
        if (at !== undefined && !(at <= NOW + 3_600_000 || session.phase !== "ready" || isReady(actions))) {
          throw new Error("Waits for longer than an hour");
        }
      }
    };
  },
};

/** The hub's own clock decides then. */
function isReady(actions: readonly Action[]): boolean {
  return actions.some((action) => action.do === "ready");
}

function check(action: Action): void {
  if (action.do === "send") throw new Error(`Sends ${action.content.case}`);
  if (action.do === "settled" && (action.upTo > 7 || action.upTo < 4)) {
    throw new Error("Settles what was not sent");
  }
  if (action.do === "rewind" && (action.sequence > 7 || action.sequence < 4)) {
    throw new Error("Rewinds too far");
  }
  if (action.do === "close" && !/^[a-z][a-z', :-]+$/.test(action.end.text)) {
    throw new Error(`Says "${action.end.text}"`);
  }
}

const KEY: KeyPair = {
  role: "operator",
  publicKey: new Uint8Array(32),
  sign: () => Promise.reject(new Error("Signs")),
};

function session(phase?: Session["phase"]): Session {
  return new Session({
    hubKey: bytes(32, 2),
    key: KEY,
    floor: {
      maxAlarmsPerYear: 4,
      maxAdvantageMilli: 250,
      mayPublish: [],
      minKMember: 3,
      minKPublic: 5,
      maxClip: 64,
      maxKeysPerNode: 64,
      minNoiseMilli: 12_000,
      maxReleasesPerYear: 12,
    },
    vocabulary: bytes(32, 9),
  }, phase);
}

/** One that has sent four summaries. */
function sending(): Session {
  const it = session("proving");
  it.receive(encodeFrame(ready), NOW);
  for (let sequence = 4; sequence <= 7; sequence++) it.sent(sequence, { length: 4096, now: NOW });
  return it;
}

const PHASES: readonly (() => Session)[] = [
  () => session(),
  () => session("challenged"),
  () => session("proving"),
  sending,
];
