import { assert, assertEquals } from "@std/assert";
import { largeMessages, recordedMessages } from "./bitcoin/_recorded.ts";
import { decodeMessage, encodeMessage, type Message } from "./bitcoin/mod.ts";
import { decodeEvent, encodeEvent, peek } from "./event.ts";
import { type MessageContent, toMessageEvent } from "./message_event.ts";
import type { Metadata } from "./schema.ts";

function meta(command: string, size: number): Metadata {
  return { peerId: 7, addr: "203.0.113.7:8333", connType: 1, command, inbound: true, size };
}

function contentOf(command: string, payload: Uint8Array): MessageContent | undefined {
  const result = toMessageEvent(meta(command, payload.length), payload);
  return result.ok ? result.event.msg : undefined;
}

Deno.test("every recorded message becomes an event that survives encoding, and what is refused becomes none", () => {
  let events = 0;
  for (const { command, payload } of [...recordedMessages(), ...largeMessages()]) {
    const result = toMessageEvent(meta(command, payload.length), payload);
    assertEquals(result.ok, decodeMessage(command, payload).ok, `${command} ${payload.toHex().slice(0, 80)}`);
    if (!result.ok) continue;
    const bytes = encodeEvent({ timestamp: 1, kind: "message", value: result.event });
    const decoded = decodeEvent(bytes);
    assert(decoded.ok);
    assertEquals(decoded.unknownFields, 0);
    // A list of 50,000 is compared by its encoding: comparing objects one by one takes a minute.
    if (payload.length < 20_000) assertEquals(decoded.event.value, result.event);
    else assertEquals(encodeEvent(decoded.event).toHex() === bytes.toHex(), true);
    const seen = peek(bytes);
    assertEquals(seen.ok && seen.message, meta(command, payload.length));
    events++;
  }
  assertEquals(events, 2282, "all but the five that are malformed or cut short");
});

Deno.test("a zero-length addrv2 and a ping without nonce have members of their own", () => {
  assertEquals(contentOf("addrv2", new Uint8Array(0)), { case: "emptyaddrv2", value: true });
  assertEquals(contentOf("ping", new Uint8Array(0)), { case: "oldping", value: true });
});

Deno.test("a type without a member of its own travels as its command and bytes", () => {
  const salted = Uint8Array.fromHex("000000000200000000000000");
  for (const [command, payload] of [["sendtxrcncl", salted], ["nonsense", Uint8Array.of(1, 2)]] as const) {
    assertEquals(contentOf(command, payload), { case: "unknown", value: { command, payload } });
  }
});

Deno.test("reject codes become the schema's own numbers, and an unknown code no event", () => {
  const reject = (code: number): Message => ({ type: "reject", rejected: "tx", code, reason: "dust" });
  for (
    const [code, reason] of [[0x01, 0], [0x10, 1], [0x11, 2], [0x12, 3], [0x40, 4], [0x41, 5], [0x42, 6], [
      0x43,
      7,
    ]]
  ) {
    const content = contentOf("reject", encodeMessage(reject(code!)));
    assertEquals(content?.case === "reject" && content.value.reason, reason);
  }
  assertEquals(toMessageEvent(meta("reject", 9), encodeMessage(reject(0x44))), {
    ok: false,
    reason: "unknown-reject-code",
    offset: 0,
  });
});

Deno.test("inventory types have their members, others keep their number", () => {
  const types = [0, 1, 2, 4, 5, 0x40000001, 0x40000002, 3, 99];
  const items = types.map((type) => ({ type, hash: new Uint8Array(32).fill(type) }));
  const content = contentOf("inv", encodeMessage({ type: "inv", items }));
  assert(content?.case === "inv");
  assertEquals(content.value.items.map(({ item }) => item?.case), [
    "error",
    "transaction",
    "block",
    "compactBlock",
    "wtx",
    "witnessTransaction",
    "witnessBlock",
    "unknown",
    "unknown",
  ]);
  assertEquals(content.value.items[8]!.item, {
    case: "unknown",
    value: { invType: 99, hash: items[8]!.hash },
  });
});

Deno.test("addresses keep their network, and those of a version message have time 0", () => {
  const to = (network: string, networkId: number, bytes: Uint8Array) =>
    ({ time: 5, services: 9n, address: { network, networkId, bytes }, port: 8333 }) as never;
  const addresses = [
    to("ipv4", 1, Uint8Array.of(203, 0, 113, 9)),
    to("torv3", 4, new Uint8Array(32)),
    to("unknown", 77, Uint8Array.of(1, 2, 3)),
  ];
  const content = contentOf("addrv2", encodeMessage({ type: "addrv2", addresses }));
  assert(content?.case === "addrv2");
  assertEquals(content.value.addresses.map(({ address }) => address), [
    { case: "ipv4", value: "203.0.113.9" },
    { case: "torv3", value: `${"a".repeat(52)}.onion` },
    { case: "unknown", value: { id: 77, address: Uint8Array.of(1, 2, 3) } },
  ]);
  assertEquals(content.value.addresses[0]!.timestamp, 5);
});

Deno.test("a version message that ends early reads with neutral values, and relay on as BIP37 says", () => {
  const receiver = {
    services: 1n,
    address: { network: "ipv4", networkId: 1, bytes: Uint8Array.of(1, 2, 3, 4) },
    port: 8333,
  };
  const short = encodeMessage(
    { type: "version", version: 106, services: 1n, timestamp: -5n, receiver } as never,
  );
  assertEquals(contentOf("version", short), {
    case: "version",
    value: {
      version: 106,
      services: 1n,
      timestamp: -5n,
      receiver: { timestamp: 0, address: { case: "ipv4", value: "1.2.3.4" }, services: 1n, port: 8333 },
      sender: { timestamp: 0, address: { case: "ipv6", value: "::" }, services: 0n, port: 0 },
      nonce: 0n,
      userAgent: "",
      startHeight: 0,
      relay: true,
    },
  });
});
