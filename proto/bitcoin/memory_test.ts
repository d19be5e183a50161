import { assert, assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";
import v8 from "node:v8";
import vm from "node:vm";
import { crowdedBlock, largeMessages } from "./_recorded.ts";
import { type Decoded, decodeMessage } from "./message.ts";

const MEGABYTE = 1_000_000;

v8.setFlagsFromString("--expose-gc");
const collectGarbage = vm.runInNewContext("gc") as () => void;

/** Bytes that stay after a collection, on the heap and in array buffers. */
function heldBytes(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

/** What a decoded payload holds, with its own copy of the payload. */
function retained(command: string, payload: Uint8Array): { decoded: Decoded; bytes: number } {
  decodeMessage(command, payload);
  const before = heldBytes();
  const decoded = decodeMessage(command, payload.slice());
  return { decoded, bytes: heldBytes() - before };
}

const BLOCKS: readonly (readonly [string, Uint8Array])[] = [
  ["recorded block of 4 MB", largeMessages().filter(({ command }) => command === "block").at(-1)!.payload],
  ["block of 400,000 minimal transactions", crowdedBlock(400_000)],
];

for (const [name, payload] of BLOCKS) {
  Deno.test(`decodeMessage() holds a ${name} in at most three times its size`, () => {
    const { decoded, bytes } = retained("block", payload);
    assert(decoded.ok && decoded.message.type === "block");
    assertLessOrEqual(bytes, 3 * payload.length);
    // If the payload itself were not in the number, nothing would have been measured.
    assertGreater(bytes, 0.9 * payload.length);
  });
}

const COUNTED: readonly (readonly [command: string, entryHex: string])[] = [
  ["inv", "05000000".padEnd(72, "ab")],
  ["addr", "00".repeat(30)],
  ["addrv2", "00000000" + "00" + "99" + "00" + "0000"],
  ["headers", "00".repeat(81)],
  ["blocktxn", "02000000000000000000"],
];

for (const [command, entryHex] of COUNTED) {
  Deno.test(`decodeMessage() holds 4 MB of the smallest entries of ${command} in at most three times its size`, () => {
    const entry = Uint8Array.fromHex(entryHex);
    const before = command === "blocktxn" ? 32 : 0;
    const count = Math.floor(4 * MEGABYTE / entry.length);
    const payload = new Uint8Array(before + 5 + count * entry.length);
    payload[before] = 0xfe;
    new DataView(payload.buffer).setUint32(before + 1, count, true);
    for (let at = before + 5; at < payload.length; at += entry.length) payload.set(entry, at);
    const { decoded, bytes } = retained(command, payload);
    assert(decoded.ok);
    assertEquals(decoded.trailingBytes, 0);
    assertLessOrEqual(bytes, 3 * payload.length);
  });
}
