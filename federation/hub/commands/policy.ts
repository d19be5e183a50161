import { command } from "../../../runtime/command.ts";
import { integer, type Option, type OptionTable } from "../../../runtime/options.ts";
import { openFolder } from "../folder.ts";
import { PLACE } from "../options.ts";
import { type Choices, DEFAULTS, readRules, signPolicy } from "../policy.ts";

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

const options = { ...PLACE, ...rules } satisfies OptionTable;

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
