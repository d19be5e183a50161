/**
 * `deno task attack`: attacks the default policy, switches one defence off at a time, and says what each is worth.
 * With `--full` at full size, which takes ten minutes to half an hour, and writes the tables into docs/threat-model.md.
 *
 * @module
 */

import { advantage } from "../../federation/release/plan.ts";
import { GROUPS } from "../../federation/release/public.ts";
import { alarmAdvantage, type AlarmAttack, NO_NOISE_EPSILON } from "./alarms.ts";
import { ALLOWED, ATTACKS, mappingWorld, membershipScene, POLICY, type Scene } from "./attacks.ts";
import { mapping } from "./mapping.ts";
import { type Advantage, limit, membership } from "./membership.ts";
import { type Defences, NO_NOISE, settled } from "./release.ts";
import { utility } from "./utility.ts";

const isFull = Deno.args.includes("--full");
const SIZE = isFull
  ? { once: 2000, year: 400, off: 1000, offYear: 200, weeks: 60, rounds: 200 }
  : { once: 600, year: 120, off: 200, offYear: 60, weeks: 40, rounds: 40 };
const YEAR = 12;
const DAYS = 365;
const BOTH = ATTACKS["everything at once"];
/** Operators with one node and with two. */
const TARGETS = [0, 1];
const DOCUMENT = new URL("../../docs/threat-model.md", import.meta.url);
const [BEGIN, END] = ["<!-- deno task attack --full: begin -->", "<!-- end -->"];

const started = performance.now();

function say(what: string): void {
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  console.error(`${minutes.padStart(5)} min  ${what}`);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return line(head) + line(head.map(() => "---")) + rows.map(line).join("");
}

const number = (value: number) => value.toFixed(2);
const shown = ({ advantage, high }: Advantage) => `${number(Math.max(0, advantage))} (≤ ${number(high)})`;
const worst = (all: readonly Advantage[]) => all.reduce((a, b) => b.advantage > a.advantage ? b : a);

/** The worst of the targets. */
async function against(
  scene: Scene,
  act: typeof ATTACKS[keyof typeof ATTACKS],
  more: { releases: number; trials: number; isOnAndOff?: boolean },
) {
  const questions = TARGETS.map((target) =>
    scene.question(target, act, { ...more, seed: target * 1_000_000 })
  );
  const found: Advantage[] = [];
  for (const question of questions) found.push(await membership(question));
  return { worst: worst(found), limit: Math.max(...questions.map(limit)) };
}

async function membershipTable(): Promise<string> {
  const scene = membershipScene();
  const rows: string[][] = [];
  for (const [name, act] of Object.entries(ATTACKS)) {
    say(`membership: ${name}`);
    const once = await against(scene, act, { releases: 1, trials: SIZE.once });
    const year = await against(scene, act, { releases: YEAR, trials: SIZE.year });
    rows.push([name, shown(once.worst), number(once.limit), shown(year.worst), number(year.limit)]);
  }
  say("membership: in every other release");
  const more = { releases: YEAR, trials: SIZE.year, isOnAndOff: true };
  const compared = await against(scene, BOTH, more);
  rows.push([
    "everything at once, in every other release",
    "–",
    "–",
    shown(compared.worst),
    number(compared.limit),
  ]);
  const { advantagePerRelease: once, advantagePerYear: year } = ALLOWED;
  rows.push(["whatever the accountant allows", "–", number(once), "–", number(year)]);
  return table(
    ["what is done to a node, all the time", "one release", "at most", "12 releases", "at most"],
    rows,
  );
}

async function mappingRow(name: string, defences: Partial<Defences>, seed: number): Promise<string[]> {
  say(`mapping: ${name}, world ${seed}`);
  const world = mappingWorld(seed);
  const groups = settled(world.epoch(new Map()), defences.groups);
  const recalls = await mapping(world, {
    ...{ defences: { ...POLICY, ...defences, groups }, releases: SIZE.weeks, seed: 6 + seed, enough: 0.95 },
  });
  const percent = (recall: number | undefined) =>
    recall === undefined ? "–" : `${Math.round(recall * 100)} %`;
  const first = recalls.findIndex((recall) => recall >= 0.8);
  return [
    `${name}, world ${seed}`,
    percent(recalls[YEAR - 1]),
    percent(recalls[51]),
    first < 0 ? "never" : String(first + 1),
  ];
}

const ROOM = 16;
/** The groups with sixteen times the room: what operators say is hardly cut any more. The noise stays as it was. */
const unclipped = Object.fromEntries(
  Object.entries(GROUPS).map(([name, group]) => [name, { ...group, radius: group.radius * ROOM }]),
);
const unlimited = { ...GROUPS, behaviours: { ...GROUPS.behaviours, isThresholded: false } };
/** Names that a stranger can choose: a mark that only the candidate's operator can report. */
const NAMES = Array.from({ length: 16 }, (_, index) => ({ name: `name ${index}`, metric: 999, index }));
const open = { ...GROUPS, names: { help: "Names", from: "mean", radius: 1, parts: NAMES } } as const;

async function defencesTable(): Promise<string> {
  const without: [string, Scene, number][] = [
    ["none", membershipScene(), YEAR],
    ["noise", membershipScene({ noiseMilli: NO_NOISE }), YEAR],
    [
      "clip",
      membershipScene({ groups: unclipped, noiseMilli: POLICY.noiseMilli / ROOM }, POLICY.clip * ROOM),
      YEAR,
    ],
    ["threshold", membershipScene({ groups: unlimited }), YEAR],
    ["closed vocabulary", withNames(membershipScene({ groups: open })), YEAR],
    ["slowness (daily instead of monthly)", membershipScene(), DAYS],
  ];
  const rows: string[][] = [];
  for (const [name, scene, releases] of without) {
    say(`switched off: ${name}`);
    const once = await against(scene, BOTH, { releases: 1, trials: SIZE.off });
    const trials = Math.ceil(SIZE.offYear * YEAR / releases / 2) * 2;
    const year = await against(scene, BOTH, { releases, trials: Math.max(40, trials) });
    rows.push([name, shown(once.worst), number(once.limit), shown(year.worst), number(year.limit)]);
  }
  return table(["switched off", "one release", "at most", "a year", "at most"], rows);
}

/** With an open vocabulary the target's operator reports a name that nobody else has ever seen, as often as it can. */
function withNames(scene: Scene): Scene {
  return {
    ...scene,
    question(operator, act, more) {
      const question = scene.question(operator, act, more);
      const marked = question.marked.map((totals, i) => {
        return i === operator
          ? { ...totals, sums: { ...totals.sums, "999.0": [1, 1] as [number, number] } }
          : totals;
      });
      return { ...question, marked };
    },
  };
}

/** Who brings the sum to its limit and reads when the alarm comes; and the same with noise or budget off. */
async function alarmTable(): Promise<string> {
  const { alarmEpsilonMilli: epsilonMilli, alarmsPerYear } = POLICY;
  const cases: [string, Omit<AlarmAttack, "seed">][] = [
    ["one alarm, from just below the limit", { epsilonMilli, alarms: 1, below: 0, trials: SIZE.once }],
    ["one alarm, from 15 operators below", { epsilonMilli, alarms: 1, below: 15, trials: SIZE.once }],
    ["one alarm, from 30 operators below", { epsilonMilli, alarms: 1, below: 30, trials: SIZE.once }],
    ["all of a year", { epsilonMilli, alarms: alarmsPerYear, below: 0, trials: SIZE.once }],
    ["budget off: 100 in a year", { epsilonMilli, alarms: 100, below: 0, trials: SIZE.offYear * 2 }],
    ["noise off: one alarm", { epsilonMilli: NO_NOISE_EPSILON, alarms: 1, below: 0, trials: SIZE.off }],
  ];
  const rows: string[][] = [];
  for (const [name, attack] of cases) {
    say(`alarms: ${name}`);
    const { alarms } = attack;
    const epsilon = Math.min(50, attack.epsilonMilli / 1000);
    const most = advantage(1, { releases: 0, groups: 0, alarms, epsilon });
    rows.push([name, shown(await alarmAdvantage({ ...attack, seed: 1 })), number(most)]);
  }
  return table(["what he waits for", "advantage", "at most"], rows);
}

/** A disclosed node says what it sees, as it is: the attacker reads there whether it met him. */
async function disclosed(): Promise<string> {
  say("disclosed nodes");
  const scene = membershipScene({ noiseMilli: NO_NOISE, groups: unlimited });
  const { worst } = await against(scene, ATTACKS["1 connection"], { releases: 1, trials: 100 });
  return shown(worst);
}

const sections = [
  "### Is this node a honeynode?\n",
  await membershipTable(),
  "### Which of 20,000 nodes are the 100 honeynodes?\n",
  table(["noise", "after 12 releases", "after 52", "releases until 80 of 100 are found"], [
    await mappingRow("as it is", {}, 1),
    await mappingRow("as it is", {}, 9),
    await mappingRow("off", { noiseMilli: NO_NOISE }, 1),
    await mappingRow("off", { noiseMilli: NO_NOISE }, 5),
    await mappingRow("off, and no threshold", { noiseMilli: NO_NOISE, groups: unlimited }, 1),
  ]),
  "### What an alarm gives away\n",
  await alarmTable(),
  "### What each defence is worth\n",
  await defencesTable(),
  `A node whose operator discloses it is a reference that leaks by design: one connection and one release, and the advantage is ${await disclosed()}.\n`,
  "### What the numbers are worth\n",
  await utility({ rounds: SIZE.rounds, say }),
].join("\n");

console.log(sections);
if (isFull) {
  const text = await Deno.readTextFile(DOCUMENT);
  const [before, after] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (before < 0 || after < before) {
    throw new Error(`Cannot write the tables: "${DOCUMENT.pathname}" has no marks`);
  }
  const next = `${text.slice(0, before)}${BEGIN}\n\n${sections}\n${text.slice(after)}`;
  await Deno.writeTextFile(DOCUMENT, next);
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "-q", DOCUMENT.pathname] }).output();
  say("wrote docs/threat-model.md");
}
