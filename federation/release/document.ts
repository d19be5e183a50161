/**
 * A release: what the public gets. One JSON document in one spelling (keys sorted, no spaces, as RFC 8785 has it), signed,
 * and named after its own hash.
 *
 * @module
 */

import { type KeyPair, keyText, parseKey, verify } from "../../proto/federation/keys.ts";
import { releaseProof } from "../../proto/federation/proofs.ts";
import { type Bought, type Figures, isBought } from "./figures.ts";
import { type KeyLink, signerAt } from "./release_keys.ts";
import { type Epoch, epochName, releaseTime } from "./schedule.ts";

/** The end of a chain that is not the active one. */
export interface Tip {
  /** Of its block, as people write it. */
  readonly hash: string;
  /** Of its block. */
  readonly height: number;
  /** What nodes say of it. */
  readonly status: string;
}

/** What a release says. */
export interface Release {
  /** How to read it. */
  readonly format: "waggle-release-1";
  /** The hub's key. */
  readonly hub: string;
  /** The key that signed. */
  readonly key: string;
  /** The time it is about. */
  readonly epoch: Epoch & {
    /** `2026-10` */
    readonly name: string;
  };
  /** When it was made, by the schedule; Unix seconds. */
  readonly released: number;
  /** Name of the release before; `null` for the first. */
  readonly previous: string | null;
  /** What protects the numbers. */
  readonly policy: Protection;
  /** What an attacker gets, by the policy. */
  readonly privacy: {
    /** True positives − false positives of the best guess whether an operator took part, from this release. */
    readonly advantagePerRelease: number;
    /** From all releases of a year, and its alarms. */
    readonly advantagePerYear: number;
  };
  /** The numbers; none if too few took part. */
  readonly figures: readonly Figures[];
  /** What there is to say. */
  readonly note: string;
  /** What is known of the chain. */
  readonly chain: {
    /** Ends of chains that at least k operators saw. */
    readonly tips: readonly Tip[];
  };
  /** What may be done with it. */
  readonly licence: "CC-BY-4.0";
}

/** Parameters of the numbers. */
export interface Protection {
  /** Standard deviation of the noise, in thousandths of the diameter. */
  readonly noiseMilli: number;
  /** The most releases in a year. */
  readonly releasesPerYear: number;
  /** Operators behind a number that has a threshold, at least. */
  readonly kPublic: number;
  /** The most that a node adds to a count. */
  readonly clip: number;
  /** Groups that are published. */
  readonly groups: readonly string[];
  /** The most alarms in a year, between releases. */
  readonly alarmsPerYear: number;
  /** What an alarm may tell of an operator: epsilon, in thousandths. */
  readonly alarmEpsilonMilli: number;
}

/** What a release is made of: of numbers, only those that were paid for. */
export type Content =
  & Omit<Release, "format" | "hub" | "key" | "epoch" | "released" | "figures" | "licence">
  & {
    /** What it is about. */
    readonly epoch: Epoch;
    /** The numbers. */
    readonly figures: readonly Bought[];
  };

/** A file of a release. */
export interface ReleaseFile {
  /** Hash and `.json`. */
  readonly name: string;
  /** What is in it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** No release is larger. */
const MOST_BYTES = 262_144;
const NAME = /^[0-9a-f]{64}\.json$/;

/** Signs a release. */
export async function encodeRelease(
  content: Content,
  { hubKey, signer }: { hubKey: Uint8Array; signer: KeyPair },
): Promise<ReleaseFile> {
  for (const figures of content.figures) {
    if (!isBought(figures)) throw new TypeError("Cannot publish numbers that the accountant did not make");
  }
  const release: Release = {
    ...content,
    ...{ format: "waggle-release-1", licence: "CC-BY-4.0" },
    hub: keyText("hub", hubKey),
    key: keyText("hub", signer.publicKey),
    epoch: { ...content.epoch, name: epochName(content.epoch) },
    released: releaseTime(content.epoch),
  };
  const signature = await signer.sign(releaseProof(hubKey, utf8(canonical(release))));
  const bytes = utf8(canonical({ ...release, signature: signature.toBase64() }));
  return { name: await nameOf(bytes), bytes };
}

/** A release that is what it says, or why it is not. */
export type Checked = { readonly release: Release; readonly checks: readonly string[] } | {
  readonly wrong: string;
};

/** Reads a release and checks name, spelling, signature and key. `hubKey` is the one that the reader trusts. */
export async function checkRelease(
  { name, bytes }: ReleaseFile,
  { keys, hubKey }: { keys: readonly KeyLink[]; hubKey?: Uint8Array | undefined },
): Promise<Checked> {
  if (bytes.length > MOST_BYTES) return { wrong: "it is too large" };
  const checks: string[] = [];
  if (NAME.test(name)) {
    if (name !== await nameOf(bytes)) return { wrong: "its name is not its hash: it was changed" };
    checks.push("its name is its hash");
  }
  const read = parse(bytes);
  if (read === undefined) return { wrong: "it is no release" };
  const { signature, ...release } = read;
  if (canonical(read) !== new TextDecoder().decode(bytes)) return { wrong: "it is spelled another way" };
  checks.push("it is spelled as it has to be");
  const hub = parseKey("hub", release.hub);
  if (hub === undefined) return { wrong: "it names no hub" };
  if (hubKey !== undefined && hub.toHex() !== hubKey.toHex()) return { wrong: "it is another hub's" };
  if (hubKey !== undefined) checks.push("it is of the hub you named");
  const key = await signerAt(keys, { hubKey: hub, at: release.released });
  if (key === undefined || keyText("hub", key) !== release.key) {
    return { wrong: "the hub has not given its key to whoever signed it" };
  }
  checks.push("the hub gave its key to who signed");
  const proof = releaseProof(hub, utf8(canonical(release)));
  if (!await verify(key, Uint8Array.fromBase64(signature), proof)) return { wrong: "the signature is wrong" };
  checks.push("the signature is right");
  if (release.released !== releaseTime(release.epoch) || release.epoch.name !== epochName(release.epoch)) {
    return { wrong: "it was not made at the time of the schedule" };
  }
  checks.push("it was made when the schedule says");
  return { release, checks };
}

/** JSON in one spelling. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const pairs = Object.entries(value).filter(([, each]) => each !== undefined);
  pairs.sort(([a], [b]) => a < b ? -1 : 1);
  return `{${pairs.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(",")}}`;
}

function parse(bytes: Uint8Array): Release & { readonly signature: string } | undefined {
  try {
    const read = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    const isOne = read?.format === "waggle-release-1" && typeof read.hub === "string" &&
      typeof read.signature === "string" && /^[A-Za-z0-9+/]{86}==$/.test(read.signature) &&
      ["monthly", "weekly", "daily"].includes(read.epoch?.cadence) &&
      [read.epoch.from, read.epoch.to, read.released].every((time) =>
        Number.isSafeInteger(time) && time >= 0 && time < 1e11
      );
    return isOne ? read : undefined;
  } catch {
    return undefined;
  }
}

async function nameOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return `${new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex()}.json`;
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
