import { assert, assertEquals } from "@std/assert";
import type { NetworkInfoNetwork } from "../../../proto/schema.ts";
import { noNotes, recorded } from "../_recorded.ts";
import { networkInfo } from "./network_info.ts";

const RECORDED_NETWORKS: NetworkInfoNetwork[] = [
  { name: "ipv4", limited: false, reachable: true, proxy: "", proxyRandomizeCredentials: false },
  { name: "ipv6", limited: false, reachable: true, proxy: "", proxyRandomizeCredentials: false },
  { name: "onion", limited: true, reachable: false, proxy: "", proxyRandomizeCredentials: false },
  { name: "i2p", limited: true, reachable: false, proxy: "", proxyRandomizeCredentials: false },
  { name: "cjdns", limited: true, reachable: false, proxy: "", proxyRandomizeCredentials: false },
];

Deno.test("networkInfo() reads Core 31, fee rates in sat/vB and warnings as a list", () => {
  assertEquals(networkInfo(recorded("core31", "getnetworkinfo"), noNotes), {
    case: "networkInfo",
    value: {
      version: 319900,
      subversion: "/Satoshi:31.99.0/",
      protocolVersion: 70017,
      localServices: "0000000000000c09",
      localServicesNames: ["NETWORK", "WITNESS", "NETWORK_LIMITED", "P2P_V2"],
      localRelay: true,
      timeOffset: 0,
      connections: 4,
      connectionsIn: 2,
      connectionsOut: 2,
      networkActive: true,
      networks: RECORDED_NETWORKS,
      relayFee: 0.1,
      incrementalFee: 0.1,
      localAddresses: [],
      warnings: [
        "This is a pre-release test build - use at your own risk - do not use for mining or merchant applications",
      ],
    },
  });
});

Deno.test("networkInfo() reads Knots 29", () => {
  assertEquals(networkInfo(recorded("knots29", "getnetworkinfo"), noNotes), {
    case: "networkInfo",
    value: {
      version: 290403,
      subversion: "/Satoshi:29.4.3/Knots:20260508/",
      protocolVersion: 70016,
      localServices: "0000000010000c09",
      localServicesNames: ["NETWORK", "WITNESS", "NETWORK_LIMITED", "P2P_V2", "BLAKE2B?"],
      localRelay: true,
      timeOffset: 0,
      connections: 2,
      connectionsIn: 1,
      connectionsOut: 1,
      networkActive: true,
      networks: RECORDED_NETWORKS,
      relayFee: 1,
      incrementalFee: 1,
      localAddresses: [],
      warnings: [],
    },
  });
});

Deno.test("networkInfo() reads own addresses, a proxy, and the single warning of Core up to 27", () => {
  const event = networkInfo({
    networks: [{
      name: "onion",
      proxy: "127.0.0.1:9050",
      proxy_randomize_credentials: true,
      reachable: true,
    }],
    localaddresses: [{ address: "2001:db8::7", port: 8333, score: 4 }],
    timeoffset: -2,
    warnings: "Unknown new rules activated (versionbit 28)",
  }, noNotes);
  assert(event.case === "networkInfo");
  const { networks, localAddresses, timeOffset, warnings } = event.value;
  assertEquals(networks, [{
    name: "onion",
    limited: false,
    reachable: true,
    proxy: "127.0.0.1:9050",
    proxyRandomizeCredentials: true,
  }]);
  assertEquals(localAddresses, [{ address: "2001:db8::7", port: 8333, score: 4 }]);
  assertEquals([timeOffset, warnings], [-2, ["Unknown new rules activated (versionbit 28)"]]);
});

Deno.test("networkInfo() takes the empty text of Core up to 27 for no warning", () => {
  const event = networkInfo({ warnings: "" }, noNotes);
  assert(event.case === "networkInfo");
  assertEquals(event.value.warnings, []);
});
