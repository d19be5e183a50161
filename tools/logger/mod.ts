/**
 * Prints every event as one line on standard output, in the words of the Rust logger or as JSON.
 *
 * @module
 */

import { GROUPS } from "../../proto/groups.ts";
import type { Delivery } from "../../runtime/bus/bus.ts";
import { component, type Context } from "../../runtime/component.ts";
import { didYouMean } from "../../runtime/nearest.ts";
import { choice, flag, list, type OptionTable } from "../../runtime/options.ts";
import { type Filter, makeFilter, select } from "./filter.ts";
import { jsonLine, type LineOf, makeTextLine, wantsColor } from "./lines.ts";
import { Output } from "./output.ts";
import { parsePlace } from "./place.ts";

const GROUP_NAMES = Object.keys(GROUPS);

const options = {
  only: list(`Groups of events to show: ${GROUP_NAMES.join(", ")} (default: all)`, [], {
    placeholder: "GROUP,…",
    check(name) {
      if (GROUP_NAMES.includes(name)) return;
      throw new SyntaxError(`unknown group "${name}"${didYouMean(name, GROUP_NAMES)}`);
    },
  }),
  peers: list("Only messages and connections of these peers", [], {
    placeholder: "ID,…",
    check(id) {
      if (!/^\d{1,15}$/.test(id)) {
        throw new SyntaxError(`expected peer ids, which are whole numbers, not "${id}"`);
      }
    },
  }),
  addresses: list(
    "Only messages and connections of peers at these addresses: IPv4, IPv6, subnets such as 10.0.0.0/8, .onion and .b32.i2p hosts, all without port",
    [],
    { placeholder: "ADDRESS,…", check: (text) => void parsePlace(text) },
  ),
  commands: list("Only P2P messages of these types, such as inv,tx", [], {
    placeholder: "TYPE,…",
    check(command) {
      if (!/^[!-~]{1,12}$/.test(command)) {
        throw new SyntaxError(`expected message types of 1 to 12 printable characters, not "${command}"`);
      }
    },
  }),
  json: flag("One JSON object per line instead of text"),
  color: choice("Colours in text lines; auto: on a terminal, unless NO_COLOR is set", "auto", [
    "auto",
    "always",
    "never",
  ]),
} satisfies OptionTable;

const NOTHING_PASSES = "logger: no event can pass these filters together, " +
  "since peers and addresses are known of messages and connections only, and commands of messages";

/** What waits may still be printed after a stop for so long, where the reader of standard output is slow. */
const DRAIN_MS = 500;

/** The logger. */
export default component({
  summary: "Prints every event as one line on standard output",
  example: "logger --logger.only messages,connections --logger.peers 7",
  options,
  check: (values) => makeFilter(values)?.kinds.size === 0 ? [NOTHING_PASSES] : [],
  async run(context) {
    const { log, signal } = context;
    const filter = makeFilter(context.options);
    using output = new Output((bytes) => Deno.stdout.write(bytes));
    using drain = afterAbort(signal, DRAIN_MS);
    const end = await Promise.race([
      print(context, filter, output),
      output.ended.then(() => "closed" as const),
      drain.over.then(() => "slow" as const),
    ]);
    if (end === "closed") log.info("Nobody reads standard output any more");
    if (end === "slow") log.warn("Stopped before everything was printed: standard output is read too slowly");
  },
});

async function print(
  context: Context<typeof options>,
  filter: Filter | undefined,
  output: Output,
): Promise<void> {
  const { json, color } = context.options;
  const lineOf = json ? jsonLine : makeTextLine({ color: wantsColor(color) });
  const refuse = makeRefuse(context);
  // Not only the subjects of the wanted kinds: what an event is, its member says, whatever subject it came on.
  for await (const delivery of context.subscribe()) {
    if (output.closed) return;
    const line = printed(delivery, { filter, lineOf, refuse });
    if (line === undefined) continue;
    output.add(line);
    if (output.full) await output.room();
  }
  await output.flush();
}

interface Printing {
  filter: Filter | undefined;
  lineOf: LineOf;
  refuse: Refuse;
}

/** The line of a delivery; `undefined` for one that is filtered out, or refused. */
function printed({ subject, data }: Delivery, { filter, lineOf, refuse }: Printing): string | undefined {
  const event = select(data, filter);
  if (event === undefined) return undefined;
  if ("ok" in event) return refuse(subject, event.reason, ` at byte ${event.offset} of ${data.length}`);
  return lineOf(event, subject) ?? refuse(subject, "no-known-member");
}

type Refuse = (subject: string, reason: string, where?: string) => undefined;

/** Counts what cannot be shown, and tells of it ever more rarely: a flood of it must not become a flood of lines. */
function makeRefuse({ count, log }: Pick<Context, "count" | "log">): Refuse {
  const times = new Map<string, number>();
  return (subject, reason, where = "") => {
    const name = `refused: ${reason}`;
    count(name);
    const time = (times.get(name) ?? 0) + 1;
    times.set(name, time);
    const isPowerOfTwo = (time & (time - 1)) === 0;
    if (isPowerOfTwo) {
      log.debug(`Cannot show an event on ${subject}: ${reason}${where} (number ${time} of these)`);
    }
  };
}

/** A promise that resolves some time after the signal was aborted. */
function afterAbort(signal: AbortSignal, milliseconds: number): Disposable & { over: Promise<void> } {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const start = () => timer = setTimeout(resolve, milliseconds);
  if (signal.aborted) start();
  else signal.addEventListener("abort", start, { once: true });
  return {
    over,
    [Symbol.dispose]() {
      signal.removeEventListener("abort", start);
      clearTimeout(timer);
    },
  };
}
