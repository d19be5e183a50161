/**
 * An example of each frame, as docs/federation.md shows it. With a file's name as its argument this module writes the
 * examples into the file, each below the line `<!-- example: NAME -->`.
 *
 * @module
 */

import * as codec from "../../proto/federation/codec.ts";
import { encode, encodeFrame, type FrameContent } from "../../proto/federation/frame.ts";
import { encodeInvitation, newInvitation, sponsor } from "../../proto/federation/invitation.ts";
import { type KeyPair, keyPair } from "../../proto/federation/keys.ts";
import { hubProof, operatorProof, policyProof, rotationProof } from "../../proto/federation/proofs.ts";

/** Keys of the examples, which are nobody's. */
const SEEDS = [
  "SNAEJDSMUJJGTCSMIOWLR3JYKZUDCWQWN4PBATDMANASKNLCU3Q2SUMKFI",
  "SUAPPMYZKPPF4RFYAQBXG2J5XHRULN76U224FMI6DT47XWXB2LWKD6RGZU",
  "SUABFDBEJ6TM3DVWUXK26ZOJDJKQVDAXDXB75UOXWADZ6G4VO5FROOIFLE",
];
const bytes = (length: number, value: number) => new Uint8Array(length).fill(value);

/** All of them, in the order of a conversation. */
export async function examples(): Promise<FrameContent[]> {
  const [hub, operator, next] = (await Promise.all(SEEDS.map(keyPair))) as [KeyPair, KeyPair, KeyPair];
  const policy = encode(codec.encodePolicy, {
    version: 2,
    validFrom: 1_800_000_000,
    kMember: 3,
    kPublic: 5,
    clip: 64,
    keysPerNode: 64,
    noiseMilli: 15_000,
    releasesPerYear: 12,
    sponsors: 2,
    vocabulary: bytes(32, 0x99),
    groups: [1, 2, 3, 4, 5],
    alarmsPerYear: 2,
    alarmEpsilonMilli: 200,
  });
  const policyHash = new Uint8Array(await crypto.subtle.digest("SHA-256", policy));
  const handshake = {
    hubKey: hub.publicKey,
    helloNonce: bytes(32, 0xaa),
    challengeNonce: bytes(32, 0xbb),
    policyHash,
  };
  const invitation = await sponsor({
    ...newInvitation(hub.publicKey, 1_800_600_000),
    id: bytes(16, 0x11),
  }, hub);
  const rotation = rotationProof(handshake, next.publicKey);
  return [
    { case: "hello", value: { version: 1, schemas: [1], nonce: handshake.helloNonce } },
    {
      case: "challenge",
      value: {
        nonce: handshake.challengeNonce,
        hubKey: hub.publicKey,
        policyHash,
        signature: await hub.sign(hubProof(handshake)),
      },
    },
    { case: "policy", value: { policy, signature: await hub.sign(policyProof(policy)) } },
    {
      case: "auth",
      value: {
        operatorKey: operator.publicKey,
        signature: await operator.sign(operatorProof(handshake)),
        invitation: encodeInvitation(invitation),
      },
    },
    {
      case: "ready",
      value: {
        resumeSequence: 41,
        credits: 2,
        framesPerMinute: 600,
        bytesPerMinute: 10_485_760,
        phaseSeconds: 173,
        now: 1_800_000_180,
      },
    },
    {
      case: "summary",
      value: {
        sequence: 42,
        bin: 2_999_999,
        schema: 1,
        thin: false,
        sources: [1, 2],
        values: [{ metric: 2, value: 24 }, { metric: 7, index: 7, value: 14 }],
        blocks: [{ hash: bytes(32, 0x07), delay: 1 }],
        tips: [{ hash: bytes(32, 0x07), height: 900_000, status: 1 }],
        anomalies: [1],
      },
    },
    {
      case: "disclosure",
      value: {
        name: "demo",
        url: "https://example.org/demo",
        at: 1_800_000_240,
        seconds: 60,
        peers: {
          ...{ inbound: 80, outbound: 10 },
          networks: [{ index: 1, count: 60 }, { index: 3, count: 30 }],
          ...{ v1: 40, v2: 50 },
          agents: [{ index: 7, count: 70 }, { index: 17, count: 20 }],
        },
        messages: [{ command: 7, received: 900, receivedBytes: 200_000, sent: 800, sentBytes: 150_000 }],
        ...{ addresses: 120, addressesLimited: 20, opened: 2, closed: 1, evicted: 0 },
        mempool: { transactions: 40_000, bytes: 90_000_000, minFeeMilli: 1000 },
        blocks: [{ hash: bytes(32, 0x07), height: 900_000, at: 1_800_000_201_250 }],
        tips: [{ hash: bytes(32, 0x07), height: 900_000, status: 1 }],
        behaviours: [{ index: 5, count: 3 }],
      },
    },
    {
      case: "sightings",
      value: {
        epoch: 2976,
        part: 0,
        key: bytes(32, 0x22),
        sealed: [{
          tag: bytes(32, 0x33),
          share: bytes(64, 0x44),
          commitments: bytes(64, 0x55),
          box: bytes(26, 0x66),
        }],
      },
    },
    { case: "taken", value: { epoch: 2976, part: 0, code: 16, retryAfterMs: 60_000 } },
    { case: "ack", value: { upTo: 42, duplicates: 0 } },
    { case: "nack", value: { sequence: 43, code: 16, retryAfterMs: 2500 } },
    { case: "credit", value: { credits: 6 } },
    {
      case: "feed",
      value: {
        bin: 2_999_999,
        quartiles: [{ metric: 7, index: 7, lower: 13, median: 14, upper: 16 }],
        blocks: [{ hash: bytes(32, 0x07), shares: [20, 8, 4, 0, 0] }],
        tips: [{ hash: bytes(32, 0x07), height: 900_000, status: 1 }],
        incidents: [{ id: 1, anomaly: 1, opened: 1_799_999_400, seenLog2: 3, ofLog2: 4 }],
      },
    },
    {
      case: "rotate",
      value: {
        newKey: next.publicKey,
        oldSignature: await operator.sign(rotation),
        newSignature: await next.sign(rotation),
      },
    },
    { case: "bye", value: { code: 1, reconnectAfterMs: 23_456 } },
  ];
}

/** How the page shows a frame: as JSON with bytes in hexadecimal, and without its padding. */
export function exampleText(content: FrameContent): string {
  const frame = encodeFrame(content);
  const end = frame.findLastIndex((byte, i) =>
    byte === 0x7a && frame.subarray(i + 3).every((each) => each === 0)
  );
  const fields = Object.entries(content.value).filter(([, value]) => value !== undefined);
  const lines = fields.map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value, shown)}`);
  const hex = frame.subarray(0, end).toHex().replace(/.{96}/g, "$&\n").trimEnd();
  return `\`\`\`json\n{\n${lines.join(",\n")}\n}\n\`\`\`\n\n\`\`\`text\n${hex}\n\`\`\`\n`;
}

function shown(_name: string, value: unknown): unknown {
  return value instanceof Uint8Array ? value.toHex() : value;
}

if (import.meta.main) {
  const path = Deno.args[0]!;
  let text = Deno.readTextFileSync(path);
  for (const content of await examples()) {
    const mark = `<!-- example: ${content.case} -->`;
    if (!text.includes(mark)) throw new Error(`There is no line ${mark}`);
    text = text.replace(new RegExp(`${mark}\n(\n\`\`\`json[^]*?\`\`\`\n\n\`\`\`text[^]*?\`\`\`\n)?`), () => {
      return `${mark}\n\n${exampleText(content)}`;
    });
  }
  Deno.writeTextFileSync(path, text);
}
