import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  Anomaly,
  Behaviour,
  Delay,
  Metric,
  Network,
  type Summary,
  TipStatus,
} from "../../proto/federation/schema.ts";
import { encodeSummary } from "../summary/mod.ts";
import { compareText } from "./compare_text.ts";
import { metricText, valueText } from "./number_text.ts";
import { previewText } from "./preview_text.ts";
import { statusText } from "./status_text.ts";

const BIN = 3_000_000;
const HASH = Uint8Array.from({ length: 32 }, (_, i) => i);
const SUMMARY: Summary = {
  sequence: 1,
  bin: BIN,
  schema: 1,
  thin: false,
  sources: [1, 2],
  values: [
    { metric: Metric.PEERS_BY_NETWORK, index: Network.ONION, value: 8 },
    { metric: Metric.NETGROUPS_BY_BEHAVIOUR, index: Behaviour.ADDR_SPAM, value: 16 },
    { metric: Metric.MEMPOOL_BYTES, value: 28 },
  ],
  blocks: [{ hash: HASH, delay: Delay.BELOW_2_S }],
  tips: [{ hash: HASH, height: 900_000, status: TipStatus.VALID_FORK }],
  anomalies: [Anomaly.ADDR_FLOOD],
};

Deno.test("valueText() says what each unit means", () => {
  const cases: [number, number, string][] = [
    [Metric.PEERS_INBOUND, 0, "0 %"],
    [Metric.PEERS_INBOUND, 32, "100 %"],
    [Metric.ADDRESSES, 0, "0"],
    [Metric.ADDRESSES, 1, "1"],
    [Metric.ADDRESSES, 40, "549,755,813,888 to 1,099,511,627,775"],
    [Metric.ADDRESSES, 41, "1,099,511,627,776 or more"],
    [Metric.MEMPOOL_MIN_FEE, 0, "below 0.1 sat/vB"],
    [Metric.MEMPOOL_MIN_FEE, 3, "1 to 2 sat/vB"],
    [Metric.MEMPOOL_MIN_FEE, 10, "500 sat/vB or more"],
    [Metric.NETGROUPS_BY_AGENT, 8, "up to 8"],
    [Metric.NETGROUPS_BY_AGENT, 4096, "4,089 or more"],
    [12_345, 7, "7"],
  ];
  for (const [metric, value, text] of cases) assertEquals(valueText(metric, value), text);
  assertEquals(metricText(Metric.PEERS_BY_NETWORK, Network.I2P), "Peers by network: i2p");
});

Deno.test("previewText() reads the frame back and shows everything in it, and what is not", () => {
  const withheld = [{ what: "log lines", count: 17, why: "free text" }] as const;
  const frame = encodeSummary(SUMMARY).toBase64();
  assertEquals(
    previewText({ bin: BIN, sendAt: 61_000, frame, withheld }, 0),
    `Next frame: 2027-01-15 08:00 to 08:10 UTC, as far as it has come
Sent: in 1 min 1 s
Size: 4096 bytes, as every summary
Nodes: two or more; how many is not said
Sources: ebpf, rpc
Out of the ordinary: addr flood

Numbers:
  Peers by network: onion                       25 %
  Netgroups that showed a behaviour: addr spam  up to 16
  Bytes in the mempool                          134,217,728 to 268,435,455

Blocks, and how long behind the first of your nodes:
  ${HASH.toReversed().toHex()}  below 2 s

Tips of chains:
  ${HASH.toReversed().toHex()}  900000  valid fork

Withheld:
  17  log lines  free text
`,
  );
  assertStringIncludes(
    previewText({ bin: BIN, sendAt: 0, blocked: "The summary holds canary 1" }, 0),
    "Blocked: ",
  );
});

Deno.test("compareText() puts own numbers beside the quartiles of the newest bin of which there are both", () => {
  const quartiles = [
    { metric: Metric.PEERS_BY_NETWORK, index: Network.ONION, lower: 2, median: 4, upper: 6 },
    { metric: Metric.PEERS_V2, lower: 2, median: 4, upper: 6 },
  ];
  const incidents = [{ id: 1, anomaly: Anomaly.FORK, opened: 1_800_000_000, seenLog2: 3, ofLog2: 5 }];
  const feed = (bin: number) => ({ bin, quartiles, blocks: [], tips: [], incidents });
  assertEquals(
    compareText({ feeds: [feed(BIN), feed(BIN + 1)], own: [SUMMARY] }),
    `2027-01-15 08:00 to 08:10 UTC

                                    you   quarter  half  three quarters
  Peers by network: onion           25 %  6 %      13 %  19 %            high
  Peers on the encrypted transport  –     6 %      13 %  19 %

Incidents:
  fork  since 2027-01-15 08:00 UTC  open  seen by up to 8 of up to 32 operators
`,
  );
  assertStringIncludes(compareText({ feeds: [], own: [] }), "has not told yet");
});

Deno.test("statusText() says what to do where something is missing", () => {
  const about = {
    isRunning: false,
    isOff: true,
    key: undefined,
    hub: undefined,
    hubKey: undefined,
    report: undefined,
  };
  assertEquals(
    statusText(about, 0),
    `Uplink    does not run on this folder; what follows is what it said last
Operator  no key; run \`uplink keygen\`
Hub       none; run \`uplink join INVITATION\`
Switched  off; \`uplink on\` switches it on
`,
  );
});
