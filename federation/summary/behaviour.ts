/**
 * What peers do that honest ones do not: each rule with its threshold. A rule looks at one connection in one bin, and
 * its netgroup shows the behaviour if any of its connections does. All but one count what happens in the bin, so
 * that it does not matter when in the bin it happens.
 *
 * @module
 */

import { Behaviour, Command } from "../../proto/federation/schema.ts";

/** The thresholds. */
export const LIMITS = {
  /** Pings of a connection in a bin that are fine. Core sends 5; 3 in each two minutes are 15. */
  pings: 15,
  /** Messages with addresses of a connection in a bin that are fine: 6 a minute. Core sends about 20. */
  addressMessages: 60,
  /** Addresses beyond the node's rate limit that are fine. */
  addressesLimited: 20,
  /** Announcements that the node sent to a listener before his silence means something. */
  announcedTo: 20,
  /** Announcements and requests without any answer before that means something. */
  unanswered: 5,
  /** A connection that ends sooner was short. */
  shortMs: 60_000,
  /** Inbound connections of one address in a bin that are fine. */
  openings: 3,
} as const;

/** Bitcoin Core's rate limit of addresses (net_processing.cpp, ProcessAddrs). */
export const RATE_LIMIT = {
  /** Tokens of a new connection. */
  start: 1,
  /** Tokens per millisecond. */
  perMs: 0.1 / 1000,
  /** Tokens that time alone gives; asking for addresses gives as many at once. */
  most: 1000,
} as const;

/** What one connection did in one bin. */
export class ConnectionActs {
  /** Pings received. */
  pings = 0;
  /** Messages with addresses received. */
  addressMessages = 0;
  /** Addresses beyond the rate limit. */
  addressesLimited = 0;
  /** Announcements received. */
  announced = 0;
  /** Messages received that only somebody sends who takes part: announcements, requests, data. */
  tookPart = 0;
  /** Transactions, blocks and refusals received. */
  answered = 0;
  /** Announcements sent. */
  announcedTo = 0;
  /** Requests sent. */
  asked = 0;

  /** A message came. */
  receive(command: number): void {
    if (command === Command.PING) this.pings++;
    else if (command === Command.ADDR || command === Command.ADDRV2) this.addressMessages++;
    else if (TAKES_PART.has(command)) {
      this.tookPart++;
      if (command === Command.INV) this.announced++;
      if (ANSWERS.has(command)) this.answered++;
    }
  }

  /** A message went. */
  send(command: number): void {
    if (command === Command.INV) this.announcedTo++;
    else if (command === Command.GETDATA) this.asked++;
  }
}

const ANSWERS: ReadonlySet<number> = new Set([
  ...[Command.TX, Command.BLOCK, Command.CMPCTBLOCK, Command.BLOCKTXN, Command.MERKLEBLOCK, Command.NOTFOUND],
]);
const TAKES_PART: ReadonlySet<number> = new Set([
  ...ANSWERS,
  ...[Command.INV, Command.GETDATA, Command.GETBLOCKTXN, Command.HEADERS, Command.MEMPOOL],
  ...[Command.FILTERLOAD, Command.GETCFILTERS, Command.GETCFHEADERS, Command.GETCFCHECKPT],
]);

/** The rules that look at a connection's bin; the others are said by the node itself, at once. */
const RULES: readonly (readonly [behaviour: number, shows: (acts: ConnectionActs) => boolean])[] = [
  [Behaviour.PING_SPAM, ({ pings }) => pings > LIMITS.pings],
  [Behaviour.ADDR_SPAM, ({ addressMessages }) => addressMessages > LIMITS.addressMessages],
  [Behaviour.ADDR_ENTRIES_SPAM, ({ addressesLimited }) => addressesLimited > LIMITS.addressesLimited],
  [Behaviour.INV_ONLY, (acts) => onlyListens(acts) || neverAnswers(acts)],
];

/** Behaviours of a connection, by number. */
export function behavioursOf(acts: ConnectionActs): number[] {
  return RULES.flatMap(([behaviour, shows]) => shows(acts) ? [behaviour] : []);
}

function onlyListens({ announcedTo, tookPart }: ConnectionActs): boolean {
  return announcedTo >= LIMITS.announcedTo && tookPart === 0;
}

function neverAnswers({ announced, asked, answered }: ConnectionActs): boolean {
  return announced >= LIMITS.unanswered && asked >= LIMITS.unanswered && answered === 0;
}

/** The rate limit of one connection, which goes on over the bins. */
export class AddressAllowance {
  #tokens: number;
  #at: number;

  /** From the moment it was first seen, with so many tokens. */
  constructor(at: number, tokens: number = RATE_LIMIT.start) {
    this.#at = at;
    this.#tokens = tokens;
  }

  /** The node asked for addresses. */
  ask(): void {
    this.#tokens += RATE_LIMIT.most;
  }

  /** Takes a token for each address; how many there were none for. */
  take(addresses: number, at: number): number {
    const earned = Math.max(0, at - this.#at) * RATE_LIMIT.perMs;
    if (this.#tokens < RATE_LIMIT.most) this.#tokens = Math.min(RATE_LIMIT.most, this.#tokens + earned);
    this.#at = Math.max(at, this.#at);
    const paid = Math.min(addresses, Math.floor(this.#tokens));
    this.#tokens -= paid;
    return addresses - paid;
  }
}
