import { assertEquals } from "@std/assert";
import { plant } from "../../proto/golden/planted.ts";
import { redactInMemory } from "./_in_memory.ts";
import { CLASSES, type FieldClasses } from "./classes.ts";
import { POLICIES } from "./policy.ts";
import { walk } from "./verify/wire.ts";

/**
 * What gets through as it is, found out by looking at events before and after and not by asking the table of classes:
 * redaction and its second look share that table, so neither would notice a field that stands in the wrong class. Whoever
 * adds a line here says that it may be published.
 */
const STAYS = `
BlockCheckedLog: state
BlockchainInfo: initialblockdownload
Connection: connType network
EstimateSmartFee: blocks mode requestedBlocks
InsertNew: inserted
InventoryItem: error
Log: category logLevel logLineBytes
MempoolInfo: loaded
MessageEvent: emptyaddrv2 filterclear getaddr mempool oldping sendaddrv2 sendheaders verack wtxidrelay
Metadata: command connType inbound size
NetworkInfo: networkActive
PeerInfo: addrProcessed addrRateLimited addrRelayEnabled bip152HbFrom bip152HbTo bytesReceived
PeerInfo: bytesReceivedPerMessage bytesSent bytesSentPerMessage inbound invToSend network relayTransactions
PeerInfo: transportProtocolType
Replaced: replacedByTransaction
SawNewHeaderLog: isCmpctblock
SendCompact: sendCompact
Version: relay
`;

/** Durations, and switches of the node itself. */
const STAYS_FOR_RESEARCH = `${STAYS}
BlockConnected: connectionTime
BlockchainInfo: pruned
MempoolInfo: fullrbf
NetworkInfo: localRelay
NetworkInfoNetwork: limited proxyRandomizeCredentials reachable
PeerInfo: cpuLoad minimumPing pingTime pingWait
PingDuration: duration
UploadTarget: serveHistoricalBlocks targetReached
`;

const planted = plant(Deno.readTextFileSync(new URL("../../proto/schema.ts", import.meta.url))).events;

/** All values of an event with their fields, but for those that say nothing. */
function valuesOf(event: Uint8Array): Set<string> {
  const values = new Set<string>();
  const add = (path: string, value: string) => void (/^0*$/.test(value) || values.add(`${path}=${value}`));
  walk(event, {
    text: (path, bytes) => add(path, new TextDecoder().decode(bytes)),
    bytes: (path, bytes) => add(path, bytes.toHex()),
    number: (path, value) => add(path, String(value)),
    unknown() {},
  });
  return values;
}

function whatStays(name: keyof typeof POLICIES, classes: Readonly<Record<string, FieldClasses>> = CLASSES) {
  const options = { policy: POLICIES[name], classes, key: new Uint8Array(32).fill(9) };
  const { events } = redactInMemory(planted, options);
  const both = events.flatMap((event, i) => [...valuesOf(event).intersection(valuesOf(planted[i]!))]);
  return [...new Set(both.map((value) => value.split("=", 1)[0]!))].toSorted();
}

function pathsOf(text: string): string[] {
  return text.trim().split("\n").filter((line) => line !== "").flatMap((line) => {
    const [message, fields] = line.split(": ");
    return fields!.split(" ").map((field) => `${message}.${field}`);
  }).toSorted();
}

Deno.test("policy strict: the values that stay as they are, are these and no others", () => {
  assertEquals(whatStays("strict"), pathsOf(STAYS));
});

Deno.test("policy research: the values that stay as they are, are these and no others", () => {
  assertEquals(whatStays("research"), pathsOf(STAYS_FOR_RESEARCH));
});

Deno.test("a number in the wrong class, which the second look takes for a count, stays and is noticed here", () => {
  const classes = { ...CLASSES, Address: { ...CLASSES["Address"], port: "plain" as const } };
  const { report } = redactInMemory(planted, { policy: POLICIES.strict, classes });
  assertEquals(report.findings, []);
  assertEquals(whatStays("strict", classes), [...pathsOf(STAYS), "Address.port"].toSorted());
});
