import { format as formatBytes } from "@std/fmt/bytes";
import { newContributionCode } from "../../../proto/federation/contribution.ts";
import { DEFAULT_HUB } from "../../../proto/federation/invitation.ts";
import { command, type CommandContext } from "../../../runtime/command.ts";
import { integer, list, text } from "../../../runtime/options.ts";
import { LISTED_FOLDER } from "../../datasets/listed.ts";
import { bytesOf } from "../../datasets/offer.ts";
import type { Entry, Shelf } from "../../datasets/shelf.ts";
import { shelfOf } from "../datasets.ts";
import { openFolder } from "../folder.ts";
import { PLACE } from "../options.ts";
import { siteOf } from "../releases.ts";

const options = {
  ...PLACE,
  action: {
    ...list(
      "list, show, release, refuse, delete, each with the first digits of a data set's name, or invite",
      [
        "list",
      ],
      { placeholder: "ACTION [ID]" },
    ),
    takesWords: true,
  },
  why: text("What the contributor of a refused data set is told", "the hub's operator does not want it"),
  url: text("Where contributors reach this hub, https://HOST; stands in front of a code"),
  days: integer("Days until a code is void", 7, { min: 1, max: 366 }),
};

type Own = CommandContext<typeof options>;

/** What can be done; each takes the first digits of a name. */
const ACTIONS: Readonly<Record<string, (shelf: Shelf, context: Own, id: string) => Promise<void>>> = {
  list: listAll,
  async show(shelf, { print }, id) {
    print(describe(await entryOf(shelf, id), shelf));
  },
  async release(shelf, { log, options }, id) {
    const { id: whole } = await shelf.release(await entryOf(shelf, id));
    log.info(`Data set ${whole} is public in ${siteOf(options.folder)}/${LISTED_FOLDER}/${whole}`);
  },
  async refuse(shelf, { log, options }, id) {
    const entry = await entryOf(shelf, id);
    await shelf.refuse(entry, options.why);
    log.info(`Data set ${entry.id} is deleted; its contributor is told why for a week`);
  },
  async delete(shelf, { log }, id) {
    const found = theOne((await shelf.listed()).filter((each) => each.id.startsWith(id)), id);
    await shelf.withdraw(found.id);
    log.info(`Data set ${found.id} is not public any more; who has a copy has it`);
  },
  invite,
};

/** Decides about contributed data sets. */
export default command({
  summary: "Lists contributed data sets, shows, releases, refuses or deletes one, or invites a contributor",
  example: "hub datasets release 3fa9c0de",
  options,
  async run(context) {
    const [action = "list", id = "", ...more] = context.options.action.flatMap((word) => word.split(/\s+/));
    const act = ACTIONS[action];
    if (act === undefined || more.length > 0) {
      throw new Error(
        `Cannot do "${context.options.action.join(" ")}": expected ${Object.keys(ACTIONS).join(", ")}`,
      );
    }
    await act(shelfOf(context.options.folder), context, id);
  },
});

async function listAll(shelf: Shelf, { log, print }: Own): Promise<void> {
  const [entries, listed] = [await shelf.entries(), await shelf.listed()];
  if (entries.length + listed.length === 0) return log.info("There are no data sets");
  print("DATA SET                          STATE     SIZE       EVENTS\n");
  const rows = [
    ...entries.map(({ id, state, offer, manifest }) => ({
      id,
      state,
      bytes: bytesOf(offer),
      events: manifest?.events,
    })),
    ...listed.map(({ id, bytes, events }) => ({ id, state: "public", bytes, events })),
  ];
  for (const { id, state, bytes, events } of rows) {
    const count = events === undefined ? "not known yet" : sum(events);
    print(`${id}  ${state.padEnd(8)}  ${formatBytes(bytes).padEnd(9)}  ${count}\n`);
  }
}

function describe({ id, state, from, offer, why, manifest }: Entry, shelf: Shelf): string {
  const lines = [
    `Data set     ${id}`,
    `State        ${state}${why === undefined ? "" : `: ${why}`}`,
    `From         ${from}`,
    `Size         ${formatBytes(bytesOf(offer))} in ${offer.files.length} files`,
  ];
  if (manifest !== undefined) {
    const { policy, recordings, events, eventsLeftOut } = manifest;
    const damaged = recordings.filter(({ state }) => state !== "complete").length;
    lines.push(
      `Policy       ${policy.name}`,
      `Licence      CC BY 4.0`,
      `Recordings   ${recordings.length}, ${damaged} of them damaged`,
      `Events       ${sum(events)}, and ${eventsLeftOut} that were left out`,
      ...Object.entries(events).map(([kind, count]) => `             ${count} ${kind}`),
      `Checked      hashes, texts, archives; the second look of redact found nothing`,
      `Files        ${shelf.filesOf(id)}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

/** Whoever has the code may contribute one data set. */
async function invite(_shelf: Shelf, { options, log, signal, print }: Own): Promise<void> {
  const { url = httpOf(DEFAULT_HUB), days } = options;
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new TypeError(`Cannot invite to "${url}": expected https://HOST`);
  }
  const { key, store } = await openFolder(options, { log, signal });
  await store[Symbol.asyncDispose]();
  const code = await newContributionCode(key, Math.floor(Date.now() / 1000) + days * 86_400);
  print(`${parsed.origin}#${code}\n`);
}

async function entryOf(shelf: Shelf, id: string): Promise<Entry> {
  return theOne((await shelf.entries()).filter((entry) => entry.id.startsWith(id)), id);
}

function theOne<T>(found: readonly T[], id: string): T {
  if (id === "") throw new Error("Cannot tell which data set is meant: add the first digits of its name");
  const [one, another] = found;
  if (one === undefined) throw new Error(`Cannot find data set "${id}": see \`hub datasets\``);
  if (another !== undefined) {
    throw new Error(`Cannot tell which data set is meant: ${found.length} begin with "${id}"`);
  }
  return one;
}

function httpOf(url: string): string {
  return url.replace(/^ws/, "http");
}

function sum(events: Readonly<Record<string, number>>): number {
  return Object.values(events).reduce((sum, count) => sum + count, 0);
}
