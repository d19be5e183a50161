/**
 * Tries whether the addresses that peers announce belong to nodes: connects, says hello, notes the answer. It is the
 * only part that sends something to strangers, so it never starts unless it is named, and goes through a proxy unless
 * it is told not to.
 *
 * ```sh
 * deno task connectivity-check
 * ```
 *
 * @module
 */

import { type NetworkName, START_BYTES } from "../../proto/bitcoin/mod.ts";
import { decodeEvent, peek } from "../../proto/event.ts";
import type { Address, Metadata } from "../../proto/schema.ts";
import { parseSubnet } from "../../proto/subnet.ts";
import { parseSubnetList } from "../../proto/subnet_list.ts";
import { SubnetSet } from "../../proto/subnet_set.ts";
import { pause } from "../../runtime/backoff.ts";
import { component, type Context, type Permissions } from "../../runtime/component.ts";
import { address, choice, flag, integer, list, type OptionTable, path, text } from "../../runtime/options.ts";
import { serveMetrics } from "../../runtime/serve.ts";
import type { Log } from "../../runtime/log.ts";
import { didYouMean } from "../../runtime/nearest.ts";
import { reasonOf } from "../../runtime/reason.ts";
import { together } from "../../runtime/together.ts";
import { CSV_HEADER, csvRow, Metrics, type Result, sourceIp } from "./record.ts";
import { probe } from "./probe.ts";
import { type Network, NETWORKS, type Reach, targetOf } from "./target.ts";
import { type Job, Work } from "./work.ts";

/** An answer to getaddr, which says nothing about who is online now. */
const FULL_ANSWER = 1000;

const MILLISECONDS = { min: 100, max: 600_000 };

const options = {
  proxy: address("SOCKS5 proxy for all connections; Tor's by default", "127.0.0.1:9050"),
  direct: flag(
    "Connect to IPv4, IPv6 and CJDNS without a proxy, which shows this machine's address to strangers",
  ),
  i2pProxy: address("SOCKS5 proxy that reaches I2P, such as 127.0.0.1:4447"),
  networks: list(`Networks to try: ${NETWORKS.join(", ")}`, ["ipv4", "ipv6"], {
    placeholder: "NETWORK,…",
    check(name) {
      if ((NETWORKS as readonly string[]).includes(name)) return;
      throw new SyntaxError(`unknown network "${name}"${didYouMean(name, [...NETWORKS])}`);
    },
  }),
  allow: list("Subnets that are tried although they are private, such as 127.0.0.0/8", [], {
    placeholder: "SUBNET,…",
    check: (text) => void parseSubnet(text),
  }),
  chain: choice(
    "The chain whose nodes are greeted",
    "mainnet",
    Object.keys(START_BYTES) as [NetworkName, ...NetworkName[]],
  ),
  workers: integer("Connections at a time", 50, { min: 1, max: 1000 }),
  perSecond: integer("Connections that are begun per second", 10, { min: 1, max: 10_000 }),
  queue: integer("Addresses that may wait; what comes on top is dropped", 10_000, { min: 1, max: 1_000_000 }),
  connectTimeoutMs: integer("Milliseconds to connect, through the proxy included", 20_000, MILLISECONDS),
  readTimeoutMs: integer("Milliseconds to answer", 10_000, MILLISECONDS),
  userAgent: text("Name told to the nodes", "/waggle:0.1/"),
  csv: path("Folder for files addr-connectivity-SECONDS.csv with a row for each result"),
  torExits: path("File with the addresses of Tor's exits, one a line"),
  metricsAddress: address("Where to serve metrics", "127.0.0.1:18282"),
} satisfies OptionTable;

const WARNING =
  "Connecting to strangers without a proxy: every node that is tried, and whoever announced it, " +
  "can learn this machine's address; where that matters, leave out --connectivity-check.direct";
const REMARK = "Connecting to addresses that strangers announce, through the proxy";

/** The connectivity check. */
export default component({
  summary:
    "Tries whether announced addresses belong to nodes; sends something to strangers, so only when named",
  example: "connectivity-check --connectivity-check.csv .",
  options,
  check({ networks, direct, i2pProxy }) {
    const problems = [];
    if (networks.includes("i2p") && i2pProxy === undefined) {
      problems.push(
        "connectivity-check: I2P needs a proxy that reaches it, set --connectivity-check.i2p-proxy",
      );
    }
    if (networks.includes("cjdns") && !direct) {
      problems.push(
        "connectivity-check: CJDNS is reached without a proxy only, set --connectivity-check.direct",
      );
    }
    return problems;
  },
  permissions({ proxy, direct, i2pProxy, csv, torExits, metricsAddress }): Permissions {
    const given = (...items: (string | undefined)[]) => items.filter((item) => item !== undefined);
    return {
      net: given(proxy, i2pProxy, metricsAddress),
      anywhere: direct,
      read: given(torExits),
      write: given(csv),
    };
  },
  async run(context) {
    const { options, log } = context;
    if (options.direct) log.warn(WARNING);
    else log.info(REMARK);
    const metrics = new Metrics();
    const work = new Work(options.queue);
    const exits = await readExits(options.torExits, log);
    using output = openCsv(options.csv);
    const tell = (result: Result) => {
      metrics.observe(result);
      output.write(result);
    };
    const conclude = (job: Job, known: Pick<Result, "success" | "cached" | "version">) =>
      tell({ job, at: Date.now(), fromTorExit: exits.has(sourceIp(job)), ...known });
    await together(context.signal, (signal) => [
      serveMetrics({
        address: options.metricsAddress,
        flag: "--connectivity-check.metrics-address",
        log,
        signal,
        text: () => metrics.text(work.length),
      }),
      listen(
        context,
        work,
        metrics,
        (job) => conclude(job, { success: true, cached: true, version: undefined }),
      ),
      ...probing(
        context,
        work,
        signal,
        (job, version) => conclude(job, { success: version !== undefined, cached: false, version }),
      ),
    ]);
  },
});

type Own = Context<typeof options>;
type NodeVersion = Result["version"];

/** Puts what is announced into the queue. */
async function listen(context: Own, work: Work, metrics: Metrics, known: (job: Job) => void): Promise<void> {
  const { options, subscribe } = context;
  const count = (what: string) => {
    context.count(what);
    metrics.count(what);
  };
  const reach: Reach = { networks: new Set(options.networks), allow: options.allow.map(parseSubnet) };
  for await (const { data } of subscribe()) {
    for (const { address, version, source, at } of announced(data, count)) {
      const target = targetOf(address, reach);
      if (typeof target === "string") {
        count(`left out: ${target}`);
        continue;
      }
      const job = { target, address, version, source, at };
      const offer = work.offer(job, Date.now());
      if (offer === "cached") known(job);
      else if (offer === "queue is full") count("dropped: queue is full");
      else if (offer !== "waits") count(`left out: ${offer}`);
    }
  }
}

/** The addresses that an event announces. */
function announced(data: Uint8Array, count: (what: string) => void): Omit<Job, "target">[] {
  const seen = peek(data);
  if (!seen.ok) {
    count(`refused: ${seen.reason}`);
    return [];
  }
  if (seen.kind === "none") count("no known member");
  const command = seen.message?.command;
  if (!seen.message?.inbound || command !== "addr" && command !== "addrv2") return [];
  const decoded = decodeEvent(data);
  if (!decoded.ok) {
    count(`refused: ${decoded.reason}`);
    return [];
  }
  const { event } = decoded;
  if (event.kind !== "message" || event.value.msg?.case !== "addr" && event.value.msg?.case !== "addrv2") {
    return [];
  }
  const { case: version, value } = event.value.msg;
  if (value.addresses.length === FULL_ANSWER) return [];
  const source: Metadata = event.value.meta;
  return value.addresses.map((address: Address) => ({ address, version, source, at: event.timestamp }));
}

/** The workers, which share one rate. */
function probing(
  { options }: Own,
  work: Work,
  signal: AbortSignal,
  tell: (job: Job, version: NodeVersion) => void,
): Promise<void>[] {
  const { proxy, direct, i2pProxy, chain, userAgent, connectTimeoutMs, readTimeoutMs } = options;
  const ways: { readonly [N in Network]: string | undefined } = {
    ipv4: direct ? undefined : proxy,
    ipv6: direct ? undefined : proxy,
    cjdns: undefined,
    torv3: proxy,
    i2p: i2pProxy,
  };
  let freeAt = 0;
  const turn = async () => {
    const now = performance.now();
    freeAt = Math.max(freeAt, now) + 1000 / options.perSecond;
    const wait = freeAt - now - 1000 / options.perSecond;
    if (wait > 0) await pause(wait, signal);
  };
  return Array.from({ length: options.workers }, async () => {
    for (let job = await work.next(signal); job !== undefined; job = await work.next(signal)) {
      await turn();
      if (signal.aborted) return;
      const result = await probe(job.target, {
        proxy: ways[job.target.network],
        isolation: crypto.randomUUID(),
        startBytes: START_BYTES[chain],
        userAgent,
        connectTimeoutMs,
        readTimeoutMs,
        signal,
      });
      if (signal.aborted) return;
      const version = "version" in result ? result.version : undefined;
      work.done(job, version !== undefined, Date.now());
      tell(job, version);
    }
  });
}

/** Writes rows to a new file; does nothing without a folder. */
function openCsv(folder: string | undefined): Disposable & { write(result: Result): void } {
  if (folder === undefined) return { write() {}, [Symbol.dispose]() {} };
  const name = `${folder}/addr-connectivity-${Math.floor(Date.now() / 1000)}.csv`;
  const encoder = new TextEncoder();
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(name, { createNew: true, write: true });
  } catch (cause) {
    const why = reasonOf(cause);
    throw new Error(`Cannot write "${name}": ${why}; set --connectivity-check.csv to a folder that exists`, {
      cause,
    });
  }
  const write = (text: string) => {
    for (let rest = encoder.encode(text); rest.length > 0;) rest = rest.subarray(file.writeSync(rest));
  };
  write(CSV_HEADER);
  return { write: (result) => write(csvRow(result)), [Symbol.dispose]: () => file.close() };
}

async function readExits(file: string | undefined, log: Log): Promise<SubnetSet> {
  if (file === undefined) return new SubnetSet([]);
  try {
    const { entries, refused, firstRefused } = parseSubnetList(await Deno.readTextFile(file));
    if (refused > 0) log.warn(`${refused} lines of "${file}" make no sense, the first is "${firstRefused}"`);
    return new SubnetSet(entries);
  } catch (cause) {
    const why = reasonOf(cause);
    throw new Error(`Cannot read Tor exits "${file}": ${why}; set --connectivity-check.tor-exits`, { cause });
  }
}
