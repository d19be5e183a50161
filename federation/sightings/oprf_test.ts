import { assertEquals, assertThrows } from "@std/assert";
import rfc9497 from "./fixtures/rfc9497.json" with { type: "json" };
import { blind, evaluate, finish, inputOf, newOprfKey, outputOf } from "./oprf.ts";

const hex = (text: string) => Uint8Array.fromHex(text);
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** Random bytes from which the library makes this scalar: it takes them modulo one less than the order, and adds 1. */
function scalarSource(text: string) {
  const scalar = BigInt(`0x${hex(text).toReversed().toHex()}`);
  const wanted = (scalar + ORDER - 1n) % ORDER;
  return (length = 48) => Uint8Array.fromHex(wanted.toString(16).padStart(2 * length, "0")).toReversed();
}

const key = { secretKey: hex(rfc9497.secretKey), publicKey: hex(rfc9497.publicKey) };

for (const [number, vector] of rfc9497.vectors.entries()) {
  Deno.test(`oprf: RFC 9497, VOPRF mode, vector ${number + 1}`, () => {
    const asked = vector.inputs.map((input, i) => blind(hex(input), scalarSource(vector.blinds[i]!)));
    assertEquals(asked.map(({ blinded }) => blinded.toHex()), vector.blinded);
    const answer = evaluate(key, asked.map(({ blinded }) => blinded), scalarSource(vector.proofRandomScalar));
    assertEquals(answer.evaluated.map((each) => each.toHex()), vector.evaluated);
    assertEquals(answer.proof.toHex(), vector.proof);
    const outputs = finish(asked, answer, key.publicKey);
    assertEquals(outputs.map((each) => each.toHex()), vector.outputs);
    assertEquals(vector.inputs.map((input) => outputOf(key.secretKey, hex(input)).toHex()), vector.outputs);
  });
}

Deno.test("oprf: an answer made with another key than the announced one is refused, and so is a changed one", () => {
  const [announced, other] = [newOprfKey(), newOprfKey()];
  const asked = [1, 2, 3].map((epoch) => blind(inputOf(epoch, Uint8Array.of(7))));
  const blinded = asked.map(({ blinded }) => blinded);
  assertThrows(() => finish(asked, evaluate(other, blinded), announced.publicKey), Error, "proof");
  const right = evaluate(announced, blinded);
  const swapped = { ...right, evaluated: [right.evaluated[1]!, right.evaluated[0]!, right.evaluated[2]!] };
  assertThrows(() => finish(asked, swapped, announced.publicKey), Error, "proof");
  assertThrows(() => finish(asked, { ...right, evaluated: right.evaluated.slice(1) }, announced.publicKey));
  assertEquals(finish(asked, right, announced.publicKey).length, 3);
});

Deno.test("oprf: what is no element of the group, or its identity, is refused", () => {
  for (const bytes of [new Uint8Array(32), new Uint8Array(32).fill(0xff), new Uint8Array(31)]) {
    assertThrows(() => evaluate(newOprfKey(), [bytes]));
  }
});

Deno.test("oprf: the same input has the same output whoever asks, and another in another epoch", () => {
  const key = newOprfKey();
  const ask = (epoch: number) => {
    const asked = blind(inputOf(epoch, Uint8Array.of(1, 2)));
    return finish([asked], evaluate(key, [asked.blinded]), key.publicKey)[0]!.toHex();
  };
  assertEquals(ask(1), ask(1));
  assertEquals(ask(1) === ask(2), false);
});
