import { command } from "../../../runtime/command.ts";
import { flag, integer, type Option, type OptionTable } from "../../../runtime/options.ts";
import { openFolder } from "../folder.ts";
import { PLACE } from "../options.ts";
import { type Choices, DEFAULTS, readRules, signPolicy } from "../policy.ts";
import { plansOf } from "../releases.ts";

/** What each rule is, and between what it can be chosen. */
const RULES: Readonly<Record<keyof Choices, { help: string; min: number; max: number }>> = {
  kMember: { help: "Operators, and trees of sponsors, behind a number that members see", min: 2, max: 1000 },
  kPublic: { help: "The same for the public", min: 2, max: 1000 },
  clip: { help: "The most that a node adds to one count", min: 1, max: 4096 },
  keysPerNode: { help: "The most counts that a node adds to in a bin", min: 1, max: 4096 },
  noiseMilli: { help: "Noise of public numbers, in thousandths of the clip", min: 0, max: 1_000_000 },
  releasesPerYear: { help: "Public releases a year", min: 0, max: 366 },
  sponsors: { help: "Members that have to sign an invitation", min: 1, max: 8 },
};

type RuleOptions = { readonly [K in keyof Choices]: Option<number | undefined> };

const rules = Object.fromEntries(
  Object.entries(RULES).map(([name, { help, min, max }]) => {
    return [name, { ...integer(help, 0, { min, max }), default: undefined }];
  }),
) as unknown as RuleOptions;

const options = {
  ...PLACE,
  ...rules,
  plan: flag("Says what the rules would mean for public numbers, and signs nothing"),
} satisfies OptionTable;

/** Shows and changes the rules. */
export default command({
  summary: "Shows the rules; with options, signs and sets new ones",
  example: "hub policy --hub.k-member 5",
  options,
  async run({ options, log, signal, print }) {
    const { key, store: opened } = await openFolder(options, { log, signal });
    await using store = opened;
    const { policy } = await readRules((await store.policy())!);
    const names = Object.keys(DEFAULTS) as (keyof Choices)[];
    const chosen = Object.fromEntries(names.map((name) => [name, options[name] ?? policy[name]])) as Choices;
    const isNew = names.some((name) => chosen[name] !== policy[name]);
    if (options.plan) return print(planText(chosen));
    if (isNew) {
      await store.setPolicy(await signPolicy(chosen, key, Math.floor(Date.now() / 1000)));
      log.info("Signed a new policy; a running hub sends it to all members now");
    }
    const width = Math.max(...names.map((name) => name.length));
    for (const name of names) {
      print(`${name.padEnd(width)}  ${String(chosen[name]).padStart(6)}  ${RULES[name].help}\n`);
    }
  },
});

/** The attacker's advantage, and how far 95 of 100 numbers are from the truth at most. */
function planText(policy: Choices): string {
  const plans = plansOf(policy);
  const groups = Object.keys(plans[0]![1].errors) as (keyof typeof plans[0][1]["errors"])[];
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
`;
}
