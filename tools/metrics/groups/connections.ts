/**
 * Connections as the eBPF extractor saw them.
 *
 * @module
 */

import type { Connection, ConnectionEvent } from "../../../proto/schema.ts";
import { counter, gauge, open } from "../definition.ts";
import type { Metrics } from "../metrics.ts";
import type { Peers } from "../peers.ts";

// Numbers of Bitcoin Core's networks: not routable, IPv4, IPv6, onion, I2P, CJDNS, internal.
const NETWORK = { network: open("0", "1", "2", "3", "4", "5", "6") };
const AS = { asn: open(), as_name: open() };

/** What the metrics of connections are. */
export const connections = {
  conn_inbound: counter("Inbound connections opened"),
  conn_inbound_network: counter("Inbound connections opened by the number of their network", {
    labels: NETWORK,
  }),
  conn_inbound_banlist_monero: counter("Inbound connections opened from addresses on the Monero ban list"),
  conn_inbound_banlist_gmax: counter("Inbound connections opened from addresses on gmax' ban list"),
  conn_inbound_list_linkinglion: counter("Inbound connections opened from addresses of LinkingLion"),
  conn_inbound_tor_exit: counter("Inbound connections opened from Tor exits"),
  conn_inbound_current: gauge("Inbound connections there were when the last one was opened"),
  conn_inbound_as: counter("Inbound connections opened by autonomous system", { labels: AS }),
  conn_outbound: counter("Outbound connections opened"),
  conn_outbound_current: gauge("Outbound connections there were when the last one was opened"),
  conn_outbound_network: counter("Outbound connections opened by the number of their network", {
    labels: NETWORK,
  }),
  conn_outbound_as: counter("Outbound connections opened by autonomous system", { labels: AS }),
  conn_closed_network: counter("Connections closed by the number of their network", { labels: NETWORK }),
  conn_closed: counter("Connections closed"),
  conn_closed_age: counter("Seconds that closed connections had been open, all together"),
  conn_closed_as: counter("Connections closed by autonomous system", { labels: AS }),
  conn_evicted_inbound: counter("Inbound connections evicted to make room"),
  conn_misbehaving: counter("Misbehaviour by peer and what it did", {
    labels: { id: open(), misbehavingmessage: open() },
  }),
  conn_misbehaving_reason: counter("Misbehaviour by what the peer did", {
    labels: { misbehavingmessage: open() },
  }),
};

/** What counts connections. */
export function makeCountConnection(metrics: Metrics, peers: Peers) {
  const countWays = (way: "inbound" | "outbound" | "closed", { network, addr }: Connection) => {
    const peer = peers.of(addr);
    metrics[`conn_${way}`].at().add(1);
    metrics[`conn_${way}_network`].at(String(network)).add(1);
    if (peer.asn !== 0) metrics[`conn_${way}_as`].at(String(peer.asn), peers.asNameOf(peer.asn)).add(1);
    return peer;
  };
  return (timestamp: number, { event }: ConnectionEvent): void => {
    switch (event?.case) {
      case "inbound": {
        const peer = countWays("inbound", event.value.conn);
        metrics.conn_inbound_current.at().value = event.value.existingConnections;
        if (peer.onList("banlist_monero")) metrics.conn_inbound_banlist_monero.at().add(1);
        if (peer.onList("banlist_gmax")) metrics.conn_inbound_banlist_gmax.at().add(1);
        if (peer.onList("linkinglion")) metrics.conn_inbound_list_linkinglion.at().add(1);
        if (peer.onList("tor_exit")) metrics.conn_inbound_tor_exit.at().add(1);
        break;
      }
      case "outbound":
        countWays("outbound", event.value.conn);
        metrics.conn_outbound_current.at().value = event.value.existingConnections;
        break;
      case "closed":
        countWays("closed", event.value.conn);
        metrics.conn_closed_age.at().add(Math.floor(timestamp / 1000) - event.value.timeEstablished);
        break;
      case "inboundEvicted":
        metrics.conn_evicted_inbound.at().add(1);
        break;
      case "misbehaving": {
        const { id, message } = event.value;
        metrics.conn_misbehaving.at(String(id), message).add(1);
        metrics.conn_misbehaving_reason.at(message).add(1);
      }
    }
  };
}
