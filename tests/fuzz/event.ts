import { largeMessages } from "../../proto/bitcoin/_recorded.ts";
import { decodeEvent, encodeEvent, peek } from "../../proto/event.ts";
import { all } from "../../proto/golden/all.ts";
import { toMessageEvent } from "../../proto/message_event.ts";
import { recordedMessages } from "./p2p_message.ts";
import type { Target } from "./target.ts";

/** Bytes that claim to be an event: `decodeEvent` and `peek` must survive them and agree. */
export const event: Target = {
  name: "event",
  seeds: () => [...all.map(({ bytes }) => bytes), ...recordedEvents()],
  run(input) {
    const decoded = decodeEvent(input);
    const seen = peek(input);
    return () => {
      if (!decoded.ok) {
        if (decoded.offset < 0 || decoded.offset > input.length) throw new Error("The offset lies outside");
        return;
      }
      if (!seen.ok) throw new Error(`Decoded, but peek says ${seen.reason}`);
      const { event } = decoded;
      if (seen.kind !== event.kind || seen.timestamp !== event.timestamp) throw new Error("peek disagrees");
      if (event.kind !== "none" && !decodeEvent(encodeEvent(event)).ok) {
        throw new Error("Refuses what it wrote");
      }
    };
  },
};

function recordedEvents(): Uint8Array[] {
  const small = recordedMessages().filter((_, i) => i % 7 === 0);
  const large = largeMessages().filter(({ payload }) => payload.length < 100_000);
  return [...small, ...large].flatMap(({ command, payload }) => {
    const meta = {
      peerId: 1,
      addr: "[::1]:8333",
      connType: 2,
      command,
      inbound: false,
      size: payload.length,
    };
    const result = toMessageEvent(meta, payload);
    return result.ok
      ? [encodeEvent({ timestamp: 1_700_000_000_000, kind: "message", value: result.event })]
      : [];
  });
}
