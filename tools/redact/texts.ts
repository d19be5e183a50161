/**
 * What comes with a data set besides its archives: who gets it reads these first.
 *
 * @module
 */

import type { NamedPolicy } from "./policy.ts";
import { warningsOf } from "./policy.ts";

/** Under what a data set may be given. */
export type Licence = "none" | "cc-by-4.0";

/** The text of the file LICENSE. */
export const CC_BY =
  `This data set is licensed under the Creative Commons Attribution 4.0 International licence (CC BY 4.0).

You may share and adapt it for any purpose, also commercially, if you give credit to its contributor, link to the
licence and say whether you changed something.

https://creativecommons.org/licenses/by/4.0/
https://creativecommons.org/licenses/by/4.0/legalcode
`;

/** What the README tells. */
export interface About {
  readonly policy: NamedPolicy;
  readonly licence: Licence;
  readonly files: readonly string[];
  readonly events: number;
  /** Archives that were cut off or broken. */
  readonly damaged: number;
}

/** The text of the file README.md. */
export function readme({ policy, licence, files, events, damaged }: About): string {
  const warnings = warningsOf(policy).map((warning) => `- **${warning}.**\n`).join("");
  return `# Bitcoin P2P events, redacted

${events} events that were recorded at Bitcoin nodes and redacted with Waggle, policy "${policy.name}".${
    damaged === 0 ? "" : ` ${damaged} of the recordings had been damaged: they are here up to the damage.`
  }

## Files

${
    files.map((name) =>
      `- \`${name}\`: an archive; \`deno task replay\`, \`archiveinfo\` and \`export\` read it\n`
    ).join("")
  }- \`manifest.json\`: what was done to each class of fields, how often, and the SHA-256 of each file
- \`verification.json\`: what a second program looked at before this was released
${licence === "none" ? "" : "- `LICENSE`: CC BY 4.0\n"}
## What the values mean

- Addresses are pseudonyms: the same peer has the same one everywhere in this data set and another one in any other.
  Unless the policy says "prefix", those of IPv4 are in 240.0.0.0/4, those of IPv6 in 2001:db8::/32 and those of CJDNS in
  fc00:db8::/32; names of Tor and I2P begin with "redacted". None of them belongs to anybody. Of 100,000 IPv4 addresses
  some 20 pairs share a pseudonym.
- A hash that begins with "redacted" in its bytes is a pseudonym, too. Zeros and empty texts stand for what was removed.
- All times are moved by the same random amount.

## What redaction cannot hide
${warnings === "" ? "" : `\n${warnings.trimEnd()}`}
- The shape of the traffic stays: sizes and order of messages, who sent how many of them when. Who took part in it, or sent
  traffic of a shape of his own, can find it again, and with it the peers around it.
- Blocks come at intervals that everybody knows, and their messages have sizes that everybody knows: with patience it can
  be found out how far times were moved.
`;
}
