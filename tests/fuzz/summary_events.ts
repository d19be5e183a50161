import { encodeEvent } from "../../proto/event.ts";
import { checkSummary } from "../../proto/federation/check.ts";
import { Writer } from "../../proto/writer.ts";
import { all } from "../../proto/golden/all.ts";
import { BIN, connection, honest, peerInfos, peers } from "../../federation/summary/_network.ts";
import { plant } from "../../proto/golden/planted.ts";
import { Summariser } from "../../federation/summary/mod.ts";
import type { Target } from "./target.ts";

/** Inputs between two summaries: enough that strangers meet the bounds. */
const PER_BIN = 2000;
const NODES = ["alpha", "beta"];

/** Bytes that claim to be events of two nodes: whatever they are, a summary of them says only what it may. */
export const summaryEvents: Target = {
  name: "summary-events",
  seeds() {
    const usual = peers(20);
    const events = [
      ...usual.flatMap((
        peer,
      ) => [...honest(peer), connection(peer, BIN * 600_000 + 500_000, "closed", 20_000)]),
      peerInfos(usual, BIN * 600_000),
    ];
    const schema = Deno.readTextFileSync(new URL("../../proto/schema.ts", import.meta.url));
    return [
      ...events.map(encodeEvent),
      ...all.map(({ bytes }) => bytes),
      ...plant(schema, { start: BIN * 600_000 }).events,
    ];
  },
  run(input) {
    // Mostly now, or most events would come too late after the first summary; of two times in an event the last counts.
    const event = runs % 4 === 0 ? input : joined(input, timestamp(bin * 600_000 + runs % 600_000));
    summariser.observe(NODES[runs & 1]!, event);
    if (++runs % PER_BIN > 0) return;
    const closed = [summariser.preview(bin + 1), summariser.close(bin)];
    bin++;
    return () => {
      for (const each of closed) {
        if ("blocked" in each) throw new Error(each.blocked);
        const problem = checkSummary({ ...each.summary, sequence: 1 });
        if (problem !== undefined) throw new Error(problem);
      }
      if (closed[1] && "summary" in closed[1] && closed[1].summary.values.length < 80) {
        throw new Error("Counts nothing");
      }
    };
  },
};

let runs = 0;
let bin = BIN;
// One for all inputs, so that what is not bounded grows.
const summariser = new Summariser({
  ...{ nodes: NODES, policy: { clip: 64, keysPerNode: 16 }, canaries: ["hive-of-ottokar"] },
});

function timestamp(at: number): Uint8Array {
  const writer = new Writer();
  writer.uint64Number(at);
  writer.uint32(10 << 3);
  return writer.finish();
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
