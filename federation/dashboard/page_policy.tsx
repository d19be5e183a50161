/**
 * The rules in force, in plain words.
 *
 * @module
 */

import { keyText } from "../../proto/federation/keys.ts";
import { duration } from "../../runtime/web/format.ts";
import { groupsOf } from "../release/public.ts";
import { Panel } from "./shell.tsx";
import type { Seen } from "./page_now.tsx";
import { moment } from "./times.ts";
import { view } from "./view.ts";

interface Rules {
  readonly hub: string;
  readonly validFrom: number;
  readonly kMember: number;
  readonly kPublic: number;
  readonly clip: number;
  readonly keysPerNode: number;
  readonly noiseMilli: number;
  readonly releasesPerYear: number;
  /** Names of the groups of numbers that are published. */
  readonly published: readonly string[];
  readonly alarmsPerYear: number;
  readonly sponsors: number;
  /** How members ask each other whom they saw; `null` where they do not. */
  readonly sightings: {
    readonly randomnessKey: string;
    readonly epochSeconds: number;
    readonly perEpoch: number;
  } | null;
  /** SHA-256, as uplinks sign them. */
  readonly policyHash: string;
  readonly vocabularyHash: string;
}

/** The page. */
export const policyPage = view<Seen, Rules>({
  path: "/policy",
  title: "Policy",
  about: "The rules that this hub has signed, and that each uplink has checked against its own floor",
  load({ source }) {
    const { policy: { version, vocabulary, sightings, groups, alarmsPerYear = 0, ...policy }, hash } = source
      .rules();
    return Promise.resolve({
      hub: keyText("hub", source.hubKey),
      ...policy,
      published: groupsOf({ version, groups }),
      alarmsPerYear,
      sightings: sightings === undefined
        ? null
        : { ...sightings, randomnessKey: keyText("randomness", sightings.randomnessKey) },
      policyHash: hash.toHex(),
      vocabularyHash: vocabulary.toHex(),
    });
  },
  body: (rules) => <Body {...rules} />,
});

function Body(rules: Rules) {
  const { kMember, kPublic, clip, keysPerNode, noiseMilli, releasesPerYear, sponsors, sightings } = rules;
  const { published, alarmsPerYear } = rules;
  return (
    <div class="grid">
      <Panel title="What members see" class="half">
        <ul class="words">
          <li>
            A number is shown if at least <b>{kMember}</b>{" "}
            operators stand behind it, none of whom was invited by the others or by the same member.
          </li>
          <li>An incident is shown if at least {kMember} such operators see it in the same ten minutes.</li>
          <li>Nobody sees who they are, or how many exactly.</li>
        </ul>
      </Panel>
      <Panel title="What the public sees" class="half">
        <ul class="words">
          <li>
            Nothing below <b>{kPublic}</b> operators.
          </li>
          <li>
            At most <b>{releasesPerYear}</b> {releasesPerYear === 1 ? "release" : "releases"}{" "}
            a year, with noise of {(noiseMilli / 1000).toLocaleString("en")}{" "}
            times the most that one node adds to a count.
          </li>
          <li>
            Of hidden nodes only these numbers: {published.length === 0 ? "none" : published.join(", ")}.
          </li>
          <li>
            Between releases at most <b>{alarmsPerYear}</b> {alarmsPerYear === 1 ? "alarm" : "alarms"}{" "}
            a year that the whole network is under stress or has a block late.
          </li>
        </ul>
      </Panel>
      <Panel title="What a node adds" class="half">
        <ul class="words">
          <li>
            At most <b>{clip}</b> to one count, however much it sees.
          </li>
          <li>
            To at most <b>{keysPerNode}</b> counts in ten minutes.
          </li>
        </ul>
      </Panel>
      <Panel title="Who may join" class="half">
        <ul class="words">
          <li>
            Whoever has an invitation that <b>{sponsors}</b> {sponsors === 1 ? "member has" : "members have"}
            {" "}
            signed, or the hub itself. It is good once.
          </li>
        </ul>
      </Panel>
      {sightings !== null && (
        <Panel title="Sightings">
          <ul class="words">
            <li>
              Each member sends <b>{sightings.perEpoch}</b> sealed sightings for every{" "}
              {duration(sightings.epochSeconds)}, whatever it saw; {kMember} that are alike open.
            </li>
          </ul>
        </Panel>
      )}
      <Panel title="How to check it">
        <dl class="facts">
          <dt>In force since</dt>
          <dd>{moment(rules.validFrom)}</dd>
          <dt>Hub</dt>
          <dd class="mono">{rules.hub}</dd>
          {sightings !== null && (
            <>
              <dt>Randomness service, which all members ask</dt>
              <dd class="mono">{sightings.randomnessKey}</dd>
            </>
          )}
          <dt>SHA-256 of the policy</dt>
          <dd class="mono">{rules.policyHash}</dd>
          <dt>SHA-256 of the vocabulary</dt>
          <dd class="mono">{rules.vocabularyHash}</dd>
        </dl>
      </Panel>
    </div>
  );
}
