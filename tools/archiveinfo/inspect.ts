import { decodeEvent } from "../../proto/event.ts";
import { ArchiveReader } from "../../runtime/archive/reader.ts";
import { reasonOf } from "../../runtime/reason.ts";
import type { Summary } from "./summary.ts";

/** What is known of one file. */
export interface FileInfo {
  /** Where it is. */
  readonly path: string;
  /** Unix seconds when it was started; absent where the header could not be read. */
  created?: number;
  /** Whether raw transactions are left out; absent in files older than the field, which are complete. */
  lowData?: boolean;
  /** How it is compressed. */
  compression?: "zstd" | "none";
  /** Events. */
  events: number;
  /** Bytes on disk. */
  size: number;
  /** Bytes uncompressed. */
  uncompressed: number;
  /** `partial`: it was cut off, or is still being written. `failed`: it could not be read, or not to its end. */
  status: "complete" | "partial" | "failed";
  /** Why it failed. */
  problem?: string;
}

/** Called now and then. */
export type OnProgress = (reader: ArchiveReader, events: number) => void;

/** Reads a file to its end and counts what is in it. */
export async function inspect(
  { path, size }: { path: string; size: number },
  { summaryOf, onProgress, signal }: {
    summaryOf: (lowData: boolean) => Summary;
    onProgress: OnProgress;
    signal: AbortSignal;
  },
): Promise<FileInfo> {
  const file: FileInfo = { path, events: 0, size, uncompressed: 0, status: "failed" };
  let summary: Summary | undefined;
  try {
    using reader = await ArchiveReader.open(path);
    const { header: { created, lowData }, compression } = reader;
    Object.assign(file, { created, compression }, lowData === undefined ? {} : { lowData });
    summary = summaryOf(lowData ?? false);
    for await (const batch of reader.batches()) {
      addAll(batch, file, summary);
      file.uncompressed = reader.uncompressed;
      onProgress(reader, file.events);
      if (signal.aborted) break;
    }
    file.uncompressed = reader.uncompressed;
    if (file.problem === undefined) file.status = reader.isComplete ? "complete" : "partial";
  } catch (error) {
    const reason = reasonOf(error);
    file.problem = file.created === undefined ? reason : `${reason}, after ${file.events} events`;
  }
  if (summary !== undefined) {
    summary.files++;
    summary.size += size;
    summary.uncompressed += file.uncompressed;
    summary.isPartial ||= file.status !== "complete";
  }
  return file;
}

/** A record that is no event does not end the reading: where the next one starts is known. */
function addAll(batch: readonly Uint8Array[], file: FileInfo, summary: Summary): void {
  for (const data of batch) {
    const decoded = decodeEvent(data);
    file.events++;
    if (decoded.ok) summary.add(decoded.event, data);
    else file.problem ??= `event ${file.events} is broken: ${decoded.reason} at its byte ${decoded.offset}`;
  }
}
