import { assert } from "@std/assert";
import { createHash } from "node:crypto";
import {
  decodeMessage,
  encodeFrame,
  type Frame,
  MAX_PAYLOAD_BYTES,
  START_BYTES,
} from "../../proto/bitcoin/mod.ts";
import { deriveKeys, keyAgreement } from "../../proto/bitcoin/v2/keys.ts";
import { encodeContents } from "../../proto/bitcoin/v2/message_types.ts";
import { PacketWriter } from "../../proto/bitcoin/v2/packets.ts";
import { type Received, Responder } from "../../proto/bitcoin/v2/responder.ts";
import { joined } from "../../proto/bytes.ts";
import { seeded } from "../../demo/scenarios/random.ts";
import { recordedMessages } from "./p2p_message.ts";
import type { Target } from "./target.ts";

const START = START_BYTES.regtest;
const MESSAGES_PER_SEED = 4;
/** A packet of the longest payload, and what may be held besides. */
const MAX_PENDING = MAX_PAYLOAD_BYTES + 64;
const PUBLIC_KEY_BYTES = 64;

/** The pair of BIP324's vectors; a pair made anew for each input would be the whole time of a run. */
const OURS = keyAgreement(
  Uint8Array.fromHex("61062ea5071d800bbfd59e2e8b53d47d194b095ae5a4df04936b49772ef0d4d7"),
  Uint8Array.fromHex(
    "ec0adff257bbfe500c188c80b4fdd640f6b45a482bbc15fc7cef5931deff0aa1" +
      "86f6eb9bba7b85dc4dcc28b28722de1e3d9108b985e2967045668f66098e475b",
  ),
);

/** Multiplying points costs a millisecond, and is tested with random keys elsewhere: here a hash does. */
const KEYS = {
  publicKey: OURS.publicKey,
  sharedSecret: (theirs: Uint8Array) => new Uint8Array(createHash("sha256").update(theirs).digest()),
};

/**
 * An input is a byte of options, a byte that determines how the stream is cut, and a stream from somebody who connects.
 * With the lowest option bit the stream is what that somebody wants to say, and is encrypted first, or no mutated byte
 * would get past the tag: 64 bytes of key, then packets of two bytes length, a byte of header, contents.
 */
export const v2Frames: Target = {
  name: "v2-frames",
  seeds() {
    const small = recordedMessages().filter(({ payload }) => payload.length < 1024);
    const seeds: Uint8Array[] = [];
    for (let at = 0; at < small.length; at += MESSAGES_PER_SEED) {
      const messages = small.slice(at, at + MESSAGES_PER_SEED);
      const key = Uint8Array.from({ length: PUBLIC_KEY_BYTES }, (_, i) => i * at + 1);
      const packets = messages.flatMap(({ command, payload }, i) => {
        const contents = encodeContents(command, payload);
        return [contents.length & 0xff, contents.length >> 8, i === 2 ? 0x80 : 0, ...contents];
      });
      const plain = Uint8Array.of(1, at & 0xff, ...key, ...packets);
      seeds.push(plain, Uint8Array.of(0, at & 0xff, ...encrypt(plain.subarray(2), at & 0xff)));
      const [version, ...rest] = messages;
      const v1 = [encodeFrame(START, "version", version!.payload), ...rest.map(frame)];
      seeds.push(Uint8Array.of(0, at & 0xff, ...v1.flatMap((bytes) => [...bytes])));
    }
    return seeds;
  },
  run(input) {
    const seed = input[1] ?? 0;
    const stream = ((input[0] ?? 0) & 1) === 1 ? encrypt(input.subarray(2), seed) : input.slice(2);
    const cut = receive(stream, seed);
    return () => {
      const whole = receive(stream);
      assert(whole.refused === cut.refused, "the same end however it is cut");
      assert(whole.transport === cut.transport, "the same transport however it is cut");
      assert(whole.sent === cut.sent, "the same answer however it is cut");
      assert(whole.unreadable === cut.unreadable, "the same unreadable packets however it is cut");
      assert(whole.frames.length === cut.frames.length, "the same number of frames however it is cut");
      for (const [at, { command, payload }] of whole.frames.entries()) {
        const other = cut.frames[at]!;
        assert(command === other.command && payload.toHex() === other.payload.toHex(), "the same frames");
        decodeMessage(command, payload);
      }
    };
  },
};

function frame({ command, payload }: Frame): Uint8Array {
  return encodeFrame(START, command, payload);
}

/** What an initiator with this key would send: key, some garbage, its terminator, version packet, packets. */
function encrypt(plain: Uint8Array, seed: number): Uint8Array {
  const key = new Uint8Array(PUBLIC_KEY_BYTES);
  key.set(plain.subarray(0, PUBLIC_KEY_BYTES));
  const { initiator } = deriveKeys(KEYS.sharedSecret(key), START);
  const writer = new PacketWriter(initiator);
  const garbage = new Uint8Array(seed).fill(seed);
  const parts = [key, garbage, initiator.terminator, writer.write(new Uint8Array(), { aad: garbage })];
  for (let at = PUBLIC_KEY_BYTES; at + 3 <= plain.length;) {
    const length = plain[at]! | plain[at + 1]! << 8;
    const ignore = (plain[at + 2]! & 0x80) !== 0;
    parts.push(writer.write(plain.subarray(at + 3, at + 3 + length), { ignore }));
    at += 3 + length;
  }
  return joined(parts);
}

interface Outcome {
  readonly frames: Frame[];
  readonly transport: "v1" | "v2" | undefined;
  refused: Received["refused"];
  /** What was sent back, in hex. */
  sent: string;
  unreadable: number;
}

function receive(stream: Uint8Array, seed?: number): Outcome {
  const random = seeded(seed ?? 0);
  // Each chunk costs an object of ours, which would be counted: no more than some thousands of them.
  const largest = Math.max(random.pick([1, 7, 30, 1000]), stream.length >> 12);
  const responder = new Responder({ startBytes: START, keys: KEYS, garbage: new Uint8Array(3) });
  const outcome: Omit<Outcome, "transport"> = { frames: [], refused: undefined, sent: "", unreadable: 0 };
  for (let at = 0; at < stream.length;) {
    const end = seed === undefined ? stream.length : at + 1 + random.below(largest);
    const { frames, refused, reply, unreadable = 0 } = responder.push(stream.subarray(at, end));
    at = end;
    assert(outcome.refused === undefined || refused === outcome.refused, "no recovery after a refusal");
    assert(responder.pendingBytes <= MAX_PENDING, "no more than one packet pending");
    outcome.frames.push(...frames);
    outcome.refused = refused;
    outcome.sent += reply?.toHex() ?? "";
    outcome.unreadable += unreadable;
  }
  return { ...outcome, transport: responder.transport };
}
