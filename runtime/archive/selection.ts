/**
 * Which events are recorded, replayed or exported: the same options for all three.
 *
 * @module
 */

import type { Peek } from "../../proto/event.ts";
import { type Group, GROUPS } from "../../proto/groups.ts";
import type { Kind } from "../../proto/subjects.ts";
import { didYouMean } from "../nearest.ts";
import { list, type Option, type OptionTable, type Values } from "../options.ts";

/** Parts of groups, as the Rust archiver has them. */
const PARTS: Readonly<Record<string, (seen: Peek) => boolean>> = {
  "addr-relay": ({ message }) => /^(getaddr|addr|addrv2)$/.test(message?.command ?? ""),
  "connections-with-handshakes": ({ kind, message }) =>
    kind === "connection" || message?.command === "version",
};

const NAMES = [...Object.keys(GROUPS), ...Object.keys(PARTS)];

/** The options; what each says must hold. */
export const SELECTION = {
  only: list(
    `Groups of events, which add up: ${NAMES.join(", ")} (default: all)`,
    [],
    {
      placeholder: "GROUP,…",
      check(name) {
        if (NAMES.includes(name)) return;
        throw new SyntaxError(`unknown group "${name}"${didYouMean(name, NAMES)}`);
      },
    },
  ),
  since: time("Only events seen at this time or later, such as 2026-06-01 or 2026-06-01T14:30:00Z, in UTC"),
  until: time("Only events seen before this time"),
} satisfies OptionTable;

/** Values of the options. */
export type Selection = Values<typeof SELECTION>;

/** What is wrong with the options of a component together. */
export function checkSelection(name: string, { since, until }: Selection): string[] {
  return since !== undefined && until !== undefined && since >= until
    ? [`${name}: no event can pass, since --${name}.since is not before --${name}.until`]
    : [];
}

/** A test for events, or `undefined` when all pass. */
export function makeSelection({ only, since, until }: Selection): ((seen: Peek) => boolean) | undefined {
  if (only.length === 0 && since === undefined && until === undefined) return undefined;
  const kinds = new Set<Kind | "none">(only.flatMap((name) => GROUPS[name as Group] ?? []));
  const parts = only.flatMap((name) => PARTS[name] ?? []);
  const first = since ?? -Infinity;
  const end = until ?? Infinity;
  const isWanted = (seen: Peek) =>
    only.length === 0 || kinds.has(seen.kind) || parts.some((holds) => holds(seen));
  return (seen) => seen.timestamp >= first && seen.timestamp < end && isWanted(seen);
}

const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** A point in time, as unix milliseconds. */
function time(help: string): Option<number | undefined> {
  return {
    help,
    default: undefined,
    placeholder: "TIME",
    parse(text) {
      const hasZone = !text.includes("T") || /(Z|[+-]\d\d:\d\d)$/.test(text);
      const parsed = TIME.test(text) ? Date.parse(hasZone ? text : `${text}Z`) : NaN;
      if (Number.isNaN(parsed)) {
        throw new SyntaxError("expected a date such as 2026-06-01, or a time such as 2026-06-01T14:30:00Z");
      }
      return parsed;
    },
  };
}
