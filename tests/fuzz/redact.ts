import { decodeEvent, encodeEvent } from "../../proto/event.ts";
import { all } from "../../proto/golden/all.ts";
import { plant } from "../../proto/golden/planted.ts";
import { OwnAddresses } from "../../tools/redact/own_addresses.ts";
import { POLICIES } from "../../tools/redact/policy.ts";
import { PREFIX_KEY_BYTES } from "../../tools/redact/prefix.ts";
import { derive, Pseudonyms } from "../../tools/redact/pseudonyms.ts";
import { Redactor } from "../../tools/redact/redactor.ts";
import { Verifier } from "../../tools/redact/verify/verify.ts";
import type { Target } from "./target.ts";

/** Inputs after which everything starts anew. */
const PER_SET = 2000;
const KEY = new Uint8Array(32).fill(5);
const prefixKey = derive(KEY, "prefix", PREFIX_KEY_BYTES);
const pseudonyms = new Pseudonyms(KEY);

/**
 * Bytes that claim to be an event: whatever they are, what is made of them passes the second look, which must itself
 * survive the bytes as they came. Damaged archives are `archive_files_test.ts`'s.
 */
export const redact: Target = {
  name: "redact",
  seeds() {
    const schema = Deno.readTextFileSync(new URL("../../proto/schema.ts", import.meta.url));
    seeds = [...all.map(({ bytes }) => bytes), ...plant(schema).events];
    sets = [start("strict"), start("research")];
    return seeds;
  },
  run(input) {
    const set = sets[runs++ & 1]!;
    set.verifier.remember(input);
    const decoded = decodeEvent(input);
    if (!decoded.ok) return;
    set.own.learn(decoded.event);
    const redacted = set.redactor.redact(decoded.event);
    if (redacted === undefined) return;
    const event = encodeEvent(redacted);
    return () => {
      set.verifier.lookAt("fuzz", event, runs);
      if (set.verifier.hasSuspects) set.verifier.confirm(input);
      const { passed, findings } = set.verifier.report();
      if (!passed) throw new Error(JSON.stringify(findings));
      new Verifier(set.options).lookAt("fuzz", input, runs);
      if (runs % PER_SET === 0) sets = [start("strict"), start("research")];
    };
  },
};

type Running = ReturnType<typeof start>;
let runs = 0;
let sets: Running[] = [];
let seeds: Uint8Array[] = [];

function start(name: keyof typeof POLICIES) {
  const policy = POLICIES[name];
  const own = new OwnAddresses(["203.0.113.77", "hive.example.org"]);
  const options = { policy, prefixKey, own: own.sure };
  const verifier = new Verifier(options);
  // Its sets have a fixed size from the first on, which is no input's fault.
  for (const seed of seeds) verifier.remember(seed);
  return { own, options, verifier, redactor: new Redactor({ policy, pseudonyms, own }) };
}
