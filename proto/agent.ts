/**
 * From a user agent to a family of a closed list. A stranger chooses his user agent, so a name that only he has would
 * be a mark by which he finds out who reports it: whatever is not written exactly as a program of the list writes it is
 * `OTHER_AGENT`, and of a version only its first number counts.
 *
 * @module
 */

import { Agent } from "./federation/schema.ts";

/** Core's MAX_SUBVERSION_LENGTH; nothing longer is looked at. */
const LONGEST = 256;

const VERSION = String.raw`\d{1,4}(?:\.\d{1,4}){1,3}`;
/** What an operator may add with `-uacomment`. */
const COMMENT = String.raw`(?:\([^()/:]{0,128}\))?`;
const CORE = String.raw`/Satoshi:(\d{1,4})\.\d{1,4}(?:\.\d{1,4}){0,2}${COMMENT}/`;

/** The first that fits the whole text counts. */
const FAMILIES: readonly (readonly [pattern: RegExp, family: (match: RegExpExecArray) => number])[] = [
  [whole(CORE), ([, major]) => CORE_BY_MAJOR.get(major!) ?? Agent.CORE_OTHER],
  [whole(String.raw`${CORE}Knots:\d{8}${COMMENT}/`), () => Agent.KNOTS],
  [whole(`/btcwire:${VERSION}/btcd:${VERSION}(?:-beta)?${COMMENT}/`), () => Agent.BTCD],
  [whole(`/btcwire:${VERSION}/neutrino:${VERSION}(?:-beta)?${COMMENT}/`), () => Agent.LIGHT_WALLET],
  [whole(`/bcoin:${VERSION}/`), () => Agent.BCOIN],
  [whole(`/bitcoinj:${VERSION}/(?:[A-Za-z ]{1,32}:[0-9.]{1,16}/)?`), () => Agent.BITCOINJ],
  [whole(`/libbitcoin(?:-node)?:${VERSION}/`), () => Agent.LIBBITCOIN],
  [
    whole(`/(?:breadwallet|Electrum|bitcoin-spv|BitcoinKit|Neutrino|neutrino|nakamoto):${VERSION}/`),
    () => Agent.LIGHT_WALLET,
  ],
  [
    whole(`/(?:bitnodes\\.io|bitcoin-seeder|dsn\\.tm\\.kit\\.edu/bitcoin|dnsseedrs):${VERSION}/`),
    () => Agent.CRAWLER,
  ],
];

const CORE_BY_MAJOR: ReadonlyMap<string, number> = new Map(
  Object.entries(Agent).flatMap(([name, number]) => {
    const major = /^CORE_(\d+)$/.exec(name)?.[1];
    return major === undefined ? [] : [[major, number]];
  }),
);

/**
 * The family of a user agent, a number of the enum Agent.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Agent } from "./federation/schema.ts";
 *
 * assertEquals(agentOf("/Satoshi:29.0.0(garden)/"), Agent.CORE_29);
 * assertEquals(agentOf("/Satoshi:29.0.0/evil"), Agent.OTHER_AGENT);
 * ```
 */
export function agentOf(userAgent: string): number {
  if (userAgent.length > LONGEST) return Agent.OTHER_AGENT;
  for (const [pattern, family] of FAMILIES) {
    const match = pattern.exec(userAgent);
    if (match !== null) return family(match);
  }
  return Agent.OTHER_AGENT;
}

function whole(pattern: string): RegExp {
  return new RegExp(`^${pattern}$`);
}
