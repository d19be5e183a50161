/**
 * The same as `faults.ts` for a hub of two edges on a NATS server: each time one of the two edges, or the server, is
 * killed while uplinks send, to one edge or to the other.
 *
 * @module
 */

import { AckPolicy, connect } from "nats";
import { STREAM } from "../../federation/hub/store/jetstream/summaries.ts";
import { freePort, isListening, until } from "../parts/until.ts";
import { startNatsServer } from "../parts/nats_server.ts";
import { type Process, startProcess } from "../parts/process.ts";
import {
  count,
  type FaultOptions,
  type FaultResult,
  options,
  prepare,
  type Row,
  type Sender,
  slotsOf,
} from "./faults.ts";

const LIFE_MS = 120;
const AGAIN_MS = 50;
const ROOT = new URL("../..", import.meta.url).pathname;

/** Kills edges and their server, and looks what is left. */
export async function runEdgeFaults(
  { kills, operators, random, progress }: FaultOptions,
): Promise<FaultResult> {
  const folder = await Deno.makeTempDir();
  await using server = await startNatsServer({ jetstream: true });
  const place = { folder, store: server.url };
  const senders = await prepare(place, operators);
  const bin = Math.floor(Date.now() / 600_000);
  const ports = [freePort(), freePort()];
  const edges: Process[] = await Promise.all(ports.map((port) => startEdge(place, port)));
  const stop = new AbortController();
  const running = senders.map((sender, i) =>
    sendForever(sender, { ports, bin, first: i, signal: stop.signal })
  );
  try {
    for (let kill = 1; kill <= kills; kill++) {
      await acknowledges(senders);
      await new Promise((resolve) => setTimeout(resolve, random() * LIFE_MS));
      const which = Math.floor(random() * 3);
      if (which === 2) {
        await server.kill();
        await server.start();
      } else {
        await edges[which]!.stop({ signal: "SIGKILL" });
        edges[which] = await startEdge(place, ports[which]!);
      }
      progress?.(kill);
    }
    await acknowledges(senders);
  } finally {
    stop.abort();
    await Promise.all(edges.map((edge) => edge.stop({ signal: "SIGKILL" })));
    await Promise.all(running);
  }
  const rows = await rowsOf(server.url);
  const result = { kills, ...count(senders, { rows, slots: await slotsOf(place, senders), bin }) };
  await Deno.remove(folder, { recursive: true });
  return result;
}

async function startEdge(place: { folder: string; store: string }, port: number): Promise<Process> {
  const edge = startProcess(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "mod.ts", "hub", ...options(place, port)],
    cwd: ROOT,
  });
  await edge.waitForPort(port);
  return edge;
}

/** From one edge to the other whenever it is sent away. */
async function sendForever(
  sender: Sender,
  { ports, bin, first, signal }: {
    ports: readonly number[];
    bin: number;
    first: number;
    signal: AbortSignal;
  },
): Promise<void> {
  for (let i = first; !signal.aborted; i++) {
    const port = ports[i % ports.length]!;
    if (await isListening(port)) await sender.run(`http://127.0.0.1:${port}`, bin, true);
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/** Something new is acknowledged. */
async function acknowledges(senders: readonly Sender[]): Promise<void> {
  const before = Math.max(...senders.map(({ acknowledged }) => acknowledged));
  const isNew = () => senders.some(({ acknowledged }) => acknowledged > before);
  await until("an acknowledgement", isNew);
}

/** Every summary of every operator, from the stream itself. */
async function rowsOf(url: string): Promise<Row[]> {
  const connection = await connect({ servers: url });
  const rows: Row[] = [];
  const manager = await connection.jetstreamManager();
  const added = await manager.consumers.add(STREAM, { ack_policy: AckPolicy.None, mem_storage: true });
  const consumer = await connection.jetstream().consumers.get(STREAM, added.name);
  let left = added.num_pending;
  while (left > 0) {
    for await (
      const { subject, data } of await consumer.fetch({ max_messages: Math.min(left, 500), expires: 5000 })
    ) {
      left--;
      const [, kind, slot, , sequence] = subject.split(".");
      if (kind !== "summary") continue;
      rows.push({ slot: Number(slot), sequence: Number(sequence), body: new Uint8Array(data) });
    }
  }
  await connection.close();
  return rows;
}
