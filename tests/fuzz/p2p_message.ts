import { assert } from "@std/assert";
import {
  addressText,
  blockHash,
  decodeMessage,
  encodeMessage,
  KNOWN_COMMANDS,
  type Message,
  outputSum,
  txid,
  wtxid,
} from "../../proto/bitcoin/mod.ts";
import { equal } from "../../proto/bytes.ts";
import { readLines, VECTOR_FILES } from "../vectors/check.ts";
import type { Target } from "./target.ts";

const COMMANDS = [...KNOWN_COMMANDS, "unheard-of"];

/** Longer recordings are left out, because they make all inputs slow. */
const MAX_SEED_BYTES = 8 * 1024;

/** Types that the recordings do not have. */
const WRITTEN_BY_HAND: readonly (readonly [command: string, hex: string])[] = [
  ["feature", "0662697034333402abcd"],
  ["reject", `02747810036261${"64".padEnd(66, "ab")}`],
  ["alert", "010203"],
  ["cfheaders", `00${"ab".repeat(64)}01${"cd".repeat(32)}`],
];

/** An input is a byte that chooses the command, and a payload. */
export const p2pMessage: Target = {
  name: "p2p-message",
  seeds() {
    const recorded = recordedMessages().map(({ command, payload }) => [command, payload.toHex()] as const);
    return [...recorded, ...WRITTEN_BY_HAND].map(([command, hex]) => {
      return Uint8Array.of(COMMANDS.indexOf(command), ...Uint8Array.fromHex(hex));
    });
  },
  run(input) {
    const command = COMMANDS[(input[0] ?? 0) % COMMANDS.length]!;
    const payload = input.subarray(1);
    const decoded = decodeMessage(command, payload);
    if (!decoded.ok) {
      return () => assert(decoded.offset >= 0 && decoded.offset <= payload.length, "offset in the payload");
    }
    return () => checkRead(command, payload, decoded);
  },
};

/** The recorded messages of known types that are not too long. */
export function recordedMessages(): { readonly command: string; readonly payload: Uint8Array }[] {
  return readLines(VECTOR_FILES[0]!).filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { readonly type: string; readonly hex: string })
    .filter(({ type, hex }) => KNOWN_COMMANDS.has(type) && hex.length <= 2 * MAX_SEED_BYTES)
    .map(({ type, hex }) => ({ command: type, payload: Uint8Array.fromHex(hex) }));
}

type Read = Extract<ReturnType<typeof decodeMessage>, { ok: true }>;

function checkRead(command: string, payload: Uint8Array, decoded: Read): void {
  assert(
    decoded.trailingBytes >= 0 && decoded.trailingBytes <= payload.length,
    "trailing bytes in the payload",
  );
  touch(decoded.message);
  const encoded = encodeMessage(decoded.message);
  if (!decoded.nonCanonical) {
    const read = payload.subarray(0, payload.length - decoded.trailingBytes);
    return assert(equal(encoded, read), "encoded as it was read");
  }
  const again = decodeMessage(command, encoded);
  assert(again.ok && !again.nonCanonical && again.trailingBytes === 0, "canonical after encoding");
  assert(equal(encodeMessage(again.message), encoded), "encoded the same twice");
}

/** Makes everything that a message would only make on demand. */
function touch(message: Message): void {
  if ("header" in message) blockHash(message.header);
  if ("headers" in message) { for (const header of message.headers) if ("bits" in header) blockHash(header); }
  if ("addresses" in message) { for (const { address } of message.addresses ?? []) addressText(address); }
  if ("prefilled" in message) { for (const { transaction } of message.prefilled) wtxid(transaction); }
  if ("transactions" in message) { for (const transaction of message.transactions) outputSum(transaction); }
  if ("transaction" in message) txid(message.transaction);
}
