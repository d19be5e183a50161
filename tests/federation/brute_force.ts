/**
 * Somebody has a hub's disk, all of it, and tries out addresses: which of them did fewer than k operators report? With
 * the randomness service's key of the epoch that works, and without it must not.
 *
 *     deno task test:brute-force
 *
 * @module
 */

import { createHash, createHmac } from "node:crypto";
import { openOrMake } from "../../federation/hub/folder.ts";
import { DEFAULTS, signPolicy } from "../../federation/hub/policy.ts";
import { openSqlite } from "../../federation/hub/store/sqlite.ts";
import { inputOf, outputOf } from "../../federation/sightings/oprf.ts";
import { tagOf } from "../../federation/sightings/share.ts";
import { encodeSighting } from "../../federation/sightings/sighting.ts";
import { Behaviour } from "../../proto/federation/schema.ts";
import { Oracle, RULES } from "./sightings_scene.ts";

const K = 3;
const EPOCH = 2976;
/** Where the reported address is. */
const NETWORK = [203, 1] as const;

/** What came out. */
export interface BruteForceResult {
  /** Addresses that were tried. */
  readonly tried: number;
  /** What was found with each guess at how tags are made, from what the hub has. */
  readonly withHub: Readonly<Record<string, readonly string[]>>;
  /** What was found with the key of the service. */
  readonly withKey: readonly string[];
}

/** How a tag could come from an input, for somebody who does not have the service's key. */
type Guess = (input: Uint8Array) => Uint8Array;

/** Tries the first addresses of a /16, of which one was reported by k - 1 operators. */
export async function bruteForce(addresses: number): Promise<BruteForceResult> {
  const folder = await Deno.makeTempDir();
  const oracle = new Oracle();
  const reported = encodeSighting({
    network: Uint8Array.of(...NETWORK, 0, Math.min(77, addresses - 1)),
    behaviour: Behaviour.PING_SPAM,
  });
  const { key, store } = await openOrMake(folder);
  await store.setPolicy(await signPolicy({ ...DEFAULTS, sightings: RULES }, key, 1));
  for (let slot = 1; slot < K; slot++) {
    await store.sightings!.take(slot, oracle.part([reported], { k: K, epoch: EPOCH }));
  }
  await store[Symbol.asyncDispose]();

  const tags = await tagsIn(folder);
  const find = (guess: Guess) => {
    const found: string[] = [];
    for (let i = 0; i < addresses; i++) {
      const network = Uint8Array.of(...NETWORK, i >> 8, i & 255);
      const input = inputOf(EPOCH, encodeSighting({ network, behaviour: Behaviour.PING_SPAM }));
      if (tags.has(tagOf(guess(input), K).toHex())) found.push(network.join("."));
    }
    return found;
  };
  const secrets = await secretsIn(folder, oracle.key.publicKey);
  const guesses: Record<string, Guess> = {
    "no key at all": (input) => createHash("sha512").update(input).digest(),
    ...Object.fromEntries(secrets.map(([name, secret]): [string, Guess] => {
      return [`${name} as a key of HMAC`, (input) => createHmac("sha512", secret).update(input).digest()];
    })),
    "the hub's seed as the service's key": (input) => outputOf(toScalar(secrets[0]![1]), input),
  };
  const withHub = Object.fromEntries(Object.entries(guesses).map(([name, guess]) => [name, find(guess)]));
  const withKey = find((input) => outputOf(oracle.key.secretKey, input));
  await Deno.remove(folder, { recursive: true });
  return { tried: addresses, withHub, withKey };
}

async function tagsIn(folder: string): Promise<ReadonlySet<string>> {
  await using store = openSqlite(folder);
  const tags = new Set<string>();
  for await (const { sealed } of store.sightings!.groups(EPOCH, 1)) tags.add(sealed[0]!.tag.toHex());
  return tags;
}

/** Everything in a hub's folder that could be a key. */
async function secretsIn(folder: string, publicKey: Uint8Array): Promise<[string, Uint8Array][]> {
  const seed = new TextEncoder().encode((await Deno.readTextFile(`${folder}/hub.seed`)).trim());
  return [
    ["the hub's seed", new Uint8Array(createHash("sha256").update(seed).digest())],
    ["the service's public key", publicKey],
  ];
}

/** 32 bytes that are a scalar for sure. */
function toScalar(bytes: Uint8Array): Uint8Array {
  return bytes.slice().with(31, bytes[31]! & 0x0f);
}

if (import.meta.main) {
  const since = performance.now();
  const { tried, withHub, withKey } = await bruteForce(65_536);
  for (const [name, found] of Object.entries(withHub)) console.log(`${name}: ${found.length} found`);
  console.log(`the service's key of the epoch: ${withKey.length} found (${withKey.join()})`);
  console.log(`${tried} addresses each, ${Math.round((performance.now() - since) / 1000)} s`);
  const isRight = Object.values(withHub).every(({ length }) => length === 0) && withKey.length === 1;
  Deno.exit(isRight ? 0 : 1);
}
