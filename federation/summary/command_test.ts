import { assertEquals } from "@std/assert";
import { Command } from "../../proto/federation/schema.ts";
import { commandOf, shareOf } from "./command.ts";

Deno.test("commandOf() knows the commands of the list, also those that a tracepoint cuts", () => {
  assertEquals(commandOf("ping"), Command.PING);
  assertEquals(commandOf("getcfheaders"), Command.GETCFHEADERS);
  assertEquals(commandOf("getcfheader"), Command.GETCFHEADERS);
  assertEquals(commandOf("getcfcheckp"), Command.GETCFCHECKPT);
});

Deno.test("commandOf() has one number for all others", () => {
  for (const command of ["", "evil", "PING", "other_command", "constructor", "toString", "__proto__"]) {
    assertEquals(commandOf(command), Command.OTHER_COMMAND, command);
  }
});

Deno.test("shareOf() gives the least of what is hardly ever sent", () => {
  assertEquals(shareOf(Command.OTHER_COMMAND).messages, 1);
  assertEquals(shareOf(Command.MEMPOOL).messages, 1);
  assertEquals(shareOf(Command.INV).messages > shareOf(Command.PING).messages, true);
});
