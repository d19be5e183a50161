/**
 * Who is a member of a hub, for somebody else to know it again: hashes of keys, so that the list names nobody.
 *
 * @module
 */

import { keyText, parseKey } from "./keys.ts";

/** The operators of a hub. */
export interface MemberList {
  /** The hub's key. */
  readonly hubKey: Uint8Array;
  /** Each operator with the hashes of its keys, in hex; two of them for a while after a rotation. */
  readonly operators: readonly (readonly string[])[];
}

const HASH = /^[0-9a-f]{64}$/;
/** A hub has no more sessions than that. */
const MOST_OPERATORS = 100_000;

/** What is kept of a key: enough to know it again, too little to name it. */
export async function memberHash(hubKey: Uint8Array, key: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const text = new TextEncoder().encode("waggle member 1");
  const bytes = new Uint8Array([...text, ...hubKey, ...key]);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** The text form: the hub in the first line, one operator in each other. */
export function memberListText({ hubKey, operators }: MemberList): string {
  return [`hub ${keyText("hub", hubKey)}`, ...operators.map((hashes) => hashes.join(" ")), ""].join("\n");
}

/**
 * The list in a text.
 *
 * @throws {SyntaxError} If it is none; says in which line.
 */
export function parseMemberList(text: string): MemberList {
  const [first = "", ...lines] = text.split(/\r?\n/);
  const hubKey = parseKey("hub", first.replace(/^hub /, "").trim());
  if (hubKey === undefined) throw new SyntaxError("line 1: expected the hub's key, hub N…");
  if (lines.length > MOST_OPERATORS) throw new SyntaxError(`more than ${MOST_OPERATORS} lines`);
  const operators = lines.map((line) => line.split(" ").filter((word) => word !== ""));
  const wrong = operators.findIndex((hashes) => !hashes.every((hash) => HASH.test(hash)));
  if (wrong >= 0) throw new SyntaxError(`line ${wrong + 2}: expected hashes of 64 hexadecimal digits`);
  return { hubKey, operators: operators.filter(({ length }) => length > 0) };
}
