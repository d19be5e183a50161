import { assertEquals, assertThrows } from "@std/assert";
import { KNOWN_COMMANDS } from "../mod.ts";
import { decodeContents, encodeContents } from "./message_types.ts";

const PAYLOAD = Uint8Array.of(1, 2, 3);

function long(command: string, payload = PAYLOAD): Uint8Array {
  return Uint8Array.of(0, ...new TextEncoder().encode(command.padEnd(12, "\0")), ...payload);
}

Deno.test("encodeContents() and decodeContents() carry every command, 28 of them with one byte", () => {
  const short = [...KNOWN_COMMANDS].filter((command) => {
    const contents = encodeContents(command, PAYLOAD);
    assertEquals(decodeContents(contents), { command, payload: PAYLOAD });
    return contents.length === 1 + PAYLOAD.length;
  });
  assertEquals(short.length, 28);
});

Deno.test("decodeContents() reads a type of thirteen bytes for what has one of one byte", () => {
  for (const command of KNOWN_COMMANDS) {
    assertEquals(decodeContents(long(command)), { command, payload: PAYLOAD });
  }
});

Deno.test("decodeContents() knows the ids that Core 31 knows, and feature of BIP434", () => {
  const known = Array.from({ length: 255 }, (_, i) => i + 1)
    .filter((id) => decodeContents(Uint8Array.of(id)) !== undefined);
  assertEquals(known, [...Array.from({ length: 28 }, (_, i) => i + 1), 37]);
  assertEquals(decodeContents(Uint8Array.of(14))?.command, "inv");
  assertEquals(decodeContents(Uint8Array.of(28))?.command, "addrv2");
  assertEquals(decodeContents(Uint8Array.of(37))?.command, "feature");
});

Deno.test("decodeContents() takes a type of twelve letters", () => {
  assertEquals(decodeContents(long("getcfcheckpt"))?.command, "getcfcheckpt");
});

Deno.test("decodeContents() finds no message where there is none", () => {
  for (
    const contents of [
      new Uint8Array(),
      new Uint8Array(12), // too short for a type
      long("ver\0ack"), // something behind the first zero
      long("\x1b[2J"),
      long("caf\u00e9"),
    ]
  ) assertEquals(decodeContents(contents), undefined, contents.toHex());
});

Deno.test("encodeContents() refuses what is not a command", () => {
  for (const command of ["", "thirteenchars", "tab\t", "caf\u00e9"]) {
    assertThrows(() => encodeContents(command, PAYLOAD), RangeError, `Cannot encode command "${command}"`);
  }
});
