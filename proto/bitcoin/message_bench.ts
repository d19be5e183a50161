import { assert, assertEquals } from "@std/assert";
import { largeMessages, type Recorded, typicalMessages } from "./_recorded.ts";
import { decodeMessage, encodeMessage, type Message } from "./message.ts";

const NOT_LISTED = new Set(["unknown"]);

function checked({ command, payload }: Recorded): Message {
  const decoded = decodeMessage(command, payload);
  assert(decoded.ok && !decoded.nonCanonical && decoded.trailingBytes === 0);
  assertEquals(encodeMessage(decoded.message).toHex(), payload.toHex());
  return decoded.message;
}

for (const recorded of [...typicalMessages(), ...largeMessages()]) {
  const { command, payload } = recorded;
  if (NOT_LISTED.has(command)) continue;
  const message = checked(recorded);
  Deno.bench(`decode ${command}, ${payload.length} bytes`, { group: "decode" }, () => {
    decodeMessage(command, payload);
  });
  Deno.bench(`encode ${command}, ${payload.length} bytes`, { group: "encode" }, () => {
    encodeMessage(message);
  });
}
