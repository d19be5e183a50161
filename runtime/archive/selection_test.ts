import { assertEquals, assertThrows } from "@std/assert";
import type { Peek } from "../../proto/event.ts";
import { KINDS } from "../../proto/subjects.ts";
import { checkSelection, makeSelection, SELECTION } from "./selection.ts";

const seen = (kind: Peek["kind"], timestamp = 0): Peek => ({
  ok: true,
  timestamp,
  kind,
  subject: "",
  message: undefined,
});

Deno.test("a selection of nothing in particular lets everything pass without a look", () => {
  assertEquals(makeSelection({ only: [], since: undefined, until: undefined }), undefined);
});

Deno.test("a selection by time lets every kind pass, also those of a newer writer", () => {
  const isSelected = makeSelection({ only: [], since: 10, until: 20 })!;
  for (const kind of [...KINDS, "none"] as const) {
    assertEquals([9, 10, 19, 20].map((time) => isSelected(seen(kind, time))), [false, true, true, false]);
  }
  const isRpc = makeSelection({ only: ["rpc"], since: undefined, until: undefined })!;
  assertEquals([isRpc(seen("rpc")), isRpc(seen("none")), isRpc(seen("message"))], [true, false, false]);
});

Deno.test("times are dates or times, in UTC unless they say otherwise", () => {
  const { parse } = SELECTION.since;
  const same = ["2026-06-01", "2026-06-01T00:00", "2026-06-01T00:00:00.000Z", "2026-06-01T02:00+02:00"];
  for (const text of same) assertEquals(parse(text), Date.UTC(2026, 5, 1), text);
  for (const text of ["yesterday", "2026", "2026-13-01", "1780140481", "2026-06-01 00:00", ""]) {
    assertThrows(() => parse(text), SyntaxError, "expected a date");
  }
});

Deno.test("groups are checked by name, and times against each other", () => {
  assertThrows(() => SELECTION.only.parse("mesages"), SyntaxError, "did you mean messages?");
  assertEquals(SELECTION.only.parse("addr-relay, rpc"), ["addr-relay", "rpc"]);
  assertEquals(checkSelection("replay", { only: [], since: 5, until: 5 }), [
    "replay: no event can pass, since --replay.since is not before --replay.until",
  ]);
  assertEquals(checkSelection("replay", { only: [], since: 5, until: undefined }), []);
});
