/**
 * The two texts of a data set that programs read: what was done, and what the second look found. Both hold numbers and
 * words of closed lists alone; what is read here is exactly what could have been written here, so that nothing else
 * comes along with it.
 *
 * @module
 */

import { KINDS } from "../../proto/subjects.ts";
import { CLASS_TEXTS, type ClassName } from "./classes.ts";
import type { FileEntry } from "./data_set.ts";
import { allowedFor, type NamedPolicy, POLICIES, type Policy, POLICY_NAME, warningsOf } from "./policy.ts";
import type { Tally } from "./redactor.ts";
import { CC_BY, type Licence, readme } from "./texts.ts";
import type { Report } from "./verify/verify.ts";

/** Names of the files around the archives. */
export const TEXT_FILES = {
  readme: "README.md",
  licence: "LICENSE",
  manifest: "manifest.json",
  verification: "verification.json",
} as const;
/** How an archive of a data set is called. */
export const ARCHIVE_NAME = /^redacted-\d{4}\.bin(\.zst)?$/;

/** A recording that went into a data set. */
export interface Recording {
  /** Events in it. */
  readonly events: number;
  /** How it ended. */
  readonly state: "complete" | "cut off" | "broken";
}

/** What a data set says of itself. */
export interface Manifest {
  /** What was done. */
  readonly policy: NamedPolicy;
  /** Under what it is given. */
  readonly licence: Licence;
  /** What went in. */
  readonly recordings: readonly Recording[];
  /** What came out, by kind. */
  readonly events: Readonly<Record<string, number>>;
  /** What could not be read, or has no member that is known. */
  readonly eventsLeftOut: number;
  /** Entries of lists. */
  readonly ownAddressesRemovedFromLists: number;
  /** What happened, by class. */
  readonly classes: Readonly<Record<string, Tally>>;
  /** The archives. */
  readonly files: readonly FileEntry[];
}

/** What the second look found, and whether it knew what the node's own addresses are. */
export type Verification = Report & { readonly learntOwnAddresses: boolean };

/** The text of `manifest.json`. */
export function manifestText(manifest: Manifest): string {
  const { policy, licence, recordings, events, eventsLeftOut, ownAddressesRemovedFromLists, files } =
    manifest;
  return json({
    format: "waggle data set 1",
    policy,
    warnings: warningsOf(policy),
    licence: licence === "none" ? null : "CC-BY-4.0",
    // Neither names nor sizes nor hashes of the recordings: they could be recognised.
    recordings,
    events,
    eventsLeftOut,
    ownAddressesRemovedFromLists,
    classes: Object.fromEntries(
      Object.entries(manifest.classes).toSorted(([a], [b]) => a < b ? -1 : 1),
    ),
    files,
  });
}

/** The text of `verification.json`. */
export function verificationText(verification: Verification): string {
  return json(verification);
}

/** The text of `README.md`, which says nothing that the manifest does not. */
export function readmeOf({ policy, licence, recordings, events, files }: Manifest): string {
  return readme({
    policy,
    licence,
    files: files.map(({ name }) => name),
    events: sum(Object.values(events)),
    damaged: recordings.filter(({ state }) => state !== "complete").length,
  });
}

/** The text of `LICENSE`; `undefined` where there is none. */
export function licenceOf({ licence }: Manifest): string | undefined {
  return licence === "none" ? undefined : CC_BY;
}

/**
 * Reads a manifest.
 *
 * @throws {SyntaxError} If it is not, letter by letter, as {@linkcode manifestText} writes one.
 */
export function parseManifest(text: string): Manifest {
  const it = record(parse(text));
  const manifest: Manifest = {
    policy: policyOf(record(it["policy"])),
    licence: it["licence"] === null ? "none" : "cc-by-4.0",
    recordings: items(it["recordings"]).map((each) => {
      const { events, state } = record(each);
      return { events: whole(events), state: oneOf(["complete", "cut off", "broken"] as const, state) };
    }),
    events: wholes(it["events"], KINDS),
    eventsLeftOut: whole(it["eventsLeftOut"]),
    ownAddressesRemovedFromLists: whole(it["ownAddressesRemovedFromLists"]),
    classes: Object.fromEntries(
      Object.entries(record(it["classes"])).map(([name, tally]) => {
        const { kept, changed } = record(tally);
        return [oneOf(CLASS_NAMES, name), { kept: whole(kept), changed: whole(changed) }];
      }),
    ),
    files: items(it["files"]).map((each) => {
      const { name, bytes, sha256 } = record(each);
      return { name: like(ARCHIVE_NAME, name), bytes: whole(bytes), sha256: like(/^[0-9a-f]{64}$/, sha256) };
    }),
  };
  return same(text, manifestText(manifest), manifest);
}

/**
 * Reads a report that found nothing.
 *
 * @throws {SyntaxError} If it found something, or is not, letter by letter, as {@linkcode verificationText} writes one.
 */
export function parseVerification(text: string): Verification {
  const it = record(parse(text));
  if (it["passed"] !== true) throw new SyntaxError("something was found that should not be there");
  const verification: Verification = {
    passed: true,
    events: whole(it["events"]),
    leaves: wholes(it["leaves"], ["texts", "bytes", "numbers"]) as Report["leaves"],
    comparedWith: wholes(
      it["comparedWith"],
      ["nonces", "connectionTimes", "hosts", "ownAddresses"],
    ) as Report["comparedWith"],
    findings: [],
    findingsCount: 0,
    learntOwnAddresses: it["learntOwnAddresses"] === true,
  };
  return same(text, verificationText(verification), verification);
}

const CLASS_NAMES = Object.keys(CLASS_TEXTS) as ClassName[];

function policyOf({ name, classes }: Record<string, unknown>): NamedPolicy {
  const given = record(classes);
  const of = (each: ClassName) => [each, oneOf(allowedFor(each), given[each])] as const;
  const treatments = Object.fromEntries(Object.keys(POLICIES.strict).map((each) => of(each as ClassName)));
  const policy = { name: like(POLICY_NAME, name), classes: treatments as unknown as Policy };
  const known = POLICIES[policy.name as keyof typeof POLICIES];
  if (known !== undefined && json(known) !== json(treatments)) fail();
  return policy;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError("it is no JSON", { cause });
  }
}

function same<T>(text: string, written: string, value: T): T {
  return text === written ? value : fail();
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Record<string, unknown>
    : fail();
}

function items(value: unknown): unknown[] {
  return Array.isArray(value) ? value : fail();
}

function whole(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : fail();
}

function wholes(value: unknown, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    Object.entries(record(value)).map(([name, count]) => [oneOf(names, name), whole(count)]),
  );
}

function oneOf<const T extends string>(words: readonly T[], value: unknown): T {
  return words.find((word) => word === value) ?? fail();
}

function like(pattern: RegExp, value: unknown): string {
  return typeof value === "string" && pattern.test(value) ? value : fail();
}

function fail(): never {
  throw new SyntaxError("it is not as this version of redact writes it");
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
