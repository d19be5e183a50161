/**
 * The store of a hub with several edges: streams and buckets on NATS servers with JetStream. Edges keep nothing; any of
 * them can go and come.
 *
 * @module
 */

import { type NatsConnection, NatsError } from "nats";
import { connectNats, type NatsOptions } from "../../../runtime/bus/nats.ts";
import type { Incident, SignedPolicy } from "../../../proto/federation/schema.ts";
import { reasonOf } from "../../../runtime/reason.ts";
import { BinBucket } from "./jetstream/bins.ts";
import { Bucket } from "./jetstream/bucket.ts";
import { Lease } from "./jetstream/lease.ts";
import { MemberBucket } from "./jetstream/members.ts";
import { STREAM, streamConfig, SummaryStream } from "./jetstream/summaries.ts";
import type {
  Admission,
  Arrival,
  ClosedBin,
  Fate,
  IncidentBin,
  IncidentUpdate,
  Member,
  Store,
  StoredSummary,
  StoreStatus,
} from "./store.ts";

/** Where the servers are, and how many of them keep a copy. */
export interface JetStreamOptions extends Omit<NatsOptions, "limits"> {
  /** 1 on a single server, 3 in a cluster. */
  readonly replicas: number;
  /** Monitoring addresses, `http://host:port`; they know whether a server syncs, and its other side does not tell. */
  readonly monitors?: readonly string[];
}

const MONITOR_MS = 5000;
/** The first version that takes batches. */
const OLDEST_SERVER = [2, 12];

/** Opens the store, and makes what is missing on the server. */
export async function openJetStream(options: JetStreamOptions): Promise<JetStreamStore> {
  const connection = await connectNats(options);
  try {
    checkVersion(connection);
    await checkSync(options);
    return new JetStreamStore(connection, await makeParts(connection, options.replicas));
  } catch (cause) {
    await connection.close();
    const why = reasonOf(cause);
    const servers = options.servers.join(", ");
    throw new Error(`Cannot keep the hub's data on NATS server ${servers}: ${why}${advice(cause)}`, {
      cause,
    });
  }
}

function checkVersion({ info }: NatsConnection): void {
  const [major = 0, minor = 0] = (info?.version ?? "").split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_SERVER as [number, number];
  if (major > oldestMajor || major === oldestMajor && minor >= oldestMinor) return;
  throw new Error(
    `it is version ${info?.version}, which has no batches; use ${OLDEST_SERVER.join(".")} or newer`,
  );
}

/** Without it, what has been answered can be lost with the power for two minutes. */
async function checkSync({ monitors = [], log }: JetStreamOptions): Promise<void> {
  if (monitors.length === 0) {
    log.debug("Whether the NATS servers sync each write is not checked: set --hub.store-monitor");
  }
  for (const monitor of monitors) {
    const url = new URL("/varz", monitor.trim());
    const answer = await fetch(url, { signal: AbortSignal.timeout(MONITOR_MS) });
    const { jetstream } = await answer.json() as { jetstream?: { config?: { sync_always?: boolean } } };
    if (jetstream?.config?.sync_always) continue;
    throw new Error(`${url.host} does not sync each write; set sync_interval: always in its jetstream { … }`);
  }
}

function advice(cause: unknown): string {
  const isOff = cause instanceof NatsError && (cause.code === "503" || cause.api_error?.err_code === 10039);
  return isOff ? "; switch JetStream on: jetstream { store_dir: …, sync_interval: always }" : "";
}

async function makeParts(connection: NatsConnection, replicas: number) {
  const manager = await connection.jetstreamManager();
  const js = connection.jetstream();
  await makeStream(manager, replicas);
  const [members, bins, lease] = [
    await Bucket.open("waggle-members", js, { replicas }),
    await Bucket.open("waggle-bins", js, { replicas }),
    await Bucket.open("waggle-lease", js, { replicas, inMemory: true }),
  ];
  for (const { stream } of [members, bins, lease]) await setReplicas(manager, stream, replicas);
  return { manager, js, members, bins, lease };
}

type Parts = Awaited<ReturnType<typeof makeParts>>;

async function makeStream(manager: Parts["manager"], replicas: number): Promise<void> {
  try {
    await manager.streams.info(STREAM);
    await setReplicas(manager, STREAM, replicas);
  } catch (error) {
    if (!(error instanceof NatsError && error.api_error?.err_code === 10059)) throw error;
    await manager.streams.add(streamConfig(replicas));
  }
}

async function setReplicas(manager: Parts["manager"], stream: string, replicas: number): Promise<void> {
  const { config } = await manager.streams.info(stream);
  if (config.num_replicas === replicas) return;
  await manager.streams.update(stream, { ...config, num_replicas: replicas });
}

/** The store on a connected server. */
export class JetStreamStore implements Store {
  readonly #connection: NatsConnection;
  readonly #buckets: readonly Bucket[];
  readonly #members: MemberBucket;
  readonly #bins: BinBucket;
  readonly #summaries: SummaryStream;
  readonly #lease: Lease;
  /** Bins whose summaries have been read to close them: up to where, and after which closed bin. */
  readonly #reading = new Map<number, { cut: number; after: number }>();
  #closed = false;

  /** Use {@linkcode openJetStream}. */
  constructor(connection: NatsConnection, { manager, js, members, bins, lease }: Parts) {
    this.#connection = connection;
    this.#buckets = [members, bins];
    this.#members = new MemberBucket(members);
    this.#bins = new BinBucket(bins);
    this.#summaries = new SummaryStream({ connection, js, manager, bucket: bins, bins: this.#bins });
    this.#lease = new Lease(lease);
  }

  /** The public key of the hub whose store this is; `undefined` before `claim`. */
  hub(): Promise<Uint8Array | undefined> {
    return this.#members.hub();
  }

  /** Makes it the store of a hub, once. */
  claim(hubKey: Uint8Array): Promise<void> {
    return this.#members.claim(hubKey);
  }

  version(): Promise<number> {
    return this.#members.version();
  }

  members(): Promise<Member[]> {
    return this.#members.members();
  }

  admit(admission: Admission): Promise<Member | undefined> {
    return this.#members.admit(admission);
  }

  revoke(slot: number): Promise<boolean> {
    return this.#members.revoke(slot);
  }

  rotate(slot: number, hash: Uint8Array, until: number): Promise<boolean> {
    return this.#members.rotate(slot, hash, until);
  }

  policy(): Promise<SignedPolicy | undefined> {
    return this.#members.policy();
  }

  setPolicy(policy: SignedPolicy): Promise<void> {
    return this.#members.setPolicy(policy);
  }

  append(arrival: Arrival): Promise<Fate> {
    if (this.#closed) return Promise.reject(new Error("Cannot store a summary: the store is closed"));
    return this.#summaries.append(arrival);
  }

  resume(slot: number): Promise<number> {
    return this.#summaries.resume(slot);
  }

  leads(): Promise<boolean> {
    return this.#lease.isOurs();
  }

  async openBins(through: number): Promise<number[]> {
    const closedThrough = await this.closedThrough();
    return (await this.#summaries.bins()).filter((bin) => bin > closedThrough && bin <= through);
  }

  async *summaries(bin: number): AsyncGenerator<StoredSummary> {
    const { bin: after } = await this.#bins.head();
    const { cut, wanted } = await this.#summaries.list(bin);
    if (bin > after) this.#reading.set(bin, { cut, after });
    yield* this.#summaries.read(bin, { wanted, cut: await this.#bins.cutOf(bin) ?? cut });
  }

  async close(closed: ClosedBin, incidents: readonly IncidentUpdate[]): Promise<boolean> {
    const read = this.#reading.get(closed.bin) ?? {
      after: await this.closedThrough(),
      cut: (await this.#summaries.list(closed.bin)).cut,
    };
    this.#reading.clear();
    return await this.#bins.close(closed, incidents, read);
  }

  async closedThrough(): Promise<number> {
    return (await this.#bins.head()).bin;
  }

  closedBins(from: number, to: number): Promise<ClosedBin[]> {
    return this.#bins.closedBins(from, to);
  }

  incidents(since: number): Promise<Incident[]> {
    return this.#bins.incidents(since);
  }

  incidentBins(id: number): Promise<IncidentBin[]> {
    return this.#bins.incidentBins(id);
  }

  async forget(
    { summaries, bins, now }: { summaries: number; bins: number; now: number },
  ): Promise<number> {
    const forgotten = await this.#summaries.forget(summaries);
    await this.#bins.forget(bins);
    await this.#members.forget(now);
    return forgotten;
  }

  async status(): Promise<StoreStatus> {
    const members = await this.members();
    const revoked = members.filter((member) => member.revoked).length;
    const open = (await this.incidents(Number.MAX_SAFE_INTEGER)).length;
    return {
      members: members.length - revoked,
      revoked,
      ...await this.#summaries.count(),
      bins: await this.#bins.count(),
      closedThrough: await this.closedThrough(),
      openIncidents: open,
      bytes: await this.bytes(),
    };
  }

  async bytes(): Promise<number> {
    const parts = [this.#summaries, ...this.#buckets].map((part) => part.bytes());
    return (await Promise.all(parts)).reduce((a, b) => a + b);
  }

  /** NATS has tools of its own for that, which also know how to put it back. */
  // deno-lint-ignore require-await
  async backup(): Promise<void> {
    throw new Error(
      "Cannot copy streams into one file: use `nats account backup FOLDER`, and `nats account restore FOLDER` to go back",
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#summaries.settled();
    await this.#lease[Symbol.asyncDispose]();
    await this.#connection.close();
  }
}
