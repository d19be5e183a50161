/**
 * The hub's public releases: what federation/release/ needs of a hub.
 *
 * @module
 */

import type { KeyPair } from "../../proto/federation/keys.ts";
import type { Policy } from "../../proto/federation/schema.ts";
import { pause } from "../../runtime/backoff.ts";
import type { Log } from "../../runtime/log.ts";
import { reasonOf } from "../../runtime/reason.ts";
import { type Dial, dialOf, type Plan, plan } from "../release/plan.ts";
import { Releaser, type ReleaseRules } from "../release/releaser.ts";
import { readRules } from "./policy.ts";
import type { Member, Store } from "./store/store.ts";
import { independent, rootsOf } from "./trees.ts";

/** Between two looks at what was closed and what is due. */
const STEP_MS = 10 * 60_000;

/** The folder with static files for the public. */
export function siteOf(folder: string): string {
  return `${folder}/public`;
}

/** Makes the releases of a hub; its ledger and keys lie in its folder. */
export async function makeReleaser(
  { store, key, folder, signal, now = Date.now }: {
    store: Store;
    key: KeyPair;
    folder: string;
    signal?: AbortSignal;
    now?: (() => number) | undefined;
  },
): Promise<{ releaser: Releaser; step(): Promise<string[]> }> {
  const rulesNow = async () => (await readRules((await store.policy())!)).policy;
  let policy = await rulesNow();
  const releaser = new Releaser({
    ...{ source: store, hub: key, signal, folder: `${folder}/release`, site: siteOf(folder) },
    rules: () => releaseRules(policy),
    members: async () => votersOf(await store.members()),
  });
  const step = async () => {
    policy = await rulesNow();
    return await releaser.step(Math.floor(now() / 1000));
  };
  return { releaser, step };
}

/** What a policy says of what is public. */
export function releaseRules(policy: Policy): ReleaseRules {
  return { ...dialOf(policy), kPublic: policy.kPublic, clip: policy.clip };
}

/**
 * How many may speak, and of how many independent trees. Roots are those of all: members do not become independent of
 * each other when the sponsor above them is revoked.
 */
export function votersOf(members: readonly Member[]): { operators: number; trees: number } {
  const slots = members.filter(({ revoked }) => !revoked).map(({ slot }) => slot);
  return { operators: slots.length, trees: independent(slots, slots.length, rootsOf(members)) };
}

/** Looks again and again, until it is told to stop. What goes wrong is logged and tried again. */
export async function runReleases(
  { log, signal, ...hub }: {
    store: Store;
    key: KeyPair;
    folder: string;
    /** Milliseconds since 1970. */
    now?: () => number;
    log: Log;
    signal: AbortSignal;
  },
): Promise<void> {
  const { step } = await makeReleaser({ ...hub, signal });
  while (!signal.aborted) {
    try {
      for (const epoch of await step()) {
        log.info(`Published the release of ${epoch} in ${siteOf(hub.folder)}`);
      }
    } catch (error) {
      log.warn(`Cannot make releases: ${reasonOf(error)}`);
    }
    await pause(STEP_MS, signal);
  }
}

/** What a policy means for federations of some sizes. */
export function plansOf(dial: Dial): [nodes: number, plan: Plan][] {
  // Two nodes for each operator: what can be known, and the size at which the noise weighs most.
  return [10, 25, 100, 500].map((nodes) => [nodes, plan(dial, { operators: nodes / 2, nodes })]);
}
