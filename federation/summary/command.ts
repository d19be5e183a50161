/**
 * From a command on the wire to one of a closed list, and how much of it a netgroup may add to a sum.
 *
 * @module
 */

import { Command } from "../../proto/federation/schema.ts";

/** The most that one netgroup adds to a node's sums in a bin. */
export interface Share {
  /** Messages. */
  readonly messages: number;
  /** Bytes of their payloads. */
  readonly bytes: number;
}

/** What honest peers send all the time. */
const STREAM: Share = { messages: 1024, bytes: 1024 * 1024 };
/** What they send now and then. */
const STEADY: Share = { messages: 16, bytes: 64 * 1024 };
/** What they send with each block. */
const BLOCKS: Share = { messages: 16, bytes: 4 * 1024 * 1024 };
/** What they send once, or never. */
const ONCE: Share = { messages: 1, bytes: 256 };

/** By number of the enum Command; what is not here is {@linkcode ONCE}. */
const SHARES: ReadonlyMap<number, Share> = new Map([
  ...share(STREAM, Command.INV, Command.TX, Command.GETDATA),
  ...share(BLOCKS, Command.BLOCK, Command.CMPCTBLOCK, Command.BLOCKTXN, Command.MERKLEBLOCK),
  ...share(STEADY, Command.ADDR, Command.ADDRV2, Command.PING, Command.PONG, Command.NOTFOUND),
  ...share(STEADY, Command.HEADERS, Command.GETHEADERS, Command.GETBLOCKTXN, Command.FEEFILTER),
]);

/** Number of the highest command. */
export const MOST_COMMAND: number = Math.max(...Object.values(Command));

/** Texts are cut to eleven characters on their way out of the tracepoint. */
const CUT: readonly (readonly [string, number])[] = [
  ["getcfheader", Command.GETCFHEADERS],
  ["getcfcheckp", Command.GETCFCHECKPT],
];

const COMMANDS: ReadonlyMap<string, number> = new Map([
  ...Object.entries(Command).map(([name, number]) => [name.toLowerCase(), number] as const),
  ...CUT,
]);

/** The number of a command; everything that is not on the list is one. */
export function commandOf(command: string): number {
  return COMMANDS.get(command) ?? Command.OTHER_COMMAND;
}

/** How much of a command a netgroup may add. */
export function shareOf(command: number): Share {
  return SHARES.get(command) ?? ONCE;
}

function share(of: Share, ...commands: number[]): [number, Share][] {
  return commands.map((command) => [command, of]);
}
