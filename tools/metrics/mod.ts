/**
 * Counts events for Prometheus, under the names of the Rust metrics tool, so that its dashboards show them.
 *
 * @module
 */

import { nodeOf } from "../../proto/subjects.ts";
import { component, type Context } from "../../runtime/component.ts";
import { address, type OptionTable, path, type Values } from "../../runtime/options.ts";
import { serve } from "../../runtime/serve.ts";
import { together } from "../../runtime/together.ts";
import { makeAnswer } from "./answer.ts";
import { type Count, makeCount } from "./count.ts";
import { type WatchedFile, watchFiles } from "./files.ts";
import { setStatistics } from "./groups/own.ts";
import { Knowledge, type ListName } from "./knowledge.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { Peers } from "./peers.ts";

const options = {
  address: address("Where Prometheus finds the metrics", "127.0.0.1:8282"),
  torExitList: path("File of the addresses of Tor exits, one per line"),
  banlistGmax: path("File of the addresses on gmax' ban list"),
  banlistMonero: path("File of the addresses on the Monero ban list"),
  bitprojectsList: path("File of the addresses of bitprojects"),
  linkinglionList: path("File of the addresses of LinkingLion; without it, those known in 2025"),
  asmap: path("File that maps addresses to autonomous systems, as Bitcoin Core's -asmap takes it"),
  asNames: path("File of names of autonomous systems, such as `64496 EXAMPLE`, one per line"),
} satisfies OptionTable;

type Options = Values<typeof options>;

const LISTS: readonly (readonly [keyof Options, ListName, flag: string])[] = [
  ["torExitList", "tor_exit", "--metrics.tor-exit-list"],
  ["banlistGmax", "banlist_gmax", "--metrics.banlist-gmax"],
  ["banlistMonero", "banlist_monero", "--metrics.banlist-monero"],
  ["bitprojectsList", "bitprojects", "--metrics.bitprojects-list"],
  ["linkinglionList", "linkinglion", "--metrics.linkinglion-list"],
];

/** The metrics tool. */
export default component({
  summary: "Counts events for Prometheus, with the names that peer-observer's dashboards ask for",
  example: "metrics --metrics.address 127.0.0.1:8282",
  options,
  permissions: (values) => ({
    net: [values.address],
    read: filesOf(values, new Knowledge()).map(({ path }) => path),
  }),
  async run(context) {
    const knowledge = new Knowledge();
    const { metrics, page } = createMetrics();
    const count = makeCount({ metrics, peers: new Peers(knowledge) });
    const files = filesOf(context.options, knowledge);
    const loaded = Promise.withResolvers<void>();
    await together(context.signal, (signal) => [
      watchFiles({ files, metrics, log: context.log, signal }, loaded.resolve),
      loaded.promise.then(() => countAll(context, metrics, count)),
      serve({
        address: context.options.address,
        flag: "--metrics.address",
        log: context.log,
        signal,
        handler: makeAnswer({ metrics, page: () => withStatistics(context, metrics, page) }).fetch,
      }),
    ]);
  },
});

async function countAll(context: Context<typeof options>, metrics: Metrics, count: Count): Promise<void> {
  const events = context.subscribe();
  metrics.runtime_start_timestamp.at().value = Math.floor(Date.now() / 1000);
  const look = makeLookForNodes(context);
  for await (const { subject, data } of events) {
    look(subject);
    count(data);
  }
}

/** The names have no label for a node: two of them would overwrite each other's gauges. */
function makeLookForNodes({ log }: Pick<Context, "log">): (subject: string) => void {
  let lastSubject: string | undefined;
  let node: string | undefined;
  let told = false;
  return (subject) => {
    if (subject === lastSubject || told) return;
    const before = lastSubject;
    lastSubject = subject;
    const now = nodeOf(subject);
    if (before === undefined) node = now;
    else if (now !== node) {
      told = true;
      log.warn(
        `Events of several nodes come (${node ?? "no name"}, ${
          now ?? "no name"
        }) and are mixed in every metric; ` +
          "run one metrics tool for each with --node",
      );
    }
  };
}

async function withStatistics(
  { statistics }: Pick<Context, "statistics">,
  metrics: Metrics,
  page: () => Promise<string>,
): Promise<string> {
  setStatistics(metrics, await statistics());
  return await page();
}

function filesOf(values: Options, knowledge: Knowledge): WatchedFile[] {
  const text = new TextDecoder();
  const { asmap, asNames } = values;
  const files: WatchedFile[] = [];
  for (const [option, name, flag] of LISTS) {
    const path = values[option];
    if (path === undefined) continue;
    files.push({ name, flag, path, take: (content) => knowledge.setList(name, text.decode(content)) });
  }
  if (asmap !== undefined) {
    const take = (content: Uint8Array) => knowledge.setAsmap(content);
    files.push({ name: "asmap", flag: "--metrics.asmap", path: asmap, take });
  }
  if (asNames !== undefined) {
    const take = (content: Uint8Array) => knowledge.setAsNames(text.decode(content));
    files.push({ name: "as_names", flag: "--metrics.as-names", path: asNames, take });
  }
  return files;
}
