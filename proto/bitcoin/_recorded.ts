/**
 * Recorded payloads for benchmarks and tests of this folder; see `tests/vectors/README.md`.
 *
 * @module
 */

import { zstdDecompressSync } from "node:zlib";

/** A payload as a node sent or received it. */
export interface Recorded {
  readonly command: string;
  readonly payload: Uint8Array;
}

const FOLDER = new URL("../../tests/vectors/p2p/", import.meta.url);

/** The small ones, up to 188 of each command. */
export function recordedMessages(): Recorded[] {
  return read("messages.ndjson.zst");
}

/** The nine large ones. */
export function largeMessages(): Recorded[] {
  return read("messages-large.ndjson.zst");
}

/** Of each command, the payload of median length. */
export function typicalMessages(): Recorded[] {
  const byCommand = Object.groupBy(recordedMessages(), ({ command }) => command);
  return Object.values(byCommand).map((all = []) => {
    const sorted = all.toSorted((a, b) => a.payload.length - b.payload.length);
    return sorted[sorted.length >> 1]!;
  });
}

/** The recorded blocks have few transactions; this one has 2,000 recorded ones, as a block of the main chain. */
export function busyBlock(): Uint8Array {
  const transactions = recordedMessages().filter(({ command, payload }) => {
    return command === "tx" && payload.length < 1000 && payload.length > 60;
  });
  const bytes = Array.from(
    { length: 2000 },
    (_, index) => transactions[index % transactions.length]!.payload,
  );
  return Uint8Array.from(
    [new Uint8Array(80), Uint8Array.of(0xfd, 0xd0, 0x07), ...bytes].flatMap((b) => [...b]),
  );
}

/** A block of many transactions without inputs and outputs: the most objects that 4 MB can ask for. */
export function crowdedBlock(transactionCount: number): Uint8Array {
  const countBytes = 5;
  const block = new Uint8Array(80 + countBytes + transactionCount * 10);
  block[80] = 0xfe;
  new DataView(block.buffer).setUint32(81, transactionCount, true);
  for (let at = 80 + countBytes; at < block.length; at += 10) block[at] = 2;
  return block;
}

function read(name: string): Recorded[] {
  const text = new TextDecoder().decode(zstdDecompressSync(Deno.readFileSync(new URL(name, FOLDER))));
  return text.split("\n").filter((line) => line !== "").map((line) => {
    const { type, hex } = JSON.parse(line) as { readonly type: string; readonly hex: string };
    return { command: type, payload: Uint8Array.fromHex(hex) };
  });
}
