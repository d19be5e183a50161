/**
 * What the hub said and is needed before it can say it again: how it counts, when to send, how much a node may add.
 *
 * @module
 */

import type { Policy, Ready } from "../../proto/federation/schema.ts";
import type { Log } from "../../runtime/log.ts";
import { FILES, type UplinkFolder } from "./folder.ts";
import type { Outbox } from "./outbox/mod.ts";

interface Said {
  /** What the hub calls a summary is so much more than its sequence in the outbox. */
  readonly offset: number;
  /** Seconds into a bin at which the one before is sent. */
  readonly phaseSeconds: number | undefined;
  readonly clip: number | undefined;
  readonly keysPerNode: number | undefined;
}

/** Kept in the folder. */
export class Remembered {
  readonly #folder: UplinkFolder;
  #said: Said;

  /** What was said before. */
  constructor(folder: UplinkFolder) {
    this.#folder = folder;
    const found = (folder.readJson(FILES.state) ?? {}) as Record<string, unknown>;
    const number = (name: string) => Number.isSafeInteger(found[name]) ? found[name] as number : undefined;
    this.#said = {
      offset: number("offset") ?? 0,
      phaseSeconds: number("phaseSeconds"),
      clip: number("clip"),
      keysPerNode: number("keysPerNode"),
    };
  }

  /** Seconds into a bin at which the one before is sent. */
  get phaseSeconds(): number | undefined {
    return this.#said.phaseSeconds;
  }

  /** How much a node may add; `undefined` before the hub has said so. */
  get policy(): { clip: number; keysPerNode: number } | undefined {
    const { clip, keysPerNode } = this.#said;
    return clip === undefined || keysPerNode === undefined ? undefined : { clip, keysPerNode };
  }

  /** Sequence at the hub of one in the outbox. */
  toHub(sequence: number): number {
    return sequence + this.#said.offset;
  }

  /** Sequence in the outbox of one at the hub. */
  fromHub(sequence: number): number {
    return sequence - this.#said.offset;
  }

  /** Rules that hold from now on. */
  agreed({ clip, keysPerNode }: Policy): void {
    this.#write({ clip, keysPerNode });
  }

  /**
   * Goes on behind what the hub has. If it has more than the outbox ever held, that was lost, or another uplink used
   * the key: what waits is counted on from there.
   */
  async resume({ resumeSequence, phaseSeconds }: Ready, outbox: Outbox, log: Log): Promise<void> {
    this.#write({ phaseSeconds });
    const { next, acknowledged } = outbox.stats();
    const stored = this.fromHub(resumeSequence);
    if (stored < next) return await outbox.acknowledge(Math.max(stored, acknowledged));
    this.#write({ offset: resumeSequence - acknowledged });
    log.warn(
      "The hub has more summaries of this key than this outbox: it was lost, or another uplink uses the key",
    );
  }

  #write(said: Partial<Said>): void {
    const now = { ...this.#said, ...said };
    const isSame = Object.entries(now).every(([name, value]) => this.#said[name as keyof Said] === value);
    this.#said = now;
    if (!isSame) this.#folder.writeJson(FILES.state, now, { sync: true });
  }
}
