/**
 * The lines that become typed events, as a table: a text that only such a line has, a pattern that reads it, and the
 * event. A row is tried only on a message that holds its text. A line that lacks what its event must say (older
 * nodes name no peer with a header) is none of these, and stays readable as a message.
 *
 * @module
 */

import type { Log } from "../../proto/schema.ts";

/** What a log event carries. */
export type LogEvent = NonNullable<Log["logEvent"]>;

/** A kind of line. */
export interface Matcher {
  /** Found in each such message, and in no other. */
  readonly needle: string;
  /** Reads the message from the needle on. */
  readonly pattern: RegExp;
  /** The event; numbers and hashes are in the named groups of the pattern. */
  event(groups: Readonly<Record<string, string>>): LogEvent;
}

const HASH = String.raw`(?<hash>[0-9a-f]{64})`;
// Nine digits fit an uint32, which the events have; a tenth is no block height and no count of transactions.
const number = (name: string) => String.raw`(?<${name}>\d{1,9})(?!\d)`;
// After each count in a proposed form (pull request 35724) of the line.
const SIZE = String.raw`(?: \(\d+ bytes\))?`;

/** What is recognised, in the order of how often it happens. */
export const MATCHERS: readonly Matcher[] = [
  {
    // Twice for each block: with "Enqueuing " before it, and when it is handled.
    needle: "BlockConnected: block hash=",
    pattern: sticky(`BlockConnected: block hash=${HASH} block height=${number("height")}`),
    event: ({ hash, height }) => ({
      case: "blockConnectedLog",
      value: { blockHash: hash!, blockHeight: Number(height) },
    }),
  },
  {
    needle: "BlockChecked: block hash=",
    pattern: sticky(String.raw`BlockChecked: block hash=${HASH} state=(?<state>[^]*)`),
    event({ hash, state }) {
      const comma = state!.indexOf(", ");
      const [word, debugMessage] = comma < 0
        ? [state!, ""]
        : [state!.slice(0, comma), state!.slice(comma + 2)];
      return { case: "blockCheckedLog", value: { blockHash: hash!, state: word, debugMessage } };
    },
  },
  {
    needle: "Saw new ",
    pattern: sticky(
      String.raw`Saw new (?<compact>cmpctblock )?header hash=${HASH} height=${
        number("height")
      },? peer=(?<peer>\d{1,15})(?!\d)`,
    ),
    event: ({ hash, height, peer, compact }) => ({
      case: "sawNewHeaderLog",
      value: {
        blockHash: hash!,
        blockHeight: Number(height),
        peerId: Number(peer),
        isCmpctblock: compact !== undefined,
      },
    }),
  },
  {
    needle: "Successfully reconstructed block ",
    pattern: sticky(
      `Successfully reconstructed block ${HASH} with ${number("prefilled")} txn${SIZE} prefilled, ` +
        `${number("mempool")} txn${SIZE} from mempool \\(incl at least ${number("extra")}(?: txn)?${SIZE} ` +
        // The size came with Core 30.
        `from extra pool\\) and ${number("requested")} txn(?: \\(${number("bytes")} bytes\\))? requested`,
    ),
    event: ({ hash, prefilled, mempool, extra, requested, bytes = "0" }) => ({
      case: "compactBlockReconstructedLog",
      value: {
        blockHash: hash!,
        prefilledTxnCount: Number(prefilled),
        mempoolTxnCount: Number(mempool),
        extraPoolTxnCount: Number(extra),
        requestedTxnCount: Number(requested),
        requestedTxnBytes: Number(bytes),
      },
    }),
  },
];

/**
 * The typed event of a message, or the message itself: no line is lost.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const hash = "00".repeat(32);
 * assertEquals(eventOf(`Enqueuing BlockConnected: block hash=${hash} block height=7`), {
 *   case: "blockConnectedLog",
 *   value: { blockHash: hash, blockHeight: 7 },
 * });
 * assertEquals(eventOf("hello"), { case: "unknownLogMessage", value: { rawMessage: "hello" } });
 * ```
 */
export function eventOf(message: string): LogEvent {
  for (const { needle, pattern, event } of MATCHERS) {
    const at = message.indexOf(needle);
    if (at < 0) continue;
    pattern.lastIndex = at;
    const groups = pattern.exec(message)?.groups;
    if (groups !== undefined) return event(groups);
  }
  return { case: "unknownLogMessage", value: { rawMessage: message } };
}

function sticky(pattern: string): RegExp {
  return new RegExp(pattern, "y");
}
