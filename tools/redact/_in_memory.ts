/**
 * Redaction and the second look without files, for tests, the fuzzer and benchmarks.
 *
 * @module
 */

import { decodeEvent, encodeEvent } from "../../proto/event.ts";
import type { FieldClasses } from "./classes.ts";
import { OwnAddresses } from "./own_addresses.ts";
import type { Policy } from "./policy.ts";
import { PREFIX_KEY_BYTES } from "./prefix.ts";
import { derive, KEY_BYTES, Pseudonyms } from "./pseudonyms.ts";
import { Redactor } from "./redactor.ts";
import { type Report, Verifier } from "./verify/verify.ts";

/** How it is done. */
export interface InMemoryOptions {
  readonly policy: Policy;
  readonly own?: readonly string[];
  readonly key?: Uint8Array;
  readonly classes?: Readonly<Record<string, FieldClasses>>;
  /** Pseudonyms that may be broken. */
  readonly pseudonyms?: Pseudonyms;
}

/** What came out. */
export interface InMemory {
  readonly events: Uint8Array[];
  readonly report: Report;
  readonly redactor: Redactor;
}

/** Does to events what the job does to archives. */
export function redactInMemory(events: readonly Uint8Array[], options: InMemoryOptions): InMemory {
  const { policy, own: named = [], key = crypto.getRandomValues(new Uint8Array(KEY_BYTES)) } = options;
  const own = new OwnAddresses(named);
  for (const event of events) {
    const decoded = decodeEvent(event);
    if (decoded.ok) own.learn(decoded.event);
  }
  const verifier = new Verifier({
    policy,
    prefixKey: derive(key, "prefix", PREFIX_KEY_BYTES),
    own: own.sure,
  });
  events.forEach((event) => verifier.remember(event));
  const pseudonyms = options.pseudonyms ?? new Pseudonyms(key);
  const { classes } = options;
  const redactor = new Redactor({ policy, pseudonyms, own, ...classes === undefined ? {} : { classes } });
  const after = events.flatMap((event) => {
    const decoded = decodeEvent(event);
    const redacted = decoded.ok ? redactor.redact(decoded.event) : undefined;
    return redacted === undefined ? [] : [encodeEvent(redacted)];
  });
  after.forEach((event, i) => verifier.lookAt("memory", event, i + 1));
  if (verifier.hasSuspects) events.forEach((event) => verifier.confirm(event));
  return { events: after, report: verifier.report(), redactor };
}
