import { decodeEvent, peek } from "../../proto/event.ts";
import { nodeOf } from "../../proto/subjects.ts";
import { makeSelection, type Selection } from "../../runtime/archive/selection.ts";
import type { Delivery } from "../../runtime/bus/bus.ts";
import type { Context } from "../../runtime/component.ts";
import { ArchiveFile, type ArchiveFileOptions } from "../../runtime/archive/archive_file.ts";
import { lowData } from "./low_data.ts";

/** How events become files. */
export interface RecorderOptions extends ArchiveFileOptions, Selection {
  /** A file of so many bytes is closed. */
  readonly maxFileSize: number;
  /** So is one that is older than this; 0 for never. */
  readonly maxAgeMinutes: number;
}

/** Uncompressed bytes that are worth a write. */
const WRITE_BYTES = 256 * 1024;
/** Each node has a file of its own, and an open file has a compressor's memory. */
const MOST_NODES = 100;

/** Writes events into files, one series of files per node. */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #context: Pick<Context, "log" | "count">;
  readonly #isSelected: ReturnType<typeof makeSelection>;
  readonly #files = new Map<string | undefined, ArchiveFile>();
  #waiting = new Map<string | undefined, Uint8Array[]>();
  #waitingBytes = 0;
  // Writing, flushing and closing follow each other, whoever asks.
  #turn: Promise<void> = Promise.resolve();

  /** A recorder without a file: the first event starts one. */
  constructor(options: RecorderOptions, context: Pick<Context, "log" | "count">) {
    this.#options = options;
    this.#context = context;
    this.#isSelected = makeSelection(options);
  }

  /** Whether it is time to write. */
  get isFull(): boolean {
    return this.#waitingBytes >= WRITE_BYTES;
  }

  /** Takes what came over the bus. */
  add({ subject, data }: Delivery): void {
    if (this.#isSelected !== undefined) {
      const seen = peek(data);
      if (seen.ok && !this.#isSelected(seen)) return;
    }
    // Bytes that are no event would end the reading of the whole file in other programs.
    const decoded = decodeEvent(data);
    if (!decoded.ok) return this.#context.count(`refused: ${decoded.reason}`);
    const event = this.#options.lowData ? lowData(decoded.event) ?? data : data;
    const node = nodeOf(subject);
    const events = this.#waiting.get(node);
    if (events !== undefined) events.push(event);
    else if (this.#files.has(node) || this.#files.size < MOST_NODES) this.#waiting.set(node, [event]);
    else return this.#context.count("refused: too many nodes");
    this.#waitingBytes += event.length;
  }

  /** Hands what waits to the files. */
  write(): Promise<void> {
    return this.#inTurn(() => this.#write());
  }

  /** Makes everything readable, and closes what is old. */
  flush(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#write();
      for (const [node, file] of this.#files) {
        await file.flush();
        if (this.#isDone(file)) await this.#close(node, file);
      }
    });
  }

  /** Closes all files in order. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#write();
      for (const [node, file] of this.#files) await this.#close(node, file);
    });
  }

  /** Lets go of the files as they are. */
  abandon(): void {
    for (const file of this.#files.values()) file.abandon();
    this.#files.clear();
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    return this.#turn = this.#turn.then(act);
  }

  async #write(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = new Map();
    this.#waitingBytes = 0;
    for (const [node, events] of waiting) {
      for (const event of events) {
        const file = this.#files.get(node) ?? await this.#open(node);
        file.add(event);
        if (file.pending < WRITE_BYTES) continue;
        await this.#writeFile(node, file);
      }
      const file = this.#files.get(node);
      if (file !== undefined) await this.#writeFile(node, file);
    }
  }

  async #writeFile(node: string | undefined, file: ArchiveFile): Promise<void> {
    await file.write();
    if (this.#isDone(file)) await this.#close(node, file);
  }

  #isDone(file: ArchiveFile): boolean {
    const { maxFileSize, maxAgeMinutes } = this.#options;
    const isOld = maxAgeMinutes > 0 && Date.now() - file.createdAt >= maxAgeMinutes * 60_000;
    return isOld || file.written >= maxFileSize;
  }

  async #open(node: string | undefined): Promise<ArchiveFile> {
    const { baseName } = this.#options;
    const file = await ArchiveFile.open({
      ...this.#options,
      baseName: node === undefined ? baseName : `${baseName}-${node}`,
    });
    this.#files.set(node, file);
    this.#context.log.info(`Recording to ${file.path}`);
    return file;
  }

  async #close(node: string | undefined, file: ArchiveFile): Promise<void> {
    await file.close();
    this.#files.delete(node);
    this.#context.log.info(`Closed ${file.path}: ${file.events} events, ${file.written} bytes`);
  }
}
