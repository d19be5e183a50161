import { assert, assertEquals, assertRejects } from "@std/assert";
import { nkeys } from "nats";
import { keyPair, keyText, newSeed, parseKey, verify } from "./keys.ts";

const bytes = new TextEncoder().encode("waggle");

Deno.test("keys are NATS nkeys: a seed of ours is theirs, and theirs is ours", async () => {
  const ours = await keyPair(newSeed("operator"));
  const theirs = nkeys.createUser();
  const seed = new TextDecoder().decode(theirs.getSeed());
  const same = await keyPair(seed);
  assertEquals(keyText("operator", same.publicKey), theirs.getPublicKey());
  assert(theirs.verify(bytes, await same.sign(bytes)));
  assert(nkeys.fromPublic(keyText("operator", ours.publicKey)).verify(bytes, await ours.sign(bytes)));
  const hub = await keyPair(newSeed("hub"));
  assertEquals(nkeys.fromPublic(keyText("hub", hub.publicKey)).getPublicKey()[0], "N");
});

Deno.test("verify() is true for the signer, the bytes and the signature, and for nothing else", async () => {
  const pair = await keyPair(newSeed("operator"));
  const other = await keyPair(newSeed("operator"));
  const signature = await pair.sign(bytes);
  assertEquals(await verify(pair.publicKey, signature, bytes), true);
  assertEquals(await verify(other.publicKey, signature, bytes), false);
  assertEquals(await verify(pair.publicKey, signature, bytes.slice(1)), false);
  assertEquals(await verify(pair.publicKey, signature.slice(1), bytes), false);
  assertEquals(await verify(pair.publicKey.slice(1), signature, bytes), false);
  assertEquals(await verify(new Uint8Array(32).fill(0xff), signature, bytes), false);
});

Deno.test("parseKey() knows roles, and sees each wrong letter", async () => {
  const { publicKey } = await keyPair(newSeed("hub"));
  const text = keyText("hub", publicKey);
  assertEquals(parseKey("hub", text), publicKey);
  assertEquals(parseKey("operator", text), undefined);
  for (let at = 0; at < text.length; at++) {
    const wrong = text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
    assertEquals(parseKey("hub", wrong), undefined, wrong);
  }
  for (const wrong of ["", "N", text.toLowerCase(), text + "A", text.slice(1), "A".repeat(1000)]) {
    assertEquals(parseKey("hub", wrong), undefined);
  }
});

Deno.test("keyPair() says what is wrong with a secret, and not the secret", async () => {
  const seed = newSeed("hub");
  for (const wrong of [seed.slice(0, -1), seed.slice(0, 9) + "A" + seed.slice(10, -1) + "A", "x"]) {
    const error = await assertRejects(() => keyPair(wrong), SyntaxError);
    assert(!error.message.includes(wrong.slice(0, 8)) || wrong === "x");
  }
  await assertRejects(
    () => keyPair(new TextDecoder().decode(nkeys.createAccount().getSeed())),
    SyntaxError,
    "neither an operator's, nor a hub's, nor a randomness service's",
  );
});
