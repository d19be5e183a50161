// deno-lint-ignore-file jsx-key -- what is written once has nothing to be known again by

/**
 * How it works and what is withheld. Every number on it comes from the rules in force.
 *
 * @module
 */

import { METRICS, type Unit } from "../../../proto/federation/metrics.ts";
import { Metric } from "../../../proto/federation/schema.ts";
import { type Dial, plan } from "../../release/plan.ts";
import { groupOf, GROUPS } from "../../release/public.ts";
import { DELAY_SECONDS, LEAST } from "../../release/schedule.ts";
import type { Published } from "./published.ts";
import { type PublicPage, Section, Title } from "./shell.tsx";
import { rightGuesses, WORDS } from "./words.ts";

/** Nodes at which the largest cadence is reached by whoever allows it. */
const MANY = { operators: 250, nodes: 500 };

/** Nodes of federations for which it says what the rules mean. */
const SIZES = [10, 25, 100, 500];

const WHO = ["The hub", "Members", "Everybody"];
/** Who knows what of something. */
type Known = readonly [what: string, hub: string, members: string, everybody: string];

const NEVER = "never";
const NEVER_TOLD: readonly Known[] = [
  "Addresses, names, places, versions and number of nodes",
  "Which peers a node has, and when they came",
  "Transactions, texts of user agents, log lines",
].map((what) => [what, NEVER, NEVER, NEVER]);
/** What is in a summary besides metrics. */
const BESIDES: readonly Known[] = [
  ["Ends of chains, invalid blocks", "as they are", "if enough tell the same", "the same, ten minutes late"],
  ["Whether something is unusual", "yes or no", "up to how many say so", "one noisy yes or no about all"],
  ["Which instruments an operator has, whether it has fewer than two nodes", "yes", NEVER, NEVER],
  [
    "Peers that attack, where members ask each other",
    "sealed: opens if enough operators saw the same one",
    "then the address, late",
    NEVER,
  ],
];
const TOLD: Readonly<Record<Unit, string>> = {
  share: "a share, in steps of 3 %",
  log2: "a power of two",
  bucket: "a range",
  count: "a count, bounded and rounded up",
};

/** It is no metric, and is published all the same. */
function blocksKnown(groups: Dial["groups"]): Known {
  const everybody = groups.includes("blocks") ? "noisy, per release" : NEVER;
  return [
    "When a block came",
    "in five steps, after the operator’s first node",
    "shares of operators",
    everybody,
  ];
}

/** All that a summary can hold of metrics, from the tables that everything else goes by. */
function metricsKnown(groups: Dial["groups"]): Known[] {
  const names = Object.keys(METRICS) as (keyof typeof Metric)[];
  return names.map((
    name,
  ) => [METRICS[name].help, TOLD[METRICS[name].unit], "quartiles", publicOf(name, groups)]);
}

function publicOf(name: keyof typeof Metric, groups: Dial["groups"]): string {
  for (const group of groups.map(groupOf)) {
    const parts = group.parts.filter(({ metric }) => metric === Metric[name]);
    if (parts.length === 0) continue;
    const all = Object.keys(METRICS[name].parts ?? { all: 0 }).length;
    const which = parts.length < all ? `: ${parts.map(({ name }) => name).join(", ")} only` : "";
    return `${group.isThresholded ? "noisy, above a noisy threshold" : "noisy"}, per release${which}`;
  }
  return NEVER;
}

/** The page. */
export function howPage({ rules }: Published): PublicPage {
  const { kPublic, clip, noiseMilli, releasesPerYear } = rules;
  const { advantagePerYear, cadence } = plan(rules, MANY);
  const noise = (noiseMilli / 1000).toLocaleString("en");
  const isOff = cadence === undefined;
  return {
    path: "how.html",
    title: "How it works",
    about: "How the numbers are made, what is withheld, and what an attacker can learn from them",
    body: (
      <>
        <Title title="How it works">
          <p>
            An attacker who knows the watchers avoids them. So operators publish almost nothing, and nobody
            sees the whole. Here is what this federation does instead, with the rules that are in force now.
          </p>
        </Title>
        <ol class="steps">
          <li>
            <h2>Bounded</h2>
            <p>
              A node’s ten minutes become a summary that has no room for a name, an address or a text. In it a
              network group counts once, and a node counts at most {clip} of one thing.
            </p>
          </li>
          <li>
            <h2>Together</h2>
            <p>
              A hub adds up what operators say. A behaviour is told if at least {kPublic}{" "}
              operators stand behind it. What fewer see does not exist here, and nothing says that it was left
              out.
            </p>
          </li>
          <li>
            <h2>Noisy</h2>
            <p>
              {noiseMilli === 0
                ? "These rules have no noise, and so there are no numbers: the accountant refuses them."
                : `Each sum gets noise of ${noise} times what one operator can change in it, whatever its nodes do.`}
              {" "}
              The noise comes from secret random bits, and is the same however often one asks.
            </p>
          </li>
          <li>
            <h2>Slow</h2>
            <p>
              {isOff
                ? "These rules have no releases."
                : `There are at most ${releasesPerYear} releases a year,`}
              {!isOff &&
                ` each at a fixed time at least ${DELAY_SECONDS / 3600} hours after what it is about.`}{" "}
              So knocking at a node and looking whether a number moves takes long, and moves it by less than
              the noise does.
            </p>
          </li>
          <li>
            <h2>Paid for</h2>
            <p>
              Every number is debited to the budget of a year, in a ledger that only grows. When it is spent,
              there are no numbers. So all that is told in a year together has a limit, and the limit is a
              number.
            </p>
          </li>
        </ol>
        <Section title="What that limit means" id="advantage">
          <div class="prose">
            <p>
              Take somebody who reads all of this for a year, knows all other operators, and can do to a node
              whatever is possible. They guess whether one operator takes part. By tossing a coin they are
              right in 50 of 100 cases.
            </p>
            <p class="big">
              With all that is told here in a year, in at most <b>{rightGuesses(advantagePerYear)}</b>.
            </p>
            <p>
              This is arithmetic and holds against every way to guess (an advantage of{" "}
              {advantagePerYear.toFixed(3)}, true positives less false ones). What real attempts reach is
              less.
            </p>
            <p>
              It is not nothing. A federation chooses how much it wants to tell, and these are the rules that
              its members agreed to; each uplink refuses rules that are weaker than its own.
            </p>
          </div>
        </Section>
        <Plan rules={rules} />
        <Alarms rules={rules} />
        <WhoKnows rules={rules} />
        <Section title="How to read the numbers" id="read">
          <div class="prose">
            <p>
              <b>Bars are for the noise.</b>{" "}
              In 95 of 100 cases a bar holds what the operators’ values say. Of 40 numbers, two are outside.
            </p>
            <p>
              <b>Values are cut.</b>{" "}
              So that one operator moves little, its values are cut around what was published last. When the
              network changes quickly, and in the first releases of a federation, a number follows over
              several releases. The bar does not know that.
            </p>
            <p>
              <b>It is what these nodes see.</b>{" "}
              They are not a sample of all nodes, and each operator counts as much as the other. A network
              group is a /16 of IPv4, a /32 of IPv6, or an autonomous system.
            </p>
            <p>
              <b>What is missing is missing.</b>{" "}
              A number that is not in a release was not told. From that alone nothing follows.
            </p>
          </div>
        </Section>
      </>
    ),
  };
}

function WhoKnows({ rules }: { rules: Dial }) {
  return (
    <Section
      title="Who knows what"
      id="withheld"
      about="Of nodes that are not open. A summary has no room for anything that is not in this list."
    >
      <div class="table">
        <table class="withheld">
          <caption>What the hub, members and everybody see</caption>
          <thead>
            <tr>
              <th scope="col">What</th>
              {WHO.map((who) => <th scope="col">{who}</th>)}
            </tr>
          </thead>
          <tbody>
            {[...NEVER_TOLD, ...metricsKnown(rules.groups), blocksKnown(rules.groups), ...BESIDES].map((
              [what, ...who],
            ) => (
              <tr>
                <th scope="row">{what}</th>
                {who.map((words, i) => (
                  <td class={words === NEVER ? "never" : ""} data-who={WHO[i]}>{words}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

/** What the rules mean for federations of some sizes: how many there are in this one is told to nobody. */
function Plan({ rules }: { rules: Dial }) {
  // Two nodes for each operator: what can be known, and the size at which the noise weighs most.
  const all = SIZES.map((nodes) => [nodes, plan(rules, { operators: nodes / 2, nodes })] as const);
  const groups = rules.groups.filter((name) => Object.hasOwn(GROUPS, name));
  return (
    <Section
      title="How exact numbers are"
      id="plan"
      about={`How many nodes take part is told to nobody; numbers begin when there are surely ${LEAST.nodes} nodes and ${LEAST.operators} members. 95 of 100 numbers are nearer to the operators’ cut values than this, on a scale from 0 to 1.`}
    >
      <div class="table">
        <table>
          <caption>The error of each group of numbers, by the size of a federation</caption>
          <thead>
            <tr>
              <th scope="col">Nodes</th>
              <th scope="col">Releases</th>
              {groups.map((name) => <th scope="col" class="num">{WORDS[name] ?? name}</th>)}
              <th scope="col" class="num">Advantage, once</th>
              <th scope="col" class="num">in a year</th>
            </tr>
          </thead>
          <tbody>
            {all.map(([nodes, { cadence, errors, advantagePerRelease, advantagePerYear }]) => (
              <tr>
                <th scope="row">{nodes}</th>
                <td>{nodes < LEAST.nodes ? "no numbers" : cadence ?? "none"}</td>
                {groups.map((name) => (
                  <td class="num">{nodes < LEAST.nodes ? "" : `±${errors[name]!.toFixed(3)}`}</td>
                ))}
                <td class="num">{nodes < LEAST.nodes ? "" : advantagePerRelease.toFixed(3)}</td>
                <td class="num">{nodes < LEAST.nodes ? "" : advantagePerYear.toFixed(3)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

/** The one thing about hidden nodes that is told between releases. */
function Alarms({ rules }: { rules: Dial }) {
  const { alarmsPerYear, alarmEpsilonMilli } = rules;
  const { alarmOperators } = plan(rules, MANY);
  return (
    <Section title="Between releases" id="alarms">
      <div class="prose">
        {alarmsPerYear === 0
          ? (
            <p>
              These rules have no alarms: between releases there are facts of the chain, and nodes whose
              operators show them.
            </p>
          )
          : (
            <p>
              Besides facts of the chain there is one answer about all nodes: is the network under stress, or
              was a block late nearly everywhere? It is noisy, and told at most{" "}
              <b>{alarmsPerYear} times a year</b>. Each time costs (ε ={" "}
              {alarmEpsilonMilli / 1000}) and is in the limit above. An alarm lasts for a fixed time, so that
              its end tells nothing. With fewer than about {alarmOperators}{" "}
              operators there are none, since under the noise nobody would see even all of them.
            </p>
          )}
        <p>
          Nodes whose operators show them are told exactly and live. Whoever looks finds them, and their
          operators agreed to that.
        </p>
      </div>
    </Section>
  );
}
