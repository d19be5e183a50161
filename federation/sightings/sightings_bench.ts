/** What the addresses of an operator and epoch cost each of the three, beside the pseudonyms that anybody with the key can turn back. */

import { assert, assertEquals } from "@std/assert";
import { createHmac } from "node:crypto";
import { openEpoch } from "../hub/sighting_opener.ts";
import { openSqlite } from "../hub/store/sqlite.ts";
import { PER_PART } from "./part.ts";
import { blind, evaluate, finish, inputOf, newOprfKey } from "./oprf.ts";
import { seal } from "./share.ts";
import { encodeSighting } from "./sighting.ts";

const COUNT = 256;
const K = 3;
const EPOCH = 2976;
const key = newOprfKey();

const contents = Array.from({ length: COUNT }, (_, i) => {
  return encodeSighting({ network: Uint8Array.of(20, 0, i >> 8, i & 255), behaviour: 1 });
});
const inputs = contents.map((content) => inputOf(EPOCH, content));
const asked = inputs.map((input) => blind(input));
const blinded = asked.map((each) => each.blinded);
const answer = evaluate(key, blinded);
const sealAll = () =>
  finish(asked, answer, key.publicKey).map((output, i) => seal(output, contents[i]!, { k: K }));
const group = `${COUNT} addresses`;

Deno.bench("HMAC-SHA-256 with a key that all operators share", { group, baseline: true }, () => {
  for (const input of inputs) createHmac("sha256", key.secretKey).update(input).digest();
});
Deno.bench("client: blind", { group }, () => {
  for (const input of inputs) blind(input);
});
Deno.bench("service: evaluate, with one proof", { group }, () => {
  evaluate(key, blinded);
});
Deno.bench("client: verify, finish, seal", { group }, () => {
  sealAll();
});

/** A hub's store in which so many operators reported the same addresses. */
async function collected(operators: number, liars = 0) {
  const folder = await Deno.makeTempDir();
  const store = openSqlite(folder);
  const parts = Array.from({ length: operators }, (_, slot) => partsOf(slot < liars));
  for (const [slot, own] of parts.entries()) {
    for (const part of own) await store.sightings!.take(slot + 1, part);
  }
  globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  return store.sightings!;
}

function partsOf(lies = false) {
  const sealed = sealAll().map((each) => lies ? { ...each, share: new Uint8Array(64).fill(1) } : each);
  return Array.from({ length: COUNT / PER_PART }, (_, part) => {
    const own = sealed.slice(part * PER_PART, (part + 1) * PER_PART);
    return { epoch: EPOCH, part, key: key.publicKey, sealed: own };
  });
}

const roots = new Map(Array.from({ length: 9 }, (_, slot) => [slot, new Set([slot])]));
const threshold = { k: K, roots, counts: () => true, noise: () => 0 };
const [few, enough, lied] = [await collected(K - 1), await collected(K), await collected(K + 1, 1)];
const openedIn = async (store: typeof few) =>
  (await openEpoch(store, EPOCH, threshold)).opened.sightings.length;
assertEquals([await openedIn(few), await openedIn(enough), await openedIn(lied)], [0, COUNT, COUNT]);

const own = partsOf();
let epoch = EPOCH + 1;
const taking = await collected(0);
Deno.bench("hub: take, on the disk when done", { group }, async () => {
  epoch++;
  for (const part of own) await taking.take(1, { ...part, epoch });
});
Deno.bench("hub: look, where k - 1 operators reported them", { group }, async () => {
  assert(await openedIn(few) === 0);
});
Deno.bench("hub: open, where k operators reported them", { group }, async () => {
  assert(await openedIn(enough) === COUNT);
});
Deno.bench("hub: open, where another one lied about each", { group }, async () => {
  assert(await openedIn(lied) === COUNT);
});
