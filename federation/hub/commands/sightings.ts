import { keyText, parseKey } from "../../../proto/federation/keys.ts";
import type { SightingRules } from "../../../proto/federation/schema.ts";
import { command } from "../../../runtime/command.ts";
import { flag, integer, type Option } from "../../../runtime/options.ts";
import { groupsOf } from "../../release/public.ts";
import { partsOf, PER_PART } from "../../sightings/part.ts";
import { MOST_K } from "../../sightings/share.ts";
import { openFolder } from "../folder.ts";
import { PLACE } from "../options.ts";
import { type Choices, DEFAULTS, readRules, signPolicy } from "../policy.ts";

const randomnessKey: Option<string | undefined> = {
  help: "Key of the randomness service that all members ask",
  default: undefined,
  placeholder: "C…",
  parse(text) {
    if (parseKey("randomness", text) === undefined) throw new SyntaxError("expected a service's key, C…");
    return text;
  },
};

/** Shows and changes the rules for sightings. */
export default command({
  summary: "Shows the rules for sightings; with options, signs and sets new ones",
  example: "hub sightings --hub.randomness-key CDF…",
  options: {
    ...PLACE,
    randomnessKey,
    epochSeconds: integer("Seconds of an epoch, as the service has it", 604_800, { min: 1, max: 31_536_000 }),
    perEpoch: integer("Sightings that each member sends for an epoch, filled up with padding", 256, {
      min: PER_PART,
      max: 4096,
    }),
    off: flag("No sightings any more"),
  },
  async run({ options, log, signal, print }) {
    const { randomnessKey, epochSeconds, perEpoch, off } = options;
    const { key, store: opened } = await openFolder(options, { log, signal });
    await using store = opened;
    const { policy } = await readRules((await store.policy())!);
    if (randomnessKey === undefined && !off) return print(textOf(policy.sightings));
    if (!off && store.sightings === undefined) {
      throw new Error(
        "Cannot take sightings: a store on NATS servers does not keep them, use one in a folder",
      );
    }
    if (!off && policy.kMember > MOST_K) {
      throw new Error(`Cannot take sightings: ${policy.kMember} operators for each are more than ${MOST_K}`);
    }
    const rules: SightingRules | undefined = off ? undefined : {
      randomnessKey: parseKey("randomness", randomnessKey!)!,
      epochSeconds,
      perEpoch: partsOf({ perEpoch }) * PER_PART,
    };
    const names = Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[];
    const numbers = Object.fromEntries(names.map((name) => [name, policy[name] ?? 0])) as Record<
      keyof typeof DEFAULTS,
      number
    >;
    const chosen: Choices = { ...numbers, groups: groupsOf(policy), sightings: rules };
    await store.setPolicy(await signPolicy(chosen, key, Math.floor(Date.now() / 1000)));
    log.info("Signed a new policy; a running hub sends it to all members now");
    print(textOf(rules));
  },
});

function textOf(rules: SightingRules | undefined): string {
  if (rules === undefined) return "No sightings; a key of a randomness service begins them\n";
  const { randomnessKey, epochSeconds, perEpoch } = rules;
  return `Randomness service  ${keyText("randomness", randomnessKey)}
Epoch               ${epochSeconds} seconds
Sightings           ${perEpoch} of each member for an epoch, padding included
`;
}
