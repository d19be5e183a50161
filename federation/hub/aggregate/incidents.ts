/**
 * Incidents: an anomaly that several operators see at once. Each operator decides by its own baseline, the hub only
 * whether enough of them do.
 *
 * @module
 */

import { BIN_SECONDS } from "../../../proto/federation/check.ts";
import { Anomaly, type Incident, Source } from "../../../proto/federation/schema.ts";
import type { IncidentUpdate } from "../store/store.ts";
import { type Threshold, type Voters, Votes } from "./votes.ts";

/** When an anomaly of some is an incident of all. */
export interface Rule {
  /** One of these has to feed an operator's summary for it to be able to see the anomaly. */
  readonly sources: readonly number[];
  /** It begins when this share of those who could see it does. */
  readonly opens: number;
  /** It goes on as long as this share does. */
  readonly lasts: number;
}

const MESSAGES = [Source.EBPF, Source.P2P];
const CHAIN = [Source.RPC, Source.EBPF, Source.LOG];

/** The rules. What a single attacker does to a few nodes needs a smaller share than what happens to all of them. */
export const RULES: Readonly<Record<keyof typeof Anomaly, Rule>> = {
  ADDR_FLOOD: { sources: [...MESSAGES, Source.RPC], opens: 1 / 4, lasts: 1 / 8 },
  CONNECTION_CHURN: { sources: [Source.EBPF, Source.LOG], opens: 1 / 4, lasts: 1 / 8 },
  PING_STRESS: { sources: MESSAGES, opens: 1 / 4, lasts: 1 / 8 },
  EVICTION_STORM: { sources: [Source.EBPF, Source.LOG], opens: 1 / 4, lasts: 1 / 8 },
  MUTATED_BLOCKS: { sources: [Source.LOG, Source.EBPF], opens: 1 / 8, lasts: 1 / 16 },
  FORK: { sources: CHAIN, opens: 1 / 8, lasts: 1 / 16 },
  STALE_TIP: { sources: CHAIN, opens: 1 / 2, lasts: 1 / 4 },
  SLOW_VALIDATION: { sources: [Source.EBPF, Source.LOG], opens: 1 / 3, lasts: 1 / 6 },
  BUSY_MESSAGE_THREAD: { sources: [Source.EBPF, Source.P2P, Source.RPC], opens: 1 / 3, lasts: 1 / 6 },
  INBOUND_DROP: { sources: [Source.RPC, Source.EBPF], opens: 1 / 4, lasts: 1 / 8 },
  RECONSTRUCTION_FAILURES: { sources: [Source.LOG, Source.EBPF], opens: 1 / 3, lasts: 1 / 6 },
};

/** Bins without it after which an incident is over. */
export const CALM_BINS = 2;
/** An incident that comes back within so many bins of its last is the same one. */
export const SAME_BINS = 6;

/** What one operator says in a bin. */
export interface Said {
  /** What feeds it. */
  readonly sources: readonly number[];
  /** What it sees. */
  readonly anomalies: readonly number[];
}

/** An incident, and the last bin in which it was seen. */
export interface Known {
  /** As it is. */
  readonly incident: Incident;
  /** The last bin in which enough saw it. */
  readonly lastBin: number;
}

/** What a bin is judged by. */
export interface Bin {
  /** Its number. */
  readonly bin: number;
  /** Who says something. */
  readonly voters: Voters;
  /** What each says, in the same order. */
  readonly said: readonly Said[];
}

/** What a bin changes: incidents that begin, go on, come back or are over. */
export function judge(bin: Bin, known: readonly Known[], threshold: Threshold): IncidentUpdate[] {
  let nextId = Math.max(0, ...known.map(({ incident }) => incident.id)) + 1;
  return Object.entries(RULES).flatMap(([name, rule]) => {
    const anomaly = Anomaly[name as keyof typeof Anomaly];
    const last = known.filter(({ incident }) => incident.anomaly === anomaly)
      .reduce<Known | undefined>(
        (last, each) => last && last.lastBin > each.lastBin ? last : each,
        undefined,
      );
    const update = judgeOne(bin, { anomaly, rule, last, nextId, threshold });
    if (update?.incident.id === nextId) nextId++;
    return update === undefined ? [] : [update];
  });
}

interface Case {
  readonly anomaly: number;
  readonly rule: Rule;
  readonly last: Known | undefined;
  readonly nextId: number;
  readonly threshold: Threshold;
}

function judgeOne(bin: Bin, { anomaly, rule, last, nextId, threshold }: Case): IncidentUpdate | undefined {
  const { seen, able } = count(bin, { anomaly, rule });
  const share = able.size === 0 ? 0 : seen.weight(bin.voters) / able.weight(bin.voters);
  const isOpen = last !== undefined && last.incident.closed === undefined;
  const isSeen = seen.isEnough(bin.voters, threshold) && share >= (isOpen ? rule.lasts : rule.opens);
  if (!isSeen) return isOpen ? calm(bin.bin, last) : undefined;
  const [seenLog2, ofLog2] = [toPower(seen.size), toPower(able.size)];
  const isSame = last !== undefined && (isOpen || bin.bin - last.lastBin <= SAME_BINS);
  const before = isSame
    ? last.incident
    : { id: nextId, opened: bin.bin * BIN_SECONDS, seenLog2: 0, ofLog2: 0 };
  const incident: Incident = {
    id: before.id,
    anomaly,
    opened: before.opened,
    closed: undefined,
    seenLog2: Math.max(before.seenLog2, seenLog2),
    ofLog2: Math.max(before.ofLog2, ofLog2),
  };
  return { incident, seenLog2, ofLog2 };
}

function count({ voters, said }: Bin, { anomaly, rule }: Pick<Case, "anomaly" | "rule">) {
  const [seen, able] = [new Votes(), new Votes()];
  voters.slots.forEach((_, voter) => {
    const { sources, anomalies } = said[voter]!;
    const sees = anomalies.includes(anomaly);
    if (sees || sources.some((source) => rule.sources.includes(source))) able.add(voter, 1);
    if (sees) seen.add(voter, 1);
  });
  return { seen, able };
}

/** Too few see it in this bin, and how few is nobody's business; after some such bins it is over. */
function calm(bin: number, { incident, lastBin }: Known): IncidentUpdate | undefined {
  if (bin - lastBin < CALM_BINS) return undefined;
  return { incident: { ...incident, closed: (lastBin + 1) * BIN_SECONDS }, seenLog2: 0, ofLog2: 0 };
}

/** The power of two above. */
function toPower(count: number): number {
  return Math.ceil(Math.log2(count));
}
