import { assert, assertEquals } from "@std/assert";
import { KNOWN_COMMANDS } from "../../proto/bitcoin/mod.ts";
import { ipv4File } from "../../proto/_asmap.ts";
import { encodeEvent } from "../../proto/event.ts";
import { all } from "../../proto/golden/all.ts";
import { promtool } from "../../tests/parts/prometheus.ts";
import { partTest } from "../../tests/parts/needs.ts";
import { counted, scenarioPage } from "./_counted.ts";
import { scenario } from "./_scenario.ts";
import { metricsPage } from "./docs.ts";
import { Knowledge } from "./knowledge.ts";
import { TABLES } from "./metrics.ts";
import { COMMANDS } from "./names.ts";

const page = await scenarioPage();

Deno.test("the whole page after the scenario is the stored one", async () => {
  // After a change that is meant: the command in _counted.ts writes it anew; read the difference before you commit it.
  assertEquals(page, await Deno.readTextFile(new URL("fixtures/page.txt", import.meta.url)));
});

/** What the scenario comes to, worked out by hand. */
const BY_HAND = `
# messages: two inv from Alice (145 + 73 bytes), one of 36 and one of 35 + 35 items to her
p2p_message_count{connection_type="1",direction="inbound",message="inv"} 3
p2p_message_bytes{connection_type="1",direction="inbound",message="inv"} 291
p2p_message_count{connection_type="1",direction="outbound",message="inv"} 2
p2p_invs_outbound_large 1
p2p_inv_entries{direction="inbound",inv_type="WTx"} 3
p2p_inv_entries{direction="outbound",inv_type="WTx"} 71
p2p_inv_entries_histogram_sum{direction="inbound"} 6
p2p_inv_entries_histogram_bucket{direction="outbound",le="30"} 0
p2p_inv_entries_histogram_bucket{direction="outbound",le="50"} 1
p2p_inv_entries_histogram_bucket{direction="outbound",le="75"} 2
p2p_invs_homogeneous{direction="inbound"} 1
p2p_invs_heterogeneous{direction="inbound"} 2
p2p_message_count{connection_type="1",direction="inbound",message="wtf"} 1
p2p_message_count_linkinglion{direction="inbound",message="version"} 1
p2p_message_bytes_linkinglion{direction="inbound",message="ping"} 8
# addr: offsets 0 and 3 in the past, 100 in the future; services 1033 = bits 0, 3, 10, twice, and 1 = bit 0
p2p_addr_addresses_sum{direction="inbound"} 3
p2p_addr_timestamp_offset_seconds_bucket{direction="inbound",timestamp_offset="past",le="0"} 1
p2p_addr_timestamp_offset_seconds_bucket{direction="inbound",timestamp_offset="past",le="4"} 2
p2p_addr_timestamp_offset_seconds_bucket{direction="inbound",timestamp_offset="future",le="64"} 0
p2p_addr_timestamp_offset_seconds_bucket{direction="inbound",timestamp_offset="future",le="128"} 1
p2p_addr_services_bits_bucket{direction="inbound",le="0"} 3
p2p_addr_services_bits_bucket{direction="inbound",le="3"} 5
p2p_addr_services_bits_bucket{direction="inbound",le="10"} 7
p2p_addr_services{direction="inbound",services="1033"} 2
p2p_addrv2_services{direction="inbound",services="1033"} 3
p2p_addrv2_addresses_count{direction="inbound"} 1
p2p_address_selfannouncements{direction="inbound",network="IPv4"} 1
p2p_address_subnetannouncements{direction="inbound",network="IPv6"} 1
p2p_addrv2_empty{addr="2001:db8:0:1::5",direction="inbound"} 1
p2p_ping_inbound_value{value="u8"} 1
p2p_ping_inbound_value{value="u64"} 1
p2p_oldping_subnet{subnet="2001:db8:0:1::"} 1
p2p_version_useragent{useragent="LinkingLion"} 1
p2p_feefilter_feerate{direction="inbound",feerate="1000"} 1
p2p_reject_message{rejectcommand="tx",rejectreason="Fee"} 1
conn_private_transaction_broadcast 1
# connections: four inbound, the last when there were 43; closed after 60 s, and one before it was opened
conn_inbound 4
conn_inbound_current 43
conn_inbound_tor_exit 1
conn_inbound_banlist_gmax 1
conn_inbound_list_linkinglion 1
conn_outbound_network{network="2"} 1
conn_closed 2
conn_closed_age 60
conn_evicted_inbound 1
conn_misbehaving{id="3",misbehavingmessage="header with invalid pow"} 1
conn_misbehaving_reason{misbehavingmessage="header with invalid pow"} 2
# chain: 141 + 109 vB; 123456 + 1000 microseconds
mempool_added_vbytes 250
mempool_replaced_vbytes 150
mempool_rejected{reason="min relay fee not met"} 1
validation_block_connected_latest_connection_time 1000
validation_block_connected_connection_time 124456
ipc_block_tip_height 840001
# peers: pings of 100, 300 and 200 ms; 0, 0, 10, 40, 100 announcements wait; three /16 of four IPv4 peers
rpc_peer_info_num_peers 6
rpc_peer_info_list_peers_linkinglion 1
rpc_peer_info_list_peers_linkinglion_pre2026 1
rpc_peer_info_list_peers_bitprojects{direction="outbound"} 1
rpc_peer_info_addr_processed_total 111
rpc_peer_info_timeoffset_plus10s 1
rpc_peer_info_inflight_distinct_blocks_heights 2
rpc_peer_info_transport_protocol_type_peers{transport_protocol_type="v2"} 5
rpc_peer_info_asn_peers{ASN="64496"} 1
rpc_peer_info_ping_median 200
rpc_peer_info_minping_mean 100
rpc_peer_info_sub1satvb_relay 1
rpc_peer_info_connection_divserity_inbound_ipv4 0.75
rpc_peer_info_invtosend_median 10
rpc_peer_info_invtosend_mean 30
rpc_peer_info_cpuload_median 5
rpc_mempoolinfo_min_mempool_feerate 0.1
rpc_networkinfo_warnings 2
rpc_networkinfo_networks{network="onion",property="limited"} 1
rpc_blockchaininfo_pruned 1
# orphans: aa and bb, then bb and cc of 1000 bytes
rpc_getorphantxs_from_mean 1.5
rpc_getorphantxs_added_bytes 1500
rpc_getorphantxs_removed_bytes 300
# address manager: one added, one replaced, one changed; ages 0, 0 (from the future) and 7200
rpc_getrawaddrman_added_entry{table="new"} 1
rpc_getrawaddrman_replaced_entry{table="new"} 1
rpc_getrawaddrman_changed_timestamps{table="new"} 1
rpc_getrawaddrman_service_bits{service_bit="4",table="new"} 2
rpc_getrawaddrman_entry_age_seconds{quantile="0.75",table="new"} 3600
rpc_getrawaddrman_entry_age_seconds_bucket{le="3600",table="new"} 2
rpc_getrawaddrman_entry_age_seconds_bucket{le="+Inf",table="new"} 3
rpc_getrawaddrman_terrible_entries{network="ipv4",table="new"} 1
rpc_getrawaddrman_future_entries{min_offset_seconds="600",network="ipv4",table="new"} 1
rpc_getrawaddrman_distinct_addresses{network="ipv4",table="new"} 2
rpc_estimatesmartfee_feerate{mode="CONSERVATIVE",target_block="1"} 2.5
# what the extractors see: 2 + 11 addresses; lines of 100 and 50 bytes, one of 64 bytes from the Rust extractor
p2pextractor_addrv2relay_messages_10_or_less_entries 1
p2pextractor_addrv2relay_size 11
p2pextractor_invs_items{inv_type="WTx"} 69
p2pextractor_feefilter_last 1000
log_bytes{category="net",level="debug"} 214
log_events{category="net",level="info"} 1
log_mutated_blocks{status="bad-txnmrklroot"} 1
log_compact_block_reconstruction_count{bandwidth="high",tx_requested="true"} 1
log_compact_block_reconstruction_time{bandwidth="high",tx_requested="true"} 2500000
log_compact_block_reconstruction_txs_extra_pool 12
`.trim().split("\n").filter((line) => !line.startsWith("#"));

Deno.test("what the scenario comes to is what was worked out by hand, for a third of the metrics and more", () => {
  const lines = new Set(page.split("\n"));
  for (const line of BY_HAND) assert(lines.has(`peerobserver_${line}`), line);
  const names = Object.keys(TABLES.peerobserver);
  const checked = names.filter((name) =>
    BY_HAND.some((line) => new RegExp(`^${name}(_sum|_count|_bucket)?[{ ]`).test(line))
  );
  assert(checked.length > names.length / 3, `${checked.length} of ${names.length}`);
});

Deno.test("what is refused is counted by command and reason, and the metadata of a broken message still counts", () => {
  for (
    const [command, reason] of [
      ["unreadable", "truncated"],
      ["unreadable", "no-known-member"],
      ["rpc", "no-known-member"],
      ["inv", "truncated"],
    ]
  ) {
    assert(
      page.includes(`waggle_refused_events_total{command="${command}",reason="${reason}"} 1`),
      `${command} ${reason}`,
    );
  }
});

Deno.test("every metric of the Rust tool is there, in its numbers", () => {
  const names = Object.keys(TABLES.peerobserver);
  const count = (prefix: string) => names.filter((name) => name.startsWith(prefix)).length;
  assertEquals(
    {
      p2p: count("p2p_"),
      conn: count("conn_"),
      mempool: count("mempool_"),
      validation: count("validation_"),
      peers: count("rpc_peer_info_"),
      networkinfo: count("rpc_networkinfo_"),
      blockchaininfo: count("rpc_blockchaininfo_"),
      orphans: count("rpc_getorphantxs_"),
      addrman: count("rpc_getrawaddrman_"),
      p2pextractor: count("p2pextractor_"),
      log: count("log_"),
    },
    // With the seven about autonomous systems: three of connections, four of peers; private broadcast is one of conn.
    {
      ...{
        p2p: 25,
        conn: 17 + 3,
        mempool: 6,
        validation: 6,
        peers: 39 + 4,
        networkinfo: 12,
        blockchaininfo: 10,
      },
      ...{ orphans: 11, addrman: 17, p2pextractor: 10, log: 10 },
    },
  );
  assertEquals(names.length, 198 + 2, "and two of nodes that still trace their address manager");
});

Deno.test("docs/metrics.md is what the tables say", async () => {
  const written = await Deno.readTextFile(new URL("../../docs/metrics.md", import.meta.url));
  // The formatter pads columns and breaks lines.
  const plain = (text: string) => text.replaceAll(/-{3,}/g, "---").replaceAll(/\s+/g, " ");
  assertEquals(plain(written), plain(metricsPage()), "run the command in tools/metrics/docs.ts");
});

Deno.test("every message the node knows keeps its place among the commands", () => {
  assertEquals([...KNOWN_COMMANDS].filter((command) => !COMMANDS.includes(command)), []);
});

Deno.test("every golden event of both generations is counted or refused, and none is lost", () => {
  const { metrics } = counted(all.map(({ bytes }) => bytes));
  const sum = (family: { get(): { values: { value: number }[] } }) =>
    family.get().values.reduce((total, { value }) => total + value, 0);
  const none = all.filter(({ event }) => event.kind === "none").length;
  assertEquals(sum(metrics.events_total), all.length - none);
  assertEquals(metrics.refused_events_total.at("unreadable", "no-known-member").value, none);
});

Deno.test("with an asmap, connections and peers are counted by autonomous system and name", async () => {
  const knowledge = new Knowledge();
  knowledge.setAsmap(ipv4File({ "110010110000000001110001": 64496 }));
  knowledge.setAsNames("AS64496,Example Networks\n");
  const text = await counted(scenario(), knowledge).page();
  for (
    const line of [
      // Alice's two; everybody else's addresses are elsewhere.
      'conn_inbound_as{as_name="Example Networks",asn="64496"} 1',
      'conn_inbound_as{as_name="AS65000",asn="65000"} 3',
      'conn_closed_as{as_name="Example Networks",asn="64496"} 1',
      'rpc_peer_info_as_peers{as_name="Example Networks",asn="64496",direction="inbound"} 1',
      'rpc_peer_info_as_peers{as_name="AS65000",asn="65000",direction="inbound"} 3',
      'rpc_peer_info_as_distinct{direction="inbound"} 2',
      'rpc_peer_info_as_diversity{direction="inbound"} 0.5',
      'rpc_peer_info_as_diversity{direction="outbound"} 1',
      'rpc_peer_info_as_unmapped_peers{direction="inbound"} 0',
    ]
  ) assert(text.includes(`peerobserver_${line}\n`), line);
});

Deno.test("a stranger who invents user agents fills their own metric and no other", async () => {
  const meta = { peerId: 1, addr: "203.0.113.7:8333", connType: 1, inbound: true, size: 1 };
  const events = Array.from({ length: 3000 }, (_, i) =>
    encodeEvent({
      timestamp: 1,
      kind: "message",
      value: {
        meta: { ...meta, command: `made-up-${i}` },
        msg: { case: "unknown", value: { command: "", payload: new Uint8Array() } },
      },
    }));
  const { metrics, page } = counted([...events, ...scenario()]);
  assertEquals(
    metrics.p2p_message_count.at("other", "1", "inbound").value,
    2000 + 1,
    "2,000 of these, and wtf",
  );
  assertEquals(
    metrics.p2p_message_count.at("inv", "1", "inbound").value,
    3,
    "what is known is not crowded out",
  );
  assert((await page()).includes('waggle_folded_values_total{metric="peerobserver_p2p_message_count"} 2001'));
});

/** What promtool says of names that are the Rust tool's. */
const COMPLAINTS = [
  /^peerobserver_\w+ counter metrics should have "_total" suffix$/,
  /^peerobserver_\w+ non-counter metrics should not have "_total" suffix$/,
  /^peerobserver_\w+ non-histogram and non-summary metrics should not have "_(count|sum)" suffix$/,
  /^peerobserver_\w+ non-histogram metrics should not have "_bucket" suffix$/,
  /^peerobserver_\w+ non-histogram metrics should not have "le" label$/,
  /^peerobserver_\w+ non-summary metrics should not have "quantile" label$/,
  /^peerobserver_\w+ metric name should not include type 'histogram'$/,
  /^peerobserver_\w+ use base unit "bytes" instead of "bits"$/,
  /^peerobserver_\w+ use base unit "seconds" instead of "nanoseconds"$/,
];

partTest({
  name: "promtool reads the page, and complains about names that are the Rust tool's only",
  needs: ["promtool"],
  async fn() {
    const { stdout, stderr } = await promtool(["check", "metrics"], page);
    const lines = `${stdout}${stderr}`.split("\n").filter((line) => line !== "");
    const others = lines.filter((line) => !COMPLAINTS.some((known) => known.test(line)));
    assertEquals(others, []);
    assert(lines.length > 50, "it would have said so if it could not read the page");
    const broken = await promtool(
      ["check", "metrics"],
      page.replace("# TYPE waggle_events_total counter", "# TYPE x y"),
    );
    assert(`${broken.stdout}${broken.stderr}`.includes("error"), "promtool does look");
  },
});
