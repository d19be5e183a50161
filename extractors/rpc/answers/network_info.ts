import type { NetworkInfoLocalAddress, NetworkInfoNetwork } from "../../../proto/schema.ts";
import { type Fields, type Note, toFields } from "../json.ts";
import type { RpcEvent } from "./answer.ts";

/** `getnetworkinfo`; the fee rates in sat/vB. */
export function networkInfo(answer: unknown, note: Note): RpcEvent {
  const node = toFields(answer, note);
  return {
    case: "networkInfo",
    value: {
      version: node.int32("version"),
      subversion: node.text("subversion"),
      protocolVersion: node.int32("protocolversion"),
      localServices: node.text("localservices"),
      localServicesNames: node.texts("localservicesnames"),
      localRelay: node.bool("localrelay"),
      timeOffset: node.int32("timeoffset"),
      connections: node.uint32("connections"),
      connectionsIn: node.uint32("connections_in"),
      connectionsOut: node.uint32("connections_out"),
      networkActive: node.bool("networkactive"),
      networks: node.objects("networks").map(network),
      relayFee: node.feeRate("relayfee"),
      incrementalFee: node.feeRate("incrementalfee"),
      localAddresses: node.objects("localaddresses").map(localAddress),
      // One text up to Core 27.
      warnings: node.oneOrMoreTexts("warnings"),
    },
  };
}

function network(network: Fields): NetworkInfoNetwork {
  return {
    name: network.text("name"),
    limited: network.bool("limited"),
    reachable: network.bool("reachable"),
    proxy: network.text("proxy"),
    proxyRandomizeCredentials: network.bool("proxy_randomize_credentials"),
  };
}

function localAddress(local: Fields): NetworkInfoLocalAddress {
  return { address: local.text("address"), port: local.uint32("port"), score: local.uint32("score") };
}
