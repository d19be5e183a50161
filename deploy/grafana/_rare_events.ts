/**
 * Events that neither the scenarios nor the metrics tool's own have: each makes a panel show something.
 *
 * @module
 */

import type { Event, Payloads } from "../../proto/event.ts";
import { LogLevel, type MessageEvent } from "../../proto/schema.ts";
import type { Kind } from "../../proto/subjects.ts";

const NOW_S = 1_750_950_000;
const LION = "87.229.79.20:40000";
const PEER = "203.0.113.7:8333";
/** One more than a metric keeps apart. */
const USER_AGENTS = 1001;

/** All of them, after what was lived; the round makes a difference, so that something changes. */
export function rare(lived: readonly Event[], round: number): Event[] {
  const addresses = [{
    timestamp: NOW_S + 900,
    address: { case: "ipv4" as const, value: "198.51.100.9" },
    services: 1033n,
    port: 8333,
  }];
  const inbound = {
    conn: { peerId: 9, addr: PEER, connType: 1, network: 1 },
    existingConnections: 50 + round,
  };
  return [
    ...lived.filter(listsPeers).slice(-1).map(ofSystems),
    message("addr", { case: "addr", value: { addresses } }, { inbound: false }),
    message("addrv2", { case: "addrv2", value: { addresses } }, { inbound: false }),
    message("addrv2", { case: "addrv2", value: { addresses } }),
    message("feefilter", { case: "feefilter", value: { fee: 1000n } }, { inbound: false }),
    message("ping", { case: "ping", value: { value: 1n } }, { inbound: false, addr: LION }),
    message("cmpctblock", undefined),
    message("getblocktxn", undefined, { inbound: false }),
    ...Array.from({ length: USER_AGENTS }, (_, i) => version(`/agent:${i}/`)),
    event("connection", { event: { case: "inbound", value: inbound } }),
    event("log", {
      ...{ logTimestamp: 0, category: 0, threadname: "", logLevel: LogLevel.WARNING, logLineBytes: 100 },
      logEvent: { case: "unknownLogMessage", value: { rawMessage: "Disk space is low" } },
    }),
    event("rpc", {
      rpcEvent: {
        case: "addrmanInfo",
        value: { networks: new Map([["all_networks", { new: 60_000 + round, tried: 9000, total: 69_000 }]]) },
      },
    }),
    ...[1, 2].flatMap((mode) =>
      [1, 6, 144].map((requestedBlocks) =>
        event("rpc", {
          rpcEvent: {
            case: "estimateSmartFee",
            value: { feeRate: 2, blocks: 2, requestedBlocks, mode, errors: [] },
          },
        })
      )
    ),
  ];
}

function listsPeers(event: Event): event is Extract<Event, { kind: "rpc" }> {
  return event.kind === "rpc" && event.value.rpcEvent?.case === "peerInfos";
}

/** The same peers, of a node that has an asmap and limits addresses. */
function ofSystems(event: Extract<Event, { kind: "rpc" }>): Event {
  const rpcEvent = event.value.rpcEvent;
  if (rpcEvent?.case !== "peerInfos") return event;
  const infos = rpcEvent.value.infos.map((info) => ({
    ...info,
    ...{ mappedAs: 64_496 + info.id % 5, addrProcessed: 100, addrRateLimited: 1 },
  }));
  return { ...event, value: { rpcEvent: { case: "peerInfos", value: { infos } } } };
}

function version(userAgent: string): Event {
  const nobody = { timestamp: 0, address: undefined, services: 0n, port: 0 };
  return message("version", {
    case: "version",
    value: {
      ...{ version: 70016, services: 1033n, timestamp: 1n, receiver: nobody, sender: nobody, nonce: 1n },
      ...{ userAgent, startHeight: 1, relay: true },
    },
  });
}

function message(command: string, msg: MessageEvent["msg"], { inbound = true, addr = PEER } = {}): Event {
  return event("message", { meta: { peerId: 9, addr, connType: 1, command, inbound, size: 40 }, msg });
}

function event<K extends Kind>(kind: K, value: Payloads[K]): Event {
  return { timestamp: NOW_S * 1000, kind, value } as unknown as Event;
}
