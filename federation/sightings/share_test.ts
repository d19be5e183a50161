import { assert, assertEquals, assertThrows } from "@std/assert";
import { Behaviour } from "../../proto/federation/schema.ts";
import { parseIp } from "../../proto/subnet.ts";
import golden from "./fixtures/shares.json" with { type: "json" };
import { blind, evaluate, finish, inputOf, newOprfKey } from "./oprf.ts";
import { BYTES, open, type Opened, seal, type Sealed } from "./share.ts";
import { decodeSighting, encodeSighting, networkOf, networkText } from "./sighting.ts";

const key = newOprfKey();
const content = encodeSighting({ network: Uint8Array.of(203, 0, 113, 7), behaviour: Behaviour.PING_SPAM });

/** What an operator makes of a sighting, with the real function in between. */
function report(what: Uint8Array, { k = 3, epoch = 2970 } = {}): Sealed {
  const asked = blind(inputOf(epoch, what));
  const [output] = finish([asked], evaluate(key, [asked.blinded]), key.publicKey);
  return seal(output!, what, { k });
}

const reports = (count: number, k = 3) => Array.from({ length: count }, () => report(content, { k }));

function opened(group: readonly Sealed[], k = 3): Opened {
  const result = open(group, k);
  assert(result !== undefined && result !== "forged");
  return result;
}

Deno.test("share: k operators who saw the same open the box, k - 1 do not", () => {
  for (const k of [2, 3, 5]) {
    const all = reports(k + 2, k);
    assertEquals(new Set(all.map(({ tag }) => tag.toHex())).size, 1);
    assertEquals(new Set(all.map(({ box }) => box.toHex())).size, 1);
    assertEquals(new Set(all.map(({ commitments }) => commitments.toHex())).size, 1);
    assertEquals(open(all.slice(0, k - 1), k), undefined);
    const { content: found, good, bad } = opened(all, k);
    assertEquals(decodeSighting(found), {
      network: Uint8Array.of(203, 0, 113, 7),
      behaviour: Behaviour.PING_SPAM,
    });
    assertEquals([good.length, bad.length], [k + 2, 0]);
  }
});

Deno.test("share: what was seen elsewhere, in another epoch, or for another k, has nothing in common", () => {
  const other = encodeSighting({ network: Uint8Array.of(203, 0, 113, 8), behaviour: Behaviour.PING_SPAM });
  const all = [report(content), report(other), report(content, { epoch: 2971 }), report(content, { k: 4 })];
  for (const part of ["tag", "box", "commitments"] as const) {
    assertEquals(new Set(all.map((each) => each[part].toHex().slice(0, 64))).size, 4, part);
  }
});

Deno.test("share: liars are found, and cannot keep the box shut, however many they are", () => {
  const honest = reports(3);
  const lie = (from: Sealed, change: (share: Uint8Array) => void): Sealed => {
    const share = from.share.slice();
    change(share);
    return { ...from, share };
  };
  const liars = [
    lie(honest[0]!, (share) => share[40]! ^= 1),
    lie(honest[1]!, (share) => share.fill(0)),
    lie(honest[1]!, (share) => share.fill(0xff)),
    lie(honest[1]!, (share) => share.fill(0, 32)),
    ...reports(20).map((from) => lie(from, (share) => crypto.getRandomValues(share.subarray(33, 60)))),
    // The share of somebody else counts once.
    honest[2]!,
  ];
  const { content: found, good, bad } = opened([...liars, ...honest]);
  assertEquals(found, content);
  // Of two with the same share the first counts; which of them is honest nobody knows, and it is one voice.
  assertEquals(good.length, 3);
  assertEquals(bad.length, liars.length);
  assertEquals(open([...liars, ...honest.slice(0, 1)], 3), undefined);
});

Deno.test("share: commitments to another polynomial than the right one are a forgery", () => {
  const own = crypto.getRandomValues(new Uint8Array(64));
  const forged = [1, 2, 3].map(() => seal(own, content, { k: 3 }));
  const box = crypto.getRandomValues(new Uint8Array(BYTES.box));
  assertEquals(open(forged.map((each) => ({ ...each, box })), 3), "forged");
  const tag = crypto.getRandomValues(new Uint8Array(BYTES.tag));
  assertEquals(open(forged.map((each) => ({ ...each, tag })), 3), "forged");
  assertEquals(open(reports(3).map((each) => ({ ...each, commitments: new Uint8Array(96) })), 4), undefined);
});

Deno.test("share: golden vectors of our own construction", () => {
  for (const { output, content, k, random, sealed } of golden.vectors) {
    const made = seal(Uint8Array.fromHex(output), Uint8Array.fromHex(content), {
      k,
      random: Uint8Array.fromHex(random),
    });
    assertEquals(
      Object.fromEntries(Object.entries(made).map(([name, bytes]) => [name, bytes.toHex()])),
      sealed,
    );
  }
  const group = golden.vectors.map(({ sealed }) => sealed).map(({ tag, share, commitments, box }) => {
    const bytes = (text: string) => Uint8Array.fromHex(text);
    return { tag: bytes(tag), share: bytes(share), commitments: bytes(commitments), box: bytes(box) };
  });
  assertEquals(opened(group.slice(0, 2), 2).content.toHex(), golden.vectors[0]!.content);
});

Deno.test("share: less than 2 and more than 32 operators cannot be asked for", () => {
  for (const k of [0, 1, 33, NaN]) assertThrows(() => seal(new Uint8Array(64), content, { k }), RangeError);
});

Deno.test("sighting: addresses as they are reported, and nothing that may not be", () => {
  const text = (address: string) => networkText(networkOf(parseIp(address)!));
  assertEquals(text("203.0.113.7"), "203.0.113.7");
  assertEquals(text("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  assertEquals(text("::ffff:203.0.113.7"), "203.0.113.7");
  const ofV6 = { network: networkOf(parseIp("2001:db8::1")!), behaviour: Behaviour.MISBEHAVING };
  assertEquals(decodeSighting(encodeSighting(ofV6)), ofV6);
  const with_ = (at: number, value: number) => content.with(at, value);
  for (
    const bytes of [
      with_(0, 0),
      with_(0, Behaviour.SHORT_LIVED),
      with_(0, Behaviour.EVICTED),
      with_(0, 200),
      with_(1, 5),
      with_(9, 1),
      content.slice(1),
      new Uint8Array(),
    ]
  ) {
    assertEquals(decodeSighting(bytes), undefined);
  }
});
