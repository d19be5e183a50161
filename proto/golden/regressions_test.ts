/** What the golden entries found wrong in the codec once; each of these failed before it was mended. */

import { assert, assertEquals, assertLess } from "@std/assert";
import { runInNewContext } from "node:vm";
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { decodeEvent, peek } from "../event.ts";
import type { Log, Rpc } from "../schema.ts";
import { base128, message, sub, tag, text, varint } from "./assemble.ts";
import { type Attack, build, SIZE } from "./attacks.ts";
import { envelope } from "./golden.ts";

function read(kind: "log", payload: Uint8Array): Log;
function read(kind: "rpc", payload: Uint8Array): Rpc;
function read(kind: "log" | "rpc", payload: Uint8Array) {
  const decoded = decodeEvent(envelope(kind, payload));
  assert(decoded.ok);
  assertEquals(decoded.unknownFields, 0);
  return decoded.event.value as unknown;
}

function readRpc(field: Uint8Array): Rpc["rpcEvent"] {
  return read("rpc", field).rpcEvent;
}

Deno.test("a byte order mark in a text stays", () => {
  for (const expected of ["\u{feff}", "\u{feff}a", `\u{feff}${"a".repeat(60)}`, "a\u{feff}b"]) {
    const event = read("log", message(sub(4, text(1, expected)), varint(7, 0)));
    assertEquals(event.logEvent, { case: "unknownLogMessage", value: { rawMessage: expected } });
  }
});

Deno.test("a peer's bytes per message are read without key or value and in reverse order", () => {
  const peers = readRpc(
    sub(
      1,
      sub(
        1,
        sub(34, text(1, "no value")),
        sub(34, varint(2, 4294967296)),
        sub(35, varint(2, 5), text(1, "reversed")),
        sub(35),
      ),
    ),
  );
  assert(peers?.case === "peerInfos");
  assertEquals(peers.value.infos[0]?.bytesSentPerMessage, new Map([["no value", 0], ["", 4294967296]]));
  assertEquals(peers.value.infos[0]?.bytesReceivedPerMessage, new Map([["reversed", 5], ["", 0]]));
});

for (const length of [2 ** 32 + 2, 2n ** 63n]) {
  Deno.test(`a length of ${length} is refused as truncated at 1`, () => {
    const data = message(tag(2, 2), base128(length), varint(3, 1));
    assertEquals(decodeEvent(data), { ok: false, reason: "truncated", offset: 1 });
    assertEquals(peek(data), { ok: false, reason: "truncated", offset: 1 });
  });
}

// attacks.ts
const MESSAGE = [1, 1];
const RPC = 2;
const PEER = [RPC, 1, 1];
const attacks: Attack[] = [
  {
    name: "entries of an addrv2 with large services",
    path: [...MESSAGE, 9],
    element: sub(1, varint(9, 2n ** 63n)),
  },
  { name: "packed indexes of a getblocktxn", path: [...MESSAGE, 19, 2], element: base128(1) },
  { name: "packed flags of a merkleblock", path: [...MESSAGE, 30, 3], element: base128(1) },
  { name: "packed heights of a peer", path: [...PEER, 28], element: base128(1) },
  { name: "permissions of 20 letters of a peer", path: PEER, element: text(32, "a".repeat(20)) },
  { name: "permissions of 40 letters of a peer", path: PEER, element: text(32, "a".repeat(40)) },
  { name: "packed origins of an orphan", path: [RPC, 10, 1, 6], element: base128(1) },
  {
    name: "empty buckets of a getrawaddrman answer",
    path: [RPC, 11],
    element: sub(1, varint(1, 2 ** 20)),
    keyAt: 3,
  },
];

const ALLOWED = 16 * 1024 * 1024 + 4 * SIZE;
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

for (const attack of attacks) {
  Deno.test(`5 MB of ${attack.name} are refused as too many, or read without taking much more memory`, () => {
    const data = build(attack);
    collectGarbage();
    const before = getHeapStatistics().used_heap_size;
    const answer = decodeEvent(data);
    collectGarbage();
    assertLess(getHeapStatistics().used_heap_size - before, ALLOWED);
    if (!answer.ok) assertEquals(answer.reason, "too-many");
  });
}

for (const attack of attacks) {
  Deno.test(`a process with little memory survives 5 MB of ${attack.name}`, async () => {
    const code = `
      import { build } from ${JSON.stringify(new URL("./attacks.ts", import.meta.url).href)};
      import { decodeEvent } from ${JSON.stringify(new URL("../event.ts", import.meta.url).href)};
      const attack = ${JSON.stringify({ ...attack, element: [...attack.element] })};
      decodeEvent(build({ ...attack, element: Uint8Array.from(attack.element) }));`;
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--v8-flags=--max-old-space-size=52,--max-semi-space-size=1", code],
      stderr: "null",
    }).output();
    assert(success);
  });
}
