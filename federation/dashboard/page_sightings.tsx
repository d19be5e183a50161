/**
 * Sightings: addresses that several operators saw do what nobody honest does.
 *
 * @module
 */

import { Behaviour } from "../../proto/federation/schema.ts";
import { BEHAVIOURS, keyIn } from "./names.ts";
import type { Seen } from "./page_now.tsx";
import { Notice, Panel } from "./shell.tsx";
import type { EpochSightings } from "./sources.ts";
import { day, iso } from "./times.ts";
import { view } from "./view.ts";

/** A sighting, as the page and the JSON have it. */
interface Told {
  readonly network: string;
  readonly behaviour: string;
  readonly about: string;
  /** Operators, and independent trees of sponsors, that saw it: about so many, or more. */
  readonly operators: number;
}

interface Epoch {
  /** Unix seconds. */
  readonly from: number;
  readonly to: number;
  readonly randomnessKey: string | null;
  readonly sightings: readonly Told[];
}

interface Sightings {
  readonly isOn: boolean;
  readonly k: number;
  readonly epochs: readonly Epoch[];
}

/** The page. */
export const sightingsPage = view<Seen, Sightings>({
  path: "/sightings",
  title: "Sightings",
  about: "Addresses that several operators saw do what honest nodes do not; for members only",
  async load({ source, reader }) {
    const { kMember: k } = source.rules().policy;
    const epochs = await source.sightings(reader);
    return { isOn: epochs !== undefined, k, epochs: (epochs ?? []).map((epoch) => tell(epoch, k)) };
  },
  body: (sightings) => <Body {...sightings} />,
});

function tell({ from, to, key, sightings }: EpochSightings, k: number): Epoch {
  const told = sightings.map(({ network, behaviour, many }): Told => {
    const name = keyIn(Behaviour, behaviour);
    const about = name === undefined ? "unknown to these pages" : BEHAVIOURS[name];
    return { network, behaviour: name ?? "UNKNOWN", about, operators: many ? 2 * k : k };
  });
  return { from, to, randomnessKey: key ?? null, sightings: told };
}

function Body({ isOn, k, epochs }: Sightings) {
  if (!isOn) {
    return <Notice>This hub has no sightings: its policy names no randomness service.</Notice>;
  }
  return (
    <div class="stack">
      {epochs.length === 0
        ? (
          <Notice>
            No epoch is opened yet. What is seen in one is sent in the next, and shown after that.
          </Notice>
        )
        : epochs.map((epoch) => <EpochPanel key={epoch.from} {...epoch} />)}
      <Panel title="How to read this">
        <ul class="words">
          <li>
            An address stands here if about <b>{k}</b>{" "}
            operators saw it do the same, none of whom was invited by the others or by the same member. Nobody
            could read what fewer saw, not even this hub, and it is deleted.
          </li>
          <li>There is noise on that number, so what stands here is true, and something may be missing.</li>
          <li>
            Each member gets a list from which one in twenty is left out, always the same: a list that leaks
            tells whose it was. Do not publish it. An address can be somebody's who did nothing.
          </li>
          <li>
            The key is that of the randomness service, as most operators named it. Another one in{" "}
            <code>uplink status</code> means that the service shows different keys to different members.
          </li>
        </ul>
      </Panel>
    </div>
  );
}

function EpochPanel({ from, to, randomnessKey, sightings }: Epoch) {
  return (
    <Panel title={`${day(from)} to ${day(to)}`}>
      {sightings.length === 0 ? <p>Nothing was seen by enough operators.</p> : (
        <div class="table">
          <table>
            <caption>
              Seen between <time datetime={iso(from)}>{day(from)}</time> and{" "}
              <time datetime={iso(to)}>{day(to)}</time>
            </caption>
            <thead>
              <tr>
                <th scope="col">Address</th>
                <th scope="col">What it did</th>
                <th scope="col" class="num">Operators, about</th>
              </tr>
            </thead>
            <tbody>
              {sightings.map(({ network, about, operators }) => (
                <tr>
                  <th scope="row" class="mono">{network}</th>
                  <td>{about}</td>
                  <td class="num">{operators} or more</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {randomnessKey !== null && (
        <dl class="facts">
          <dt>Key of the randomness service</dt>
          <dd class="mono">{randomnessKey}</dd>
        </dl>
      )}
    </Panel>
  );
}
