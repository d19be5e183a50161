/**
 * What changes between releases: facts of the chain, one boolean about stress, nodes that are open to all.
 *
 * @module
 */

import type { Child } from "hono/jsx";
import { count } from "../../../runtime/web/format.ts";
import type { ChainFact, LiveDocument, LiveStress, NoStress } from "../../release/live.ts";
import { iso, moment } from "../times.ts";
import { Section } from "./shell.tsx";

/** A moment; with a script it tells how long ago that is, too. */
export function When({ at }: { at: number }) {
  return <time datetime={iso(at)} data-ago="">{moment(at)}</time>;
}

/** The four things that a visitor wants to know first. */
export function Pulse({ live }: { live: LiveDocument }) {
  const { chain, stress, disclosed } = live;
  const odd = chain.forks.length + chain.invalid.length;
  return (
    <section class="pulse" aria-label="Now">
      <ul>
        <Fact
          name="Network-wide stress"
          value={stressWord(stress)}
          tone={stress.on === true ? "bad" : stress.on === false ? "good" : ""}
        >
          <a href="#stress">{stress.on === null ? "why" : "what that means"}</a>
        </Fact>
        <Fact name="Block" value={chain.tip === null ? "Not told yet" : count(chain.tip.height)}>
          {chain.tip === null ? "too few operators tell the same" : (
            <>
              first told <When at={chain.tip.first} />
            </>
          )}
        </Fact>
        <Fact
          name="Forks and invalid blocks"
          value={odd === 0 ? "None" : count(odd)}
          tone={odd === 0 ? "" : "warn"}
        >
          in seven days
        </Fact>
        <Fact name="Open nodes" value={disclosed.length === 0 ? "None" : count(disclosed.length)}>
          {disclosed.length === 0 ? "nobody shows one here" : <a href="nodes.html">look at them, live</a>}
        </Fact>
      </ul>
      <AsOf at={live.at} />
    </section>
  );
}

/** How new it is; a script says how it stays so. */
export function AsOf({ at }: { at: number }) {
  return (
    <p class="as-of">
      <span id="status" role="status" hidden></span> As of <When at={at} />
    </p>
  );
}

function Fact(
  { name, value, tone = "", children }: { name: string; value: string; tone?: string; children: Child },
) {
  return (
    <li class={`fact ${tone}`}>
      <span>{name}</span>
      <b>{value}</b>
      <span>{children}</span>
    </li>
  );
}

function stressWord({ on }: LiveStress): string {
  return on === null ? "Not told" : on ? "Alarm" : "No alarm";
}

const REASONS: Readonly<Record<NoStress, string>> = {
  "off": "The rules of this federation have no alarms.",
  "too small":
    "So few operators take part that, under the noise which hides each of them, nobody would see even if all were under stress.",
  "budget":
    "The alarms of this year are used up. Each one says a little about who takes part, so they are few.",
  "unavailable": "This hub cannot say it just now.",
};

/** The boolean, with what it costs. */
export function Stress({ stress }: { stress: LiveStress }) {
  return (
    <Section
      title="Stress"
      id="stress"
      about="One answer about the whole network: are many nodes in trouble at once? It is noisy, as all that is said of hidden nodes: it can miss one, and rarely it is a false alarm."
    >
      <div class={`verdict ${stress.on === true ? "bad" : ""}`}>
        {stress.on === null
          ? (
            <p>
              <b>Not told.</b> {REASONS[stress.reason]}
            </p>
          )
          : stress.on
          ? (
            <p>
              <b>Alarm</b> since <When at={stress.since!} />. It ends by itself at{" "}
              {moment(stress.until!)}, whatever happens: so its end tells nothing.
            </p>
          )
          : (
            <p>
              <b>No alarm.</b> Once one is raised it lasts until a fixed time, so that its end tells nothing.
            </p>
          )}
        {stress.on !== null && <Flips left={stress.alarmsLeft} of={stress.alarmsPerYear} />}
      </div>
    </Section>
  );
}

/** Alarms that are left of those of a year. */
function Flips({ left, of }: { left: number; of: number }) {
  const most = Math.min(of, 60);
  return (
    <p class="flips">
      <svg viewBox={`0 0 ${most * 10} 10`} width={most * 10} height="10" aria-hidden="true">
        {Array.from(
          { length: most },
          (_, i) => (
            <rect class={i < left ? "left" : "used"} x={i * 10 + 1} y="1" width="8" height="8" rx="2" />
          ),
        )}
      </svg>
      {left} of {of} alarms are left in any 364 days. Each costs a part of the privacy budget.
    </p>
  );
}

/** Tips, forks, invalid and late blocks. */
export function ChainNow({ live: { chain, stress } }: { live: LiveDocument }) {
  const rows = [
    ...chain.tip === null ? [] : [{ ...chain.tip, what: "followed" }],
    ...chain.forks.map((fork) => ({ ...fork, what: `fork: ${fork.status}` })),
    ...chain.invalid.map((block) => ({ ...block, what: "refused as invalid" })),
  ];
  return (
    <Section
      title="The chain"
      id="chain"
      about="What enough independent operators tell alike, ten minutes late. These are facts that cost the work of a block to invent; they have no noise."
    >
      {rows.length === 0 ? <p class="calm">Too few operators tell the same tip.</p> : <Facts rows={rows} />}
      {chain.delayed.length > 0
        ? (
          <>
            <h3>Blocks that most of the network had late</h3>
            <ul class="delayed">
              {chain.delayed.map(({ hash, bin }) => (
                <li>
                  <code class="hash">{hash}</code> <When at={bin} />
                </li>
              ))}
            </ul>
          </>
        )
        : (
          <p class="muted below">
            {stress.on !== null
              ? "No block of the last seven days was noticed to be late all over the network. That is told with noise, and shares the budget of alarms."
              : "Whether blocks come late all over the network is not told, for the same reason as stress."}
          </p>
        )}
    </Section>
  );
}

function Facts({ rows }: { rows: readonly (ChainFact & { readonly what: string })[] }) {
  return (
    <div class="table">
      <table class="hashes">
        <caption>Ends of chains</caption>
        <thead>
          <tr>
            <th scope="col">Height</th>
            <th scope="col">What nodes say</th>
            <th scope="col">First told</th>
            <th scope="col">Block</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ hash, height, first, what }) => (
            <tr>
              <th scope="row">{height}</th>
              <td>{what}</td>
              <td>
                <When at={first} />
              </td>
              <td class="hash">{hash}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
