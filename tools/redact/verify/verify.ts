/**
 * The second look. It reads what was written with code of its own, and takes nothing for granted that the redaction did:
 * every text must be an allowed pseudonym or a word that comes with the programs, all bytes a marked pseudonym or zeros,
 * every number one that nobody else could have chosen. Whatever nobody vouches for is a finding, and a finding fails.
 *
 * @module
 */

import { CanaryScan } from "../../../proto/canaries.ts";
import { hostOf } from "../../../proto/netgroup.ts";
import { parseIp } from "../../../proto/subnet.ts";
import { CLASSES, type ClassName, classNameOf } from "../classes.ts";
import type { Policy } from "../policy.ts";
import { WORDS } from "../vocabulary.ts";
import { findIn } from "./found.ts";
import { CONNECTED, LooseSet, NONCES } from "./secrets.ts";
import { unprefix } from "./unprefix.ts";
import { type Path, type Visitor, walk } from "./wire.ts";

/** Something that nobody vouches for. What it is stays untold: the report is published. */
export interface Finding {
  /** The file it is in. */
  readonly file: string;
  /** The number of the event in the file, from 1; 0 for what is outside of events. */
  readonly event: number;
  /** The field. */
  readonly path: Path;
  /** What it looks like. */
  readonly what: string;
}

/** What was looked at, and what was found. */
export interface Report {
  /** Nothing was found. */
  readonly passed: boolean;
  /** Events that were read. */
  readonly events: number;
  /** Texts, bytes and numbers that were looked at. */
  readonly leaves: Readonly<Record<"texts" | "bytes" | "numbers", number>>;
  /** What the output was compared with. */
  readonly comparedWith: Readonly<Record<"nonces" | "connectionTimes" | "hosts" | "ownAddresses", number>>;
  /** The first findings, and how many there are. */
  readonly findings: readonly Finding[];
  /** All of them. */
  readonly findingsCount: number;
}

/** What a verifier needs to know. */
export interface VerifierOptions {
  /** What was to be done to each class. */
  readonly policy: Policy;
  /** The key of prefix-preserving pseudonyms, where the policy has them. */
  readonly prefixKey: Uint8Array;
  /** Own addresses, as far as they are known for sure. */
  readonly own: readonly string[];
}

const MOST_FINDINGS = 100;
const MOST_SUSPECTS = 10_000;
const MOST_TEXTS_REMEMBERED = 65_536;
/** Own addresses that are searched in all forms; each costs a search of everything. */
const MOST_SEARCHED = 16;
/** Shorter forms stand in other bytes by accident: packed ones are looked for where bytes and numbers are. */
const SHORTEST_FORM = 7;
const LARGEST_NUMBER = 2n ** 53n;
/** A stranger could choose the number of bytes that somebody will count; hardly one as large as this. */
const SMALLEST_NONCE = 2n ** 48n + 1n;
const NONCE_MARK = 0x5244n;
const HASH_MARK = new TextEncoder().encode("redacted");
const HASH_MARK_REVERSED = new TextEncoder().encode("redacted").reverse().toHex();
const SERVICES = 0xd4dn;

const ALL_WORDS: ReadonlySet<string> = new Set(Object.values(WORDS).flat());
const TEXT = new TextDecoder();

/** Looks at the input for what to look for, and at the output for what should not be there. */
export class Verifier {
  readonly #options: VerifierOptions;
  readonly #nonces = new LooseSet();
  readonly #connected = new LooseSet();
  readonly #hosts = new LooseSet();
  readonly #counts = { nonces: 0, connectionTimes: 0, hosts: 0 };
  readonly #leaves = { texts: 0, bytes: 0, numbers: 0 };
  readonly #findings: Finding[] = [];
  #findingsCount = 0;
  #events = 0;
  /** Numbers that may be in the input, by how they would be found there. */
  #suspects = new Map<string, Finding>();
  #untold = 0;
  readonly #goodTexts = new Set<string>();
  #ownForms = new CanaryScan([]);
  #ownNumbers: ReadonlySet<bigint> = new Set();
  #isPrepared = false;

  /** A verifier that has seen nothing yet. `own` may grow until {@linkcode lookAt} is first called. */
  constructor(options: VerifierOptions) {
    this.#options = options;
  }

  /** Takes an event of the input; what is no event cannot get into the output. */
  remember(event: Uint8Array): void {
    try {
      walk(event, this.#memory);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }

  readonly #memory: Visitor = {
    text: (path, bytes) => {
      if (this.#options.policy.address !== "prefix" || nameAt(path) !== "address") return;
      const ip = parseIp(hostOf(TEXT.decode(bytes)));
      if (ip === undefined) return;
      this.#hosts.add(ip.toHex());
      this.#counts.hosts++;
    },
    number: (path, value) => {
      if (NONCES.has(path) && value >= SMALLEST_NONCE) {
        this.#nonces.add(`${value}`);
        this.#counts.nonces++;
      } else if (CONNECTED.has(path) && value > 0n) {
        this.#connected.add(`${value}`);
        this.#counts.connectionTimes++;
      }
    },
    bytes() {},
    unknown() {},
  };

  /** Looks at an event of the output. */
  lookAt(file: string, event: Uint8Array, number: number): void {
    this.#prepare();
    this.#events++;
    const found = (path: Path, what: string) => this.#found({ file, event: number, path, what });
    this.#searchForms(event, found);
    try {
      walk(event, {
        text: (path, bytes) => this.#text(path, bytes, found),
        bytes: (path, bytes) => this.#bytes(path, bytes, found),
        number: (path, value, isFixed) =>
          this.#number(path, value, { isFixed, found, where: { file, event: number } }),
        unknown: (path) => found(path, "a field that the schema does not have"),
      });
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      found("", `no event: ${error.message}`);
    }
  }

  /** Looks at a text that comes with the output. */
  lookAtText(file: string, text: string): void {
    this.#prepare();
    const found = (path: Path, what: string) => this.#found({ file, event: 0, path, what });
    this.#searchForms(new TextEncoder().encode(text), found);
    for (const { what, form, text: like } of findIn(text)) {
      // Names of files look like host names; our own text names the ranges of pseudonyms.
      const isOurs = isMadeUp(like) || isMadeUp([...like].reverse().join(""));
      if (what !== "host name" && !isOurs) found("", `${what} (${form})`);
    }
  }

  /** Whether something has to be looked up in the input before the report is ready. */
  get hasSuspects(): boolean {
    return this.#suspects.size > 0;
  }

  /** Takes an event of the input again, and finds out which suspects are in it. */
  confirm(event: Uint8Array): void {
    const number = (path: Path, value: bigint) => {
      const key = NONCES.has(path) ? `nonce ${value}` : CONNECTED.has(path) ? `connected ${value}` : "";
      const suspect = this.#suspects.get(key);
      if (suspect === undefined) return;
      this.#suspects.delete(key);
      this.#found(suspect);
    };
    try {
      walk(event, { number, text() {}, bytes() {}, unknown() {} });
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }

  /** What was found. */
  report(): Report {
    const count = this.#findingsCount + this.#untold;
    return {
      passed: count === 0,
      events: this.#events,
      leaves: this.#leaves,
      comparedWith: { ...this.#counts, ownAddresses: this.#options.own.length },
      findings: this.#findings,
      findingsCount: count,
    };
  }

  #prepare(): void {
    if (this.#isPrepared) return;
    this.#isPrepared = true;
    const { own } = this.#options;
    this.#ownForms = new CanaryScan(own.slice(0, MOST_SEARCHED), { shortest: SHORTEST_FORM });
    const packed = own.map((text) => parseIp(text)).filter((bytes) => bytes?.length === 4);
    this.#ownNumbers = new Set(
      packed.flatMap((bytes) => [bytes!, bytes!.toReversed()].map((bytes) => BigInt(`0x${bytes.toHex()}`))),
    );
  }

  #found(finding: Finding): void {
    this.#findingsCount++;
    if (this.#findings.length < MOST_FINDINGS) this.#findings.push(finding);
  }

  #searchForms(bytes: Uint8Array, found: (path: Path, what: string) => void): void {
    const hit = this.#ownForms.hit(bytes);
    if (hit !== undefined) found("", `an own address (${hit.form})`);
  }

  #text(path: Path, bytes: Uint8Array, found: (path: Path, what: string) => void): void {
    this.#leaves.texts++;
    if (bytes.length === 0) return;
    const text = TEXT.decode(bytes);
    const key = `${path} ${text}`;
    if (this.#goodTexts.has(key)) return;
    const problem = this.#problemOf(path, text);
    if (problem !== undefined) return found(path, problem);
    if (this.#goodTexts.size >= MOST_TEXTS_REMEMBERED) this.#goodTexts.clear();
    this.#goodTexts.add(key);
  }

  #problemOf(path: Path, text: string): string | undefined {
    const name = nameAt(path);
    if (name === "address") return this.#isPseudonym(text) ? undefined : "an address that is no pseudonym";
    if (name === "services" && /^[0-9a-f]{1,16}$/.test(text)) {
      return (BigInt(`0x${text}`) & ~SERVICES) === 0n ? undefined : "service bits that nobody else has";
    }
    if ((name === "block" || name === "tx") && /^[0-9a-f]{64}$/.test(text)) {
      const isMade = /^0{64}$/.test(text) ||
        text.startsWith("0".repeat(32)) && text.endsWith(HASH_MARK_REVERSED);
      return isMade || this.#options.policy[name] === "keep" ? undefined : "a hash that is no pseudonym";
    }
    if (ALL_WORDS.has(text)) return undefined;
    const [like] = findIn(text);
    return like === undefined ? "a text that nobody vouches for" : `${like.what} (${like.form})`;
  }

  #isPseudonym(text: string): boolean {
    const host = hostOf(text);
    const port = text.slice(text.startsWith("[") ? host.length + 2 : host.length);
    if (port !== "" && !/^:\d{1,5}$/.test(port)) return false;
    const ip = parseIp(host);
    const isNamed = ip === undefined || LOCAL.has(host) || isCjdns(ip);
    if (this.#options.policy.address !== "prefix" || isNamed) return isMadeUp(host);
    return this.#hosts.has(unprefix(this.#options.prefixKey, ip).toHex());
  }

  #bytes(path: Path, bytes: Uint8Array, found: (path: Path, what: string) => void): void {
    this.#leaves.bytes++;
    if (bytes.every((byte) => byte === 0)) return;
    const name = nameAt(path);
    const isHash = bytes.length === 32 && (name === "block" || name === "tx");
    if (isHash && this.#options.policy[name] === "keep") return;
    if (
      isHash && HASH_MARK.every((byte, i) => byte === bytes[i]) &&
      bytes.subarray(16).every((byte) => byte === 0)
    ) {
      return;
    }
    found(path, "bytes that are no pseudonym");
  }

  #number(
    path: Path,
    value: bigint,
    { isFixed, found, where }: {
      isFixed: boolean;
      found: (path: Path, what: string) => void;
      where: Pick<Finding, "file" | "event">;
    },
  ): void {
    this.#leaves.numbers++;
    if (NONCES.has(path)) {
      const isMade = value === 0n ||
        this.#options.policy.nonce === "pseudonym" && value >> 48n === NONCE_MARK;
      if (!isMade) return found(path, "a nonce that is no pseudonym");
    }
    // What has eight bytes and is no nonce is a fraction.
    if (isFixed) return;
    const signed = BigInt.asIntN(64, value);
    if (!NONCES.has(path) && (signed >= LARGEST_NUMBER || signed <= -LARGEST_NUMBER)) {
      return found(path, "a number that is larger than any that is counted");
    }
    if (this.#ownNumbers.has(value)) found(path, "an own address (number)");
    if (signed >= SMALLEST_NONCE && this.#nonces.has(`${value}`)) {
      this.#suspect(`nonce ${value}`, { ...where, path, what: "a nonce of the input" });
    }
    if (CONNECTED.has(path) && this.#options.policy.time !== "keep" && this.#connected.has(`${value}`)) {
      this.#suspect(`connected ${value}`, { ...where, path, what: "the time of a connection, as it was" });
    }
  }

  #suspect(key: string, finding: Finding): void {
    if (this.#suspects.size < MOST_SUSPECTS) this.#suspects.set(key, finding);
    // So many are no accident.
    else this.#untold++;
  }
}

/** This machine, which is everywhere. */
const LOCAL: ReadonlySet<string> = new Set(["127.0.0.1", "::1"]);

/** Whether a host is of a sort that nobody has. */
function isMadeUp(host: string): boolean {
  if (LOCAL.has(host)) return true;
  const ip = parseIp(host);
  if (ip === undefined) {
    return /^redacted[a-z2-7]{8}(?:[a-z2-7]{36}|[a-z2-7]{40})?\.onion$/.test(host) ||
      /^redacted[a-z2-7]{44}\.b32\.i2p$/.test(host) || /^redacted-[a-z2-7]{16}\.invalid$/.test(host);
  }
  const hex = ip.toHex();
  if (ip.length === 4) return hex.startsWith("f") && hex !== "ffffffff";
  return hex.startsWith("20010db8") || isCjdns(ip);
}

function isCjdns(ip: Uint8Array): boolean {
  return ip.toHex().startsWith("fc000db8");
}

/** What a field is said to be; a key of a map is a word. */
function nameAt(path: Path): ClassName | undefined {
  const [message = "", field = ""] = path.split(".");
  const of = CLASSES[message]?.[field];
  return of === undefined ? undefined : classNameOf(of);
}
