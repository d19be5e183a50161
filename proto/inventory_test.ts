import { assertEquals } from "@std/assert";
import { decodeEvent, encodeEvent, peek } from "./event.ts";
import { all } from "./golden/all.ts";
import { message, sub } from "./golden/assemble.ts";
import type { InventoryItem, MessageEvent } from "./schema.ts";

const FIELD = {
  ...{
    transaction: 1,
    block: 2,
    wtx: 3,
    witnessTransaction: 4,
    witnessBlock: 5,
    compactBlock: 6,
    unknown: 7,
  },
  error: 15,
};

/** What a peek should see, by decoding everything. */
function expected(bytes: Uint8Array): number[] | undefined {
  const decoded = decodeEvent(bytes);
  if (!decoded.ok || decoded.event.kind !== "message" || decoded.event.value.msg?.case !== "inv") {
    return undefined;
  }
  const counts = new Array<number>(16).fill(0);
  for (const { item } of decoded.event.value.msg.value.items) {
    counts[item === undefined ? 0 : FIELD[item.case]]!++;
  }
  return counts;
}

function seen(bytes: Uint8Array) {
  const result = peek(bytes, { inventory: true });
  return result.ok ? result.inventory : result;
}

const HASH = new Uint8Array(32).fill(9);
const META = message(Uint8Array.of(8, 1), sub(2, new TextEncoder().encode("x:1")));

function event(...inventories: Uint8Array[]): Uint8Array {
  return sub(1, sub(1, message(sub(1, META), ...inventories)));
}

Deno.test("peek() sees the types of inv items as decodeEvent() does, in every golden event", () => {
  for (const { name, bytes } of all) assertEquals(seen(bytes), expected(bytes), name);
});

Deno.test("peek() sees items of every type, of the usual form and of others", () => {
  const plain = sub(1, sub(3, HASH));
  const cases: Record<string, Uint8Array> = {
    "one of the usual form": event(sub(4, plain)),
    "a short hash": event(sub(4, sub(1, sub(2, HASH.subarray(1))))),
    "a length written in two bytes": event(sub(4, message(Uint8Array.of(10, 0xa2, 0), sub(3, HASH)))),
    "two members, of which the last counts": event(sub(4, sub(1, message(sub(3, HASH), sub(6, HASH))))),
    "no member": event(sub(4, sub(1, new Uint8Array()))),
    "a member of a newer version, 34 bytes long": event(sub(4, sub(1, sub(9, HASH)))),
    "an unknown field between items": event(sub(4, message(plain, sub(2, HASH), plain))),
    "two inv, of which the last counts": event(sub(4, plain), sub(4, sub(1, sub(2, HASH)))),
    "another message behind the inv": event(sub(4, plain), sub(2, Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 0))),
    "an empty inv": event(sub(4, new Uint8Array())),
  };
  for (const [name, bytes] of Object.entries(cases)) {
    assertEquals(seen(bytes), expected(bytes), name);
    assertEquals(expected(bytes) === undefined, name.startsWith("another message"), name);
  }
  const items = Object.keys(FIELD).map((type) => ({
    item: {
      case: type,
      value: type === "unknown" ? { invType: 9, hash: HASH } : type === "error" ? true : HASH,
    },
  } as InventoryItem));
  const meta = { peerId: 1, addr: "x:1", connType: 1, command: "inv", inbound: true, size: 1 };
  const value: MessageEvent = { meta, msg: { case: "inv", value: { items } } };
  const bytes = encodeEvent({ timestamp: 1, kind: "message", value });
  assertEquals(seen(bytes), expected(bytes));
  assertEquals(expected(bytes)!.reduce((a, b) => a + b), 8);
});

Deno.test("peek() says what is wrong inside an inv, and still reads the metadata around it", () => {
  const cut = event(sub(4, Uint8Array.of(10, 34, 26, 33, ...HASH)));
  const result = peek(cut, { inventory: true });
  assertEquals(result.ok && [result.inventory, result.message?.addr], ["truncated", "x:1"]);
});
