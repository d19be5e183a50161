/**
 * Makes releases when they are due. Interrupted anywhere, it goes on with the same numbers: what was bought stands in the
 * ledger, and what an epoch holds stays until its release lies in the public folder.
 *
 * @module
 */

import { writeWhole } from "../../runtime/files.ts";
import * as codec from "../../proto/federation/codec.ts";
import { decode } from "../../proto/federation/frame.ts";
import { type KeyPair, keyPair } from "../../proto/federation/keys.ts";
import { TipStatus } from "../../proto/federation/schema.ts";
import { Accountant } from "./accountant.ts";
import { type Collected, Collector, participants, type Source } from "./collected.ts";
import { encodeRelease, type Tip } from "./document.ts";
import type { Bought } from "./figures.ts";
import { FileLedger } from "./ledger.ts";
import { noiseKey } from "./noise_key.ts";
import { knownSize, numbersOf } from "./numbers.ts";
import { advantage, advantageOfYear, budgetOf, type Dial } from "./plan.ts";
import { groupOf } from "./public.ts";
import { type KeyLink, newReleaseKey, parseKeys } from "./release_keys.ts";
import {
  binsOf,
  type Cadence,
  cadenceFor,
  CADENCES,
  type Epoch,
  epochName,
  releaseTime,
} from "./schedule.ts";
import { addToSite, readIndex, writeKeys } from "./site.ts";

/** What the rules of a federation say of releases. */
export interface ReleaseRules extends Dial {
  /** Operators behind a number that has a threshold, at least. */
  readonly kPublic: number;
  /** The most that a node adds to a count. */
  readonly clip: number;
}

/** What releases are made with. */
export interface ReleaserOptions {
  /** Where summaries are. */
  readonly source: Source;
  /** For the ledger, keys, and what is under way: nobody else may read it. */
  readonly folder: string;
  /** For the public. */
  readonly site: string;
  /** The hub's key, which signs release keys. */
  readonly hub: KeyPair;
  /** Aborted = stop in between. */
  readonly signal?: AbortSignal | undefined;
  /** The rules in force. */
  rules(): ReleaseRules;
  /** How many operators are members, and of how many independent trees; not whether they take part. */
  members(): Promise<{ readonly operators: number; readonly trees: number }>;
}

const MOST_TIPS = 64;
const BINS_AT_ONCE = 144;
const NOTE =
  "Numbers are noisy on purpose: nobody can tell from them who takes part. docs/threat-model.md says how.";

/** Makes releases. */
export class Releaser {
  readonly #options: ReleaserOptions;

  /** Nothing happens until `step`. */
  constructor(options: ReleaserOptions) {
    this.#options = options;
  }

  /** Collects what was closed since, and makes what is due at this time, Unix seconds. Names the epochs it released. */
  async step(now: number): Promise<string[]> {
    const { folder, source } = this.#options;
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    using ledger = await FileLedger.open(folder);
    const rules = this.#options.rules();
    const accountant = new Accountant({ ledger, budget: budgetOf(rules), key: await noiseKey(folder) });
    const cadence = this.#cadence(rules, accountant);
    if (cadence === undefined) return [];
    const collector = await Collector.open(`${folder}/collected.json`, { source, cadence });
    await collector.collect(source, { cadence, clip: rules.clip, signal: this.#options.signal });
    const released: string[] = [];
    for (const collected of collector.waiting) {
      if (releaseTime(collected.epoch) > now || this.#options.signal?.aborted) break;
      await this.#release(collected, { rules, accountant });
      await collector.done(collected.epoch);
      released.push(epochName(collected.epoch));
    }
    return released;
  }

  /** A new key signs releases from this time on. The old one stays valid for what it signed. */
  async rotate(now: number): Promise<void> {
    const { folder, site, hub } = this.#options;
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    const links = await this.#links();
    const { seed, link } = await newReleaseKey(hub, now);
    // The seed lies under its own name first: whenever this is interrupted, a key in the list has its seed.
    await writeWhole(`${folder}/${seedName(link)}`, `${seed}\n`);
    const all = [...links, link];
    await writeWhole(`${folder}/keys.json`, JSON.stringify({ keys: all }));
    await writeKeys(site, all);
  }

  #cadence({ releasesPerYear }: ReleaseRules, accountant: Accountant): Cadence | undefined {
    // Two nodes for each operator are what can be known.
    return cadenceFor(releasesPerYear, 2 * knownSize(accountant));
  }

  async #release(
    collected: Collected,
    { rules, accountant }: { rules: ReleaseRules; accountant: Accountant },
  ): Promise<void> {
    const { site, hub } = this.#options;
    const { epoch } = collected;
    const { operators: members, trees } = await this.#options.members();
    const numbers = await numbersOf(accountant, {
      epoch,
      operators: participants(collected),
      members: Math.min(members, trees),
      groups: Object.fromEntries(rules.groups.map((name) => [name, groupOf(name)])),
      noiseMilli: rules.noiseMilli,
      kPublic: rules.kPublic,
    });
    const figures: readonly Bought[] = "figures" in numbers ? numbers.figures : [];
    const { groups, ...protection } = rules;
    const before = (await readIndex(site)).find(({ released }) => released < releaseTime(epoch));
    const file = await encodeRelease({
      epoch,
      previous: before?.file ?? null,
      policy: { ...protection, groups: [...groups] },
      privacy: privacyOf(rules, epoch),
      figures,
      note: "none" in numbers ? numbers.none : NOTE,
      chain: { tips: await this.#tips(epoch) },
    }, { hubKey: hub.publicKey, signer: await this.#signer(epoch) });
    await addToSite(site, epoch, file);
  }

  /** Ends of chains that members saw, each once. */
  async #tips(epoch: Epoch): Promise<Tip[]> {
    const { from, to } = binsOf(epoch);
    const tips = new Map<string, Tip>();
    for (let bin = from; bin < to; bin += BINS_AT_ONCE) {
      for (
        const { feed } of await this.#options.source.closedBins(bin, Math.min(to, bin + BINS_AT_ONCE) - 1)
      ) {
        for (const { hash, height, status } of decode(codec.decodeFeed, feed)?.tips ?? []) {
          if (status === TipStatus.ACTIVE) continue;
          const text = hash.toReversed().toHex();
          tips.set(text, { hash: text, height, status: statusName(status) });
        }
      }
    }
    return [...tips.values()].sort((a, b) => b.height - a.height || (a.hash < b.hash ? -1 : 1)).slice(
      0,
      MOST_TIPS,
    );
  }

  /** The key that counts when the release is made. */
  async #signer(epoch: Epoch): Promise<KeyPair> {
    const at = releaseTime(epoch);
    const counts = async () => (await this.#links()).filter(({ from }) => from <= at);
    // None yet, or the first one came after this release was due.
    if ((await counts()).length === 0) await this.rotate(epoch.from);
    const link = (await counts()).reduce((a, b) => b.from >= a.from ? b : a);
    return await keyPair(await Deno.readTextFile(`${this.#options.folder}/${seedName(link)}`));
  }

  async #links(): Promise<KeyLink[]> {
    try {
      return parseKeys(await Deno.readTextFile(`${this.#options.folder}/keys.json`));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }
}

function privacyOf(rules: ReleaseRules, { cadence }: Epoch) {
  const once = advantage(rules.noiseMilli / 1000, { releases: 1, groups: rules.groups.length + 1 });
  const year = advantageOfYear(rules, CADENCES[cadence].perYear);
  return { advantagePerRelease: Number(once.toFixed(4)), advantagePerYear: Number(year.toFixed(4)) };
}

function statusName(status: number): string {
  const name = Object.entries(TipStatus).find(([, number]) => number === status)?.[0] ?? "unknown";
  return name.toLowerCase().replaceAll("_", " ");
}

function seedName({ from, key }: KeyLink): string {
  return `release-${from}-${key.slice(-8)}.seed`;
}
