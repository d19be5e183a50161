/**
 * Archives for tests, put together by hand from the description of the format, and compressed by the zstd program: not
 * with the code under test.
 *
 * @module
 */

import { base128, message, varint } from "../../proto/golden/assemble.ts";
import { all } from "../../proto/golden/all.ts";

/** Unix seconds in the header of every archive made here. */
export const CREATED = 1780140481;

/** Bytes of an archive that is not compressed. */
export function plainArchive(
  events: readonly Uint8Array[],
  header = varint(1, CREATED),
): Uint8Array<ArrayBuffer> {
  const archive = message(...[header, ...events].flatMap((record) => [base128(record.length), record]));
  return archive as Uint8Array<ArrayBuffer>;
}

/** Every golden event once, as bytes. */
export const GOLDEN: readonly Uint8Array[] = all.map(({ bytes }) => bytes);

/** An event that is easily made: the node's uptime, in so many seconds, seen so many milliseconds after 1970. */
export function uptime(timestamp: number, seconds: number): Uint8Array {
  const rpc = varint(3, seconds);
  return message(base128(18), base128(rpc.length), rpc, varint(10, timestamp));
}

/** Compresses pieces into a file with the zstd program, as the Rust archiver does: one frame, a window of 128 MiB. */
export async function compress(
  pieces: Iterable<Uint8Array<ArrayBuffer>>,
  path: string,
  options: readonly string[] = ["--ultra", "-22"],
): Promise<void> {
  // From standard input, so that neither the size nor a smaller window is written into the frame.
  const args = ["-q", "-f", "--no-check", "--long=27", ...options, "-o", path];
  await using zstd = new Deno.Command("zstd", { args, stdin: "piped" }).spawn();
  await ReadableStream.from(pieces).pipeTo(zstd.stdin);
  await zstd.status;
}

/** A folder that is gone when its scope is left. */
export async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir({ prefix: "waggle-archive-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
