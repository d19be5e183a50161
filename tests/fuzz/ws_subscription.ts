import { decodeEvent } from "../../proto/event.ts";
import { all } from "../../proto/golden/all.ts";
import { KINDS } from "../../proto/subjects.ts";
import { encodeFrame } from "../../tools/websocket/encode.ts";
import { FRAME_BYTES, parseSubscription, type Subscription } from "../../tools/websocket/subscription.ts";
import type { Target } from "./target.ts";

const SUBSCRIPTIONS = [
  "{}",
  '{"ebpf":{"messages":true},"rpc":true}',
  '{"ebpf":{"messages":true,"connections":true,"mempool":true,"validation":true,"addrman":false},"log":true}',
  '{"p2p":true,"ipc":true,"exact":true,"lite":true,"envelope":true,"snapshot":true}',
  '{"rpc":1,"ebpf":[],"__proto__":{"log":true},"later":{"deep":[[[null]]]}}',
];

/** What a client may say, and what it is told: a text frame, and an event of a stranger as JSON. */
export const wsSubscription: Target = {
  name: "ws-subscription",
  seeds: () => [
    ...SUBSCRIPTIONS.map((text) => new TextEncoder().encode(text)),
    ...all.map(({ bytes }) => bytes),
  ],
  run(input) {
    const subscription = parse(new TextDecoder().decode(input.subarray(0, 2 * FRAME_BYTES)));
    const event = decodeEvent(input);
    return () => {
      for (const kind of subscription?.kinds ?? []) {
        if (!KINDS.includes(kind)) throw new Error(`a kind "${kind}"`);
      }
      if (!event.ok) return;
      for (const exact of [false, true]) {
        for (const lite of [false, true]) {
          const frame = encodeFrame(event.event, { exact, lite });
          if (frame !== undefined && Object.keys(JSON.parse(frame)).length !== 1) {
            throw new Error("one member");
          }
        }
      }
    };
  },
};

function parse(text: string): Subscription | undefined {
  try {
    return parseSubscription(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // It becomes the reason of a close frame, which has room for 123 bytes.
    if (new TextEncoder().encode(error.message).length > 123) throw new Error(`too long: ${error.message}`);
    return undefined;
  }
}
