import { assertEquals } from "@std/assert";
import { agentOf } from "./agent.ts";
import { Agent } from "./federation/schema.ts";

const KNOWN: Readonly<Record<string, keyof typeof Agent>> = {
  "/Satoshi:24.0.1/": "CORE_24",
  "/Satoshi:29.0.0/": "CORE_29",
  "/Satoshi:29.1.0/": "CORE_29",
  "/Satoshi:30.99.0/": "CORE_30",
  "/Satoshi:31.0.0(garden gnome)/": "CORE_31",
  "/Satoshi:0.21.1/": "CORE_OTHER",
  "/Satoshi:77.0.0/": "CORE_OTHER",
  "/Satoshi:29.2.0/Knots:20251110/": "KNOTS",
  "/Satoshi:29.2.0(me)/Knots:20251110/": "KNOTS",
  "/btcwire:0.5.0/btcd:0.24.2/": "BTCD",
  "/btcwire:0.5.0/neutrino:0.12.0-beta/": "LIGHT_WALLET",
  "/bcoin:2.2.0/": "BCOIN",
  "/bitcoinj:0.16.3/": "BITCOINJ",
  "/bitcoinj:0.16.2/Bitcoin Wallet:9.26/": "BITCOINJ",
  "/libbitcoin:4.0.0/": "LIBBITCOIN",
  "/breadwallet:2.1.3/": "LIGHT_WALLET",
  "/bitnodes.io:0.3/": "CRAWLER",
};

for (const [text, family] of Object.entries(KNOWN)) {
  Deno.test(`agentOf() knows "${text}"`, () => assertEquals(agentOf(text), Agent[family]));
}

const HOSTILE = [
  "",
  "/Satoshi:29.0.0/evil",
  "evil/Satoshi:29.0.0/",
  "/Satoshi:29.0.0/evil:1.0/",
  "/Satoshi:29.0.0/\n",
  "/Satoshi:29.0.0\0/",
  "/satoshi:29.0.0/",
  "/Satoshi:29/",
  "/Satoshi:29.0.0(a(b))/",
  "/Satoshi:２９.0.0/",
  `/Satoshi:29.0.0(${"x".repeat(400)})/`,
  "/Satoshi:29.2.0/Knots:evil/",
  "/bitcoinj:0.16.2/evil:evil/",
  "constructor",
  "__proto__",
];

for (const text of HOSTILE) {
  Deno.test(`agentOf() does not make a mark of ${JSON.stringify(text).slice(0, 60)}`, () => {
    assertEquals(agentOf(text), Agent.OTHER_AGENT);
  });
}

Deno.test("agentOf() says one of the list, whatever a stranger puts behind a name", () => {
  for (let i = 0; i < 2000; i++) {
    const suffix = String.fromCharCode(...crypto.getRandomValues(new Uint8Array(i % 40)));
    assertEquals(agentOf(`/Satoshi:29.0.0/${suffix}x`), Agent.OTHER_AGENT);
  }
});
