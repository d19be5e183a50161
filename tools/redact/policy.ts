/**
 * What is done to each class of fields: two policies that are there, and others as JSON.
 *
 * @module
 */

import { didYouMean } from "../../runtime/nearest.ts";
import { CLASS_TEXTS, type ClassName } from "./classes.ts";

/** What each treatment does. */
export const TREATMENT_TEXTS = {
  keep: "stays as it is",
  listed: "stays if it is on the closed list",
  drop: "becomes empty or 0",
  pseudonym: "becomes a random pseudonym, the same in the whole data set",
  prefix: "becomes a pseudonym that shares as many first bits with others as the original did (ipcrypt-pfx)",
  renumber: "becomes another number, the same in the whole data set",
  shift: "is moved by a random amount, the same for the whole data set",
  "shift-seconds": "is moved likewise and cut to whole seconds",
  rounded: "keeps its two highest bits; times become an age of a power of two before the event",
  family: "becomes one of a closed list of families",
} as const;

/** What can be done to a field. */
export type Treatment = keyof typeof TREATMENT_TEXTS;

/** What is done to each class. */
export type Policy = Readonly<Record<ClassName, Treatment>>;

/** A policy with its name. */
export interface NamedPolicy {
  /** `strict`, `research`, or what the file says. */
  readonly name: string;
  /** What is done. */
  readonly classes: Policy;
}

interface Choice {
  readonly strict: Treatment;
  readonly research: Treatment;
  /** What a custom policy may choose besides these two. */
  readonly others?: readonly Treatment[];
}

/** What each class may be treated with. What a stranger chose, and the node's own addresses, cannot be kept at all. */
export const CHOICES: Readonly<Record<ClassName, Choice>> = {
  inside: { strict: "keep", research: "keep" },
  plain: { strict: "keep", research: "keep" },
  word: { strict: "listed", research: "listed" },
  keys: { strict: "listed", research: "listed" },
  address: { strict: "pseudonym", research: "prefix", others: ["drop"] },
  port: { strict: "listed", research: "listed", others: ["drop"] },
  own: { strict: "drop", research: "drop" },
  "peer-id": { strict: "renumber", research: "renumber", others: ["drop"] },
  nonce: { strict: "drop", research: "pseudonym" },
  time: { strict: "shift-seconds", research: "shift", others: ["keep"] },
  age: { strict: "rounded", research: "shift", others: ["drop"] },
  agent: { strict: "family", research: "family", others: ["drop"] },
  services: { strict: "listed", research: "listed", others: ["drop"] },
  protocol: { strict: "listed", research: "listed", others: ["drop"] },
  height: { strict: "drop", research: "shift", others: ["keep"] },
  block: { strict: "pseudonym", research: "pseudonym", others: ["drop", "keep"] },
  "block-fact": { strict: "drop", research: "drop", others: ["keep"] },
  tx: { strict: "drop", research: "pseudonym" },
  amount: { strict: "rounded", research: "rounded", others: ["drop"] },
  load: { strict: "drop", research: "rounded" },
  delay: { strict: "rounded", research: "keep", others: ["drop"] },
  asn: { strict: "drop", research: "drop", others: ["keep"] },
  text: { strict: "drop", research: "drop" },
  payload: { strict: "drop", research: "drop" },
};

const NAMES = Object.keys(CHOICES) as ClassName[];

/** Names end up in what is published, and must not carry anything there. */
export const POLICY_NAME = /^[a-z][a-z-]{0,30}$/;

/** The policies that are there. */
export const POLICIES: Readonly<Record<"strict" | "research", Policy>> = {
  strict: policyOf("strict"),
  research: policyOf("research"),
};

function policyOf(name: "strict" | "research"): Policy {
  return Object.fromEntries(NAMES.map((of) => [of, CHOICES[of][name]])) as Record<ClassName, Treatment>;
}

/** What a custom policy may say of a class. */
export function allowedFor(of: ClassName): readonly Treatment[] {
  const { strict, research, others = [] } = CHOICES[of];
  return [...new Set([strict, research, ...others])];
}

/**
 * A policy by its name, or the one in a file.
 *
 * @throws {Error} With everything that is wrong with it, one line each.
 */
export function loadPolicy(word: string): NamedPolicy {
  if (word === "strict" || word === "research") return { name: word, classes: POLICIES[word] };
  let text: string;
  try {
    text = Deno.readTextFileSync(word);
  } catch (cause) {
    throw new Error(`Cannot read policy "${word}": it is neither strict nor research nor a file`, { cause });
  }
  return parsePolicy(text, word);
}

/**
 * A policy as JSON: `{ "name": "…", "base": "strict", "classes": { "block": "keep" } }`.
 *
 * @throws {Error} With everything that is wrong with it, one line each.
 */
export function parsePolicy(text: string, path = "policy"): NamedPolicy {
  const problems: string[] = [];
  const object = parseObject(text, problems);
  for (const key of Object.keys(object)) {
    if (!["name", "base", "classes"].includes(key)) {
      problems.push(`unknown key "${key}"${didYouMean(key, ["name", "base", "classes"])}`);
    }
  }
  const { name, base, classes } = object;
  if (typeof name !== "string" || !POLICY_NAME.test(name) || name in POLICIES) {
    problems.push('"name" is missing, or not 1 to 31 small letters and hyphens, or taken');
  }
  if (base !== "strict" && base !== "research") problems.push('"base" is neither "strict" nor "research"');
  const changes = isRecord(classes) ? changesOf(classes, problems) : {};
  if (!isRecord(classes)) problems.push('"classes" is no object');
  if (problems.length > 0) {
    throw new Error(problems.map((problem) => `Cannot use policy "${path}": ${problem}`).join("\n"));
  }
  return { name: name as string, classes: { ...POLICIES[base as "strict"], ...changes } };
}

function parseObject(text: string, problems: string[]): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
    problems.push("it is no JSON object");
  } catch (error) {
    problems.push(`it is no JSON: ${(error as Error).message}`);
  }
  return { name: "", base: "strict", classes: {} };
}

function changesOf(classes: Record<string, unknown>, problems: string[]): Partial<Policy> {
  const changes: Partial<Record<ClassName, Treatment>> = {};
  for (const [key, value] of Object.entries(classes)) {
    const of = NAMES.find((name) => name === key);
    const allowed = of === undefined ? [] : allowedFor(of);
    const treatment = allowed.find((word) => word === value);
    if (of === undefined) problems.push(`unknown class "${key}"${didYouMean(key, NAMES)}`);
    else if (treatment === undefined) {
      problems.push(`"${key}" can be ${allowed.join(" or ")}, not ${JSON.stringify(value)}`);
    } else changes[of] = treatment;
  }
  return changes;
}

/** What a policy gives away that its user may not expect, one line each. */
export function warningsOf({ classes }: NamedPolicy): string[] {
  const keepsChain = (["block", "block-fact", "height"] as const).filter((of) => classes[of] === "keep");
  return [
    ...classes.address === "prefix"
      ? [
        "Prefix-preserving pseudonyms can be reversed by whoever sends traffic from known addresses and finds " +
        "it again: hand such a data set to people you trust, do not publish it",
      ]
      : [],
    ...keepsChain.length > 0 && classes.time !== "keep"
      ? [`Blocks stay known (${keepsChain.join(", ")}): they tell how far times were shifted`]
      : [],
    ...classes.time === "keep" ? ["Times stay as they are: who probed the node finds the moment again"] : [],
  ];
}

/** The form of a custom policy, as JSON Schema. */
export function policySchema(): Record<string, unknown> {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    additionalProperties: false,
    required: ["name", "base", "classes"],
    properties: {
      name: { type: "string", pattern: POLICY_NAME.source },
      base: { enum: ["strict", "research"], description: "What holds for every class that is not named" },
      classes: {
        type: "object",
        additionalProperties: false,
        properties: Object.fromEntries(
          NAMES.map((of) => [of, { enum: allowedFor(of), description: CLASS_TEXTS[of] }]),
        ),
      },
    },
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
