import { command } from "../../../runtime/command.ts";
import { flag, integer, list, type Option, type OptionTable } from "../../../runtime/options.ts";
import { openFolder } from "../folder.ts";
import { PLACE } from "../options.ts";
import { type Choices, DEFAULTS, readRules, signPolicy } from "../policy.ts";
import { type Dial, dialOf } from "../../release/plan.ts";
import { GROUP_NAMES, groupsOf } from "../../release/public.ts";
import { plansOf } from "../releases.ts";

type Rule = keyof typeof DEFAULTS;

/** What each rule is, and between what it can be chosen. */
const RULES: Readonly<Record<Rule, { help: string; min: number; max: number }>> = {
  kMember: { help: "Operators, and trees of sponsors, behind a number that members see", min: 2, max: 1000 },
  kPublic: { help: "The same for the public", min: 2, max: 1000 },
  clip: { help: "The most that a node adds to one count", min: 1, max: 4096 },
  keysPerNode: { help: "The most counts that a node adds to in a bin", min: 1, max: 4096 },
  noiseMilli: { help: "Noise of public numbers, in thousandths of the clip", min: 0, max: 1_000_000 },
  releasesPerYear: { help: "Public releases a year", min: 0, max: 366 },
  alarmsPerYear: {
    help: "Alarms in any 364 days: that the whole network is under stress, that a block is late; 0 for none",
    min: 0,
    max: 366,
  },
  alarmEpsilonMilli: {
    help: "What an alarm may tell of an operator: epsilon of differential privacy, in thousandths",
    min: 1,
    max: 10_000,
  },
  sponsors: { help: "Members that have to sign an invitation", min: 1, max: 8 },
};

type RuleOptions = { readonly [K in Rule]: Option<number | undefined> };

const rules = Object.fromEntries(
  Object.entries(RULES).map(([name, { help, min, max }]) => {
    return [name, { ...integer(help, 0, { min, max }), default: undefined }];
  }),
) as unknown as RuleOptions;

const options = {
  ...PLACE,
  ...rules,
  groups: {
    ...list(`Numbers that are published: some of ${GROUP_NAMES.join(",")}, or none`, [], {
      placeholder: "GROUP,…",
      check: checkGroup,
    }),
    default: undefined,
  } as Option<readonly string[] | undefined>,
  plan: flag("Says what the rules would mean for public numbers, and signs nothing"),
} satisfies OptionTable;

const NONE = "none";

/** Shows and changes the rules. */
export default command({
  summary: "Shows the rules; with options, signs and sets new ones",
  example: "hub policy --hub.k-member 5",
  options,
  async run({ options, log, signal, print }) {
    const { key, store: opened } = await openFolder(options, { log, signal });
    await using store = opened;
    const { policy } = await readRules((await store.policy())!);
    const names = Object.keys(DEFAULTS) as Rule[];
    const numbers = Object.fromEntries(
      // Rules that were signed before there were alarms have none.
      names.map((
        name,
      ) => [name, options[name] ?? policy[name] ?? (name === "alarmsPerYear" ? 0 : DEFAULTS[name])]),
    ) as Record<Rule, number>;
    const groups = options.groups === undefined
      ? groupsOf(policy)
      : GROUP_NAMES.filter((name) => options.groups!.includes(name));
    const chosen: Choices = { ...numbers, groups, sightings: policy.sightings };
    const isNew = names.some((name) => options[name] !== undefined && options[name] !== policy[name]) ||
      groups.join() !== groupsOf(policy).join();
    if (options.plan) return print(planText({ ...dialOf(policy), ...numbers, groups }));
    if (isNew) {
      await store.setPolicy(await signPolicy(chosen, key, Math.floor(Date.now() / 1000)));
      log.info("Signed a new policy; a running hub sends it to all members now");
    }
    const width = Math.max(...names.map((name) => name.length));
    for (const name of names) {
      print(`${name.padEnd(width)}  ${String(chosen[name]).padStart(6)}  ${RULES[name].help}\n`);
    }
    print(`Published: ${groups.length === 0 ? NONE : groups.join(", ")}\n`);
  },
});

/** The attacker's advantage, and how far 95 of 100 numbers are from the truth at most. */
function planText(dial: Dial): string {
  const plans = plansOf(dial);
  const groups = dial.groups;
  const rows = [
    ["nodes", "releases", "advantage", "a year", ...groups],
    ...plans.map(([nodes, { cadence, advantagePerRelease, advantagePerYear, errors }]) => [
      ...[String(nodes), cadence ?? "none", advantagePerRelease.toFixed(3), advantagePerYear.toFixed(3)],
      ...groups.map((group) => `±${errors[group]!.toFixed(2)}`),
    ]),
  ];
  const table = rows.map((row) => `${row.map((cell) => cell.padEnd(11)).join("").trimEnd()}\n`).join("");
  return `${table}
Two nodes for each operator. The advantage is that of guessing whether an operator takes part; numbers are from 0 to
1, and 95 of 100 are nearer to the truth than this. Numbers begin when there are surely 25 nodes and 5 members.
${alarmText(plans[0]![1].alarmOperators, dial)}`;
}

function alarmText(operators: number | undefined, { alarmsPerYear }: Dial): string {
  if (operators === undefined) return "There are no alarms between releases.\n";
  return `Alarms between releases, at most ${alarmsPerYear} a year: from ${operators} operators on; they are in the advantage of a year.\n`;
}

function checkGroup(text: string): void {
  if (text === NONE || (GROUP_NAMES as readonly string[]).includes(text)) return;
  throw new SyntaxError(`expected some of ${GROUP_NAMES.join(",")}, or ${NONE}`);
}
