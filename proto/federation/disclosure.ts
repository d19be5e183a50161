/**
 * Whether a minute of a disclosed node says only what it may say. The uplink checks before it sends, the hub before it
 * keeps. Its two texts are the operator's own; everything else is numbers from closed lists and the hashes of blocks.
 *
 * @module
 */

import {
  Agent,
  Behaviour,
  Command,
  type DisclosedCount,
  type Disclosure,
  Network,
  TipStatus,
} from "./schema.ts";

/** The most blocks, and the most tips. */
export const MOST_DISCLOSED_BLOCKS = 12;
/** Seconds between two of them, and the least that is taken. */
export const DISCLOSE_SECONDS = 60;
const LONGEST_NAME = 32;
const LONGEST_URL = 128;
const MOST_SECONDS = 3600;
const HASH_BYTES = 32;
const NAME = /^[a-z0-9]+(?:[.-][a-z0-9]+)*$/;
/** Nothing in it can end an attribute, a tag or a line. */
const URL_CHARACTERS = /^https:\/\/[A-Za-z0-9._~:/?#@!$*+,;=%-]+$/;

/** Whether a node may have this name in public. */
export function isDisclosedName(name: string): boolean {
  return name.length <= LONGEST_NAME && NAME.test(name);
}

/** Whether this may stand in public as the place where there is more about a node. */
export function isDisclosedUrl(url: string): boolean {
  if (url.length > LONGEST_URL || !URL_CHARACTERS.test(url)) return false;
  const parsed = URL.parse(url);
  return parsed !== null && parsed.username === "" && parsed.password === "";
}

/** What is wrong with it, in words that do not repeat it; `undefined` if it is right. */
export function checkDisclosure(disclosure: Disclosure): string | undefined {
  const { name, url, at, seconds, peers, messages, mempool, blocks, tips, behaviours } = disclosure;
  if (!isDisclosedName(name)) return "the name is none";
  if (url !== undefined && !isDisclosedUrl(url)) return "the address is none";
  if (!Number.isSafeInteger(at) || seconds < 1 || seconds > MOST_SECONDS) return "the time is none";
  if (peers !== undefined && !(areCounts(peers.networks, Network) && areCounts(peers.agents, Agent))) {
    return "a network or a user agent is unknown or said twice";
  }
  if (!areDistinct(messages.map(({ command }) => command), Command)) {
    return "a command is unknown or said twice";
  }
  const sizes = messages.flatMap(({ receivedBytes, sentBytes }) => [receivedBytes, sentBytes]);
  if (![...sizes, mempool?.bytes ?? 0].every(Number.isSafeInteger)) return "a number is too large";
  if (!areCounts(behaviours, Behaviour)) return "a behaviour is unknown or said twice";
  if (Math.max(blocks.length, tips.length) > MOST_DISCLOSED_BLOCKS) return "there are too many blocks";
  if (![...blocks, ...tips].every(({ hash }) => hash.length === HASH_BYTES)) return "a hash is none";
  if (!blocks.every((block) => isDate(block.at))) return "the time of a block is none";
  if (!tips.every(({ status }) => has(TipStatus, status))) return "a tip is unknown";
  return undefined;
}

function areCounts(counts: readonly DisclosedCount[], of: Readonly<Record<string, number>>): boolean {
  return areDistinct(counts.map(({ index }) => index), of);
}

function areDistinct(numbers: readonly number[], of: Readonly<Record<string, number>>): boolean {
  return new Set(numbers).size === numbers.length && numbers.every((number) => has(of, number));
}

function has(of: Readonly<Record<string, number>>, number: number): boolean {
  return Object.values(of).includes(number);
}

function isDate(milliseconds: number): boolean {
  return Number.isSafeInteger(milliseconds) && !Number.isNaN(new Date(milliseconds).getTime());
}
