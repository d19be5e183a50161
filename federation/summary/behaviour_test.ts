import { assertEquals } from "@std/assert";
import { Behaviour, Command } from "../../proto/federation/schema.ts";
import { AddressAllowance, behavioursOf, ConnectionActs, LIMITS, RATE_LIMIT } from "./behaviour.ts";

function acts(does: (acts: ConnectionActs) => void): number[] {
  const of = new ConnectionActs();
  does(of);
  return behavioursOf(of);
}

function times(count: number, what: () => void): void {
  for (let i = 0; i < count; i++) what();
}

Deno.test("a connection that does what all do shows nothing", () => {
  assertEquals(
    acts((of) => {
      times(5, () => of.receive(Command.PING));
      times(20, () => of.receive(Command.ADDRV2));
      times(200, () => of.receive(Command.INV));
      times(200, () => of.send(Command.INV));
      times(50, () => of.send(Command.GETDATA));
      times(50, () => of.receive(Command.TX));
    }),
    [],
  );
});

Deno.test("more pings than the limit are ping spam", () => {
  assertEquals(acts((of) => times(LIMITS.pings, () => of.receive(Command.PING))), []);
  assertEquals(acts((of) => times(LIMITS.pings + 1, () => of.receive(Command.PING))), [Behaviour.PING_SPAM]);
});

Deno.test("more messages with addresses than the limit are addr spam, both forms together", () => {
  const half = LIMITS.addressMessages / 2;
  const spam = (more: number) =>
    acts((of) => {
      times(half, () => of.receive(Command.ADDR));
      times(half + more, () => of.receive(Command.ADDRV2));
    });
  assertEquals(spam(0), []);
  assertEquals(spam(1), [Behaviour.ADDR_SPAM]);
});

Deno.test("more addresses beyond the rate limit than the limit are spam of entries", () => {
  assertEquals(acts((of) => of.addressesLimited = LIMITS.addressesLimited), []);
  assertEquals(acts((of) => of.addressesLimited = LIMITS.addressesLimited + 1), [
    Behaviour.ADDR_ENTRIES_SPAM,
  ]);
});

Deno.test("who is told and says nothing only listens; a question or an announcement clears him", () => {
  const listens = (extra?: number) =>
    acts((of) => {
      times(LIMITS.announcedTo, () => of.send(Command.INV));
      times(5, () => of.receive(Command.PING));
      of.receive(Command.FEEFILTER);
      if (extra !== undefined) of.receive(extra);
    });
  assertEquals(listens(), [Behaviour.INV_ONLY]);
  for (const command of [Command.INV, Command.GETDATA, Command.TX, Command.HEADERS, Command.FILTERLOAD]) {
    assertEquals(listens(command), [], String(command));
  }
  assertEquals(acts((of) => times(LIMITS.announcedTo - 1, () => of.send(Command.INV))), []);
});

Deno.test("who announces and never answers is found; one answer clears him, a refusal is one", () => {
  const silent = (answer?: number) =>
    acts((of) => {
      times(LIMITS.unanswered, () => of.receive(Command.INV));
      times(LIMITS.unanswered, () => of.send(Command.GETDATA));
      if (answer !== undefined) of.receive(answer);
    });
  assertEquals(silent(), [Behaviour.INV_ONLY]);
  for (const command of [Command.TX, Command.BLOCK, Command.NOTFOUND]) assertEquals(silent(command), []);
});

Deno.test("the allowance is Core's: one to start with, a tenth in a second, a thousand at most", () => {
  const allowance = new AddressAllowance(0);
  assertEquals(allowance.take(3, 0), 2);
  assertEquals(allowance.take(3, 20_000), 1);
  assertEquals(allowance.take(2000, 1e9), 1000);
});

Deno.test("the allowance grows by a thousand when the node asks, beyond the most that time gives", () => {
  const allowance = new AddressAllowance(0);
  allowance.ask();
  assertEquals(allowance.take(1001, 0), 0);
  const rich = new AddressAllowance(0);
  assertEquals(rich.take(0, 1e9), 0);
  rich.ask();
  assertEquals(rich.take(2 * RATE_LIMIT.most, 1e9), 0);
});

Deno.test("the allowance does not fail on clocks that go back", () => {
  const allowance = new AddressAllowance(1000);
  assertEquals(allowance.take(1, 0), 0);
  assertEquals(allowance.take(1, 500), 1);
});
