import { fail } from "@std/assert";
import { parseJson } from "./json.ts";

/** The nodes whose answers were recorded. */
export type RecordedNode = "core31" | "knots29";

/** A recorded answer: regtest nodes with a few peers and made-up addresses. */
export function recorded(node: RecordedNode, method: string): unknown {
  return parseJson(Deno.readTextFileSync(new URL(`./fixtures/${node}/${method}.json`, import.meta.url)));
}

/** A note that must not be taken: everything is of the expected type. */
export function noNotes(path: string): never {
  fail(`"${path}" was noted`);
}
