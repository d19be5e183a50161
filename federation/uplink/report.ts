/**
 * What a running uplink writes into its folder for its commands: how it goes, and the latest numbers.
 *
 * @module
 */

import * as codec from "../../proto/federation/codec.ts";
import { decode, encode } from "../../proto/federation/frame.ts";
import type { Feed, Policy, Summary } from "../../proto/federation/schema.ts";
import type { Phase, Telling } from "./conversation.ts";
import { FILES, type UplinkFolder } from "./folder.ts";
import type { OutboxStats } from "./outbox/mod.ts";

/** How it goes. */
export interface StatusReport {
  /** What the uplink is doing. */
  readonly phase: Phase;
  /** Why, where that says more. */
  readonly why?: string | undefined;
  /** Since when, milliseconds since 1970, as all times here. */
  readonly since: number;
  /** When the hub last said that it has a summary. */
  readonly ackedAt?: number | undefined;
  /** Its sequence in the outbox. */
  readonly ackedSequence?: number | undefined;
  /** Bin of the next summary. */
  readonly nextBin: number;
  /** When it is sent. */
  readonly nextAt: number;
  /** The outbox. */
  readonly outbox?:
    | Pick<OutboxStats, "records" | "bytes" | "acknowledged" | "dropped" | "failure">
    | undefined;
  /** Rules that the hub signed and we took. */
  readonly policy?: Omit<Policy, "vocabulary"> | undefined;
  /** Sightings, in words. */
  readonly sightings?: string | undefined;
  /** What was counted since the start. */
  readonly counts: Readonly<Record<string, number>>;
}

/** The latest feeds and own summaries, for comparing. */
export interface Latest {
  /** What the members see together. */
  readonly feeds: readonly Feed[];
  /** What was said by ourselves. */
  readonly own: readonly Summary[];
}

const KEPT_BINS = 12;

/** Writes what has changed. */
export class Reports implements Telling {
  readonly #folder: UplinkFolder;
  readonly #count: (what: string, by?: number) => void;
  readonly #counts = new Map<string, number>();
  readonly #onReady: () => void;
  readonly #onPolicy: (policy: Policy) => void;
  #status: Omit<StatusReport, "counts" | "nextBin" | "nextAt" | "outbox" | "sightings">;
  #latest: Latest;
  #written = "";

  /** For an uplink that starts now. */
  constructor(
    folder: UplinkFolder,
    { count, onReady, onPolicy }: {
      count: (what: string, by?: number) => void;
      onReady: () => void;
      onPolicy: (policy: Policy) => void;
    },
  ) {
    this.#folder = folder;
    this.#count = count;
    this.#onReady = onReady;
    this.#onPolicy = onPolicy;
    this.#status = { phase: "connecting", since: Date.now() };
    this.#latest = readLatest(folder);
  }

  phase(phase: Phase, why?: string): void {
    if (phase === this.#status.phase && why === this.#status.why) return;
    this.#status = { ...this.#status, phase, why, since: Date.now() };
  }

  policy(policy: Policy): void {
    const { vocabulary: _, ...rules } = policy;
    this.#status = { ...this.#status, policy: rules };
    this.#onPolicy(policy);
  }

  ready(): void {
    this.#onReady();
  }

  acknowledged(sequence: number): void {
    this.#status = { ...this.#status, ackedAt: Date.now(), ackedSequence: sequence };
  }

  count(what: string, by = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + by);
    this.#count(what, by);
  }

  feed(feed: Feed): void {
    const feeds = [...this.#latest.feeds.filter(({ bin }) => bin !== feed.bin), feed].slice(-KEPT_BINS);
    try {
      this.#keep({ ...this.#latest, feeds });
    } catch {
      // For looking at only; a full disk must not end the conversation.
      this.count("feeds not written");
    }
  }

  /** Keeps summaries of our own for comparing. */
  own(summaries: readonly Summary[]): void {
    this.#keep({ ...this.#latest, own: [...this.#latest.own, ...summaries].slice(-KEPT_BINS) });
  }

  /** Writes the status if it is another than before. */
  write(rest: Pick<StatusReport, "nextBin" | "nextAt" | "outbox" | "sightings">): void {
    const status: StatusReport = { ...this.#status, ...rest, counts: Object.fromEntries(this.#counts) };
    const text = JSON.stringify(status);
    if (text === this.#written) return;
    this.#folder.writeJson(FILES.status, status);
    this.#written = text;
  }

  #keep(latest: Latest): void {
    this.#latest = latest;
    this.#folder.writeJson(FILES.latest, {
      feeds: latest.feeds.map((feed) => encode(codec.encodeFeed, feed).toBase64()),
      own: latest.own.map((summary) => encode(codec.encodeSummary, summary).toBase64()),
    });
  }
}

/** The latest feeds and summaries in a folder. */
export function readLatest(folder: UplinkFolder): Latest {
  const { feeds, own } = (folder.readJson(FILES.latest) ?? {}) as Record<string, unknown>;
  return {
    feeds: messages(feeds).flatMap((bytes) => decode(codec.decodeFeed, bytes) ?? []),
    own: messages(own).flatMap((bytes) => decode(codec.decodeSummary, bytes) ?? []),
  };
}

function messages(texts: unknown): Uint8Array[] {
  if (!Array.isArray(texts)) return [];
  return texts.filter((text) => typeof text === "string").map((text) => Uint8Array.fromBase64(text));
}
