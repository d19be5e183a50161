import { assert, assertEquals } from "@std/assert";
import { chacha20, chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { FSChaCha20, FSChaCha20Poly1305, REKEY_INTERVAL } from "./ciphers.ts";

const KEY = Uint8Array.from({ length: 32 }, (_, i) => i * 7);
const MESSAGES = 3 * REKEY_INTERVAL + 5;

/** BIP324's definition, over an implementation that is not the runtime's. */
function* referenceSeal(key: Uint8Array): Generator<Uint8Array, never, [Uint8Array, Uint8Array]> {
  let [plaintext, aad] = yield new Uint8Array();
  for (let counter = 0;; counter++) {
    const sealed = chacha20poly1305(key, nonce(counter % REKEY_INTERVAL, counter), aad).encrypt(plaintext);
    if ((counter + 1) % REKEY_INTERVAL === 0) {
      const zeros = new Uint8Array(32);
      key = chacha20poly1305(key, nonce(0xffff_ffff, counter)).encrypt(zeros).slice(0, 32);
    }
    [plaintext, aad] = yield sealed;
  }
}

function nonce(first: number, counter: number): Uint8Array {
  const bytes = new Uint8Array(12);
  new DataView(bytes.buffer).setUint32(0, first, true);
  new DataView(bytes.buffer).setBigUint64(4, BigInt(Math.floor(counter / REKEY_INTERVAL)), true);
  return bytes;
}

Deno.test("FSChaCha20Poly1305 seals as BIP324 defines it, over three changes of the key", () => {
  const cipher = new FSChaCha20Poly1305(KEY);
  const reference = referenceSeal(KEY);
  reference.next();
  for (let i = 0; i < MESSAGES; i++) {
    const plaintext = new Uint8Array(i % 300).fill(i);
    const aad = new Uint8Array(i % 3 * 20).fill(i);
    const expected = reference.next([plaintext, aad]).value;
    assertEquals(cipher.seal(plaintext, aad).toHex(), expected.toHex(), `message ${i}`);
  }
});

Deno.test("FSChaCha20Poly1305 opens what another one sealed, over three changes of the key", () => {
  const [sealing, opening] = [new FSChaCha20Poly1305(KEY), new FSChaCha20Poly1305(KEY)];
  for (let i = 0; i < MESSAGES; i++) {
    const plaintext = new Uint8Array(i % 300).fill(i);
    assertEquals(opening.open(sealing.seal(plaintext))?.toHex(), plaintext.toHex(), `message ${i}`);
  }
});

Deno.test("FSChaCha20Poly1305 gives plain arrays, whose slices are copies", () => {
  const opened = new FSChaCha20Poly1305(KEY).open(new FSChaCha20Poly1305(KEY).seal(Uint8Array.of(1, 2)))!;
  assertEquals(opened.constructor, Uint8Array);
  opened.slice()[0] = 9;
  assertEquals(opened, Uint8Array.of(1, 2));
});

Deno.test("FSChaCha20Poly1305 does not open what was changed, cut, sealed with other data, or is out of order", () => {
  const aad = Uint8Array.of(1, 2, 3);
  const sealed = new FSChaCha20Poly1305(KEY).seal(new Uint8Array(40), aad);
  const open = (bytes: Uint8Array, data = aad) => new FSChaCha20Poly1305(KEY).open(bytes, data);
  for (let at = 0; at < sealed.length; at++) {
    const changed = sealed.slice();
    changed[at]! ^= 1;
    assertEquals(open(changed), undefined, `byte ${at} changed`);
    assertEquals(open(sealed.subarray(0, at)), undefined, `cut to ${at}`);
  }
  assertEquals(open(sealed, Uint8Array.of(1, 2)), undefined);
  assertEquals(open(sealed, new Uint8Array()), undefined);
  const second = new FSChaCha20Poly1305(KEY);
  assert(second.open(sealed, aad) !== undefined);
  assertEquals(second.open(sealed, aad), undefined);
});

Deno.test("FSChaCha20 encrypts as BIP324 defines it, over three changes of the key", () => {
  const cipher = new FSChaCha20(KEY);
  let key = KEY;
  for (let epoch = 0; epoch < 4; epoch++) {
    const stream = chacha20(key, nonce(0, epoch * REKEY_INTERVAL), new Uint8Array(REKEY_INTERVAL * 3 + 32));
    for (let i = 0; i < REKEY_INTERVAL; i++) {
      const expected = stream.slice(i * 3, i * 3 + 3);
      assertEquals(cipher.crypt(new Uint8Array(3)).toHex(), expected.toHex(), `${epoch}, ${i}`);
    }
    key = stream.slice(REKEY_INTERVAL * 3);
  }
});
