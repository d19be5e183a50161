import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseIp } from "../../proto/subnet.ts";
import { logFor } from "../../runtime/log.ts";
import { until } from "../../tests/parts/until.ts";
import { watchFiles } from "./files.ts";
import { Knowledge } from "./knowledge.ts";
import { createMetrics } from "./metrics.ts";
import { Peers } from "./peers.ts";

Deno.test("a list that changes is loaded again, a broken or missing one leaves what was known", async () => {
  const path = await Deno.makeTempFile({ prefix: "waggle-list-" });
  await Deno.writeTextFile(path, "203.0.113.0/24\n");
  const knowledge = new Knowledge();
  const peers = new Peers(knowledge);
  const { metrics } = createMetrics();
  const lines: string[] = [];
  const stop = new AbortController();
  const isListed = (addr: string) => peers.of(addr).onList("tor_exit");
  const first = Promise.withResolvers<void>();
  const watching = watchFiles({
    files: [{
      name: "tor_exit",
      flag: "--it",
      path,
      take: (content) => knowledge.setList("tor_exit", new TextDecoder().decode(content)),
    }],
    metrics,
    log: logFor("it", ({ level, message }) => lines.push(`${level}: ${message}`)),
    signal: stop.signal,
    everyMs: 1,
  }, first.resolve);
  await first.promise;
  assertEquals([isListed("203.0.113.7:8333"), isListed("198.51.100.7:8333")], [true, false]);

  await Deno.writeTextFile(path, "198.51.100.7\nnonsense\n# 203.0.113.7\n");
  await until("the new list", () => isListed("198.51.100.7:8333"));
  assertEquals(isListed("203.0.113.7:8333"), false);
  assertStringIncludes(lines.join("\n"), `warn: 1 lines of "${path}" make no sense, the first is "nonsense"`);

  await Deno.remove(path);
  await until("the failure", () => metrics.file_failures_total.at("tor_exit").value > 3);
  assertEquals(lines.filter((line) => line.startsWith("error:")).length, 1, "told once");
  assert(isListed("198.51.100.7:8333"));

  await Deno.writeTextFile(path, "");
  await until("the empty list", () => !isListed("198.51.100.7:8333"));
  stop.abort();
  await watching;
  await Deno.remove(path);
});

Deno.test("lists are taken as others write them, and names of systems too", () => {
  const knowledge = new Knowledge();
  const text =
    '1.2.3.0/24\r\nbitcoin-cli setban "5.6.7.8" add 1\nExitAddress 9.9.9.9 2026-01-01 00:00:00 ; x\n2001:db8::/32,x\n';
  assertEquals(knowledge.setList("banlist_gmax", text), { entries: 4, refused: 0, firstRefused: undefined });
  for (const ip of ["1.2.3.255", "5.6.7.8", "9.9.9.9", "2001:db8:ffff::1", "::ffff:5.6.7.8"]) {
    assert(knowledge.listsWith(parseIp(ip)!).has("banlist_gmax"), ip);
  }
  assertEquals(knowledge.listsWith(parseIp("1.2.4.0")!), new Set());
  assertEquals(knowledge.listsWith(parseIp("31.58.215.9")!), new Set(["linkinglion"]), "built in");
  knowledge.setAsNames('64496 EXAMPLE-1, ZZ\nAS64497,"Example 2"\n# 1 x\n');
  assertEquals([64496, 64497, 1].map((asn) => knowledge.asNameOf(asn)), [
    "EXAMPLE-1, ZZ",
    "Example 2",
    "AS1",
  ]);
});

Deno.test("a peer knows its host, its subnet and its neighbours", () => {
  const peers = new Peers(new Knowledge());
  assertEquals(peers.of("[2001:db8:0:1::5]:8333").host, "2001:db8:0:1::5");
  assertEquals(
    ["203.0.113.7:8333", "[2001:db8:0:1:2:3:4:5]:1", "abc.onion:8333", "nonsense"].map((addr) =>
      peers.of(addr).subnet
    ),
    ["203.0.113.0", "2001:db8:0:1::", "abc.onion", "nonsense"],
  );
  const alice = peers.of("203.0.113.7:8333");
  assertEquals(
    ["203.0.113.200", "::ffff:203.0.113.1", "203.0.114.7", "20.0.113.7"].map((ip) => alice.hasNeighbour(ip)),
    [
      true,
      true,
      false,
      false,
    ],
  );
  const bob = peers.of("[2001:db8:0:1::5]:8333");
  assertEquals(["2001:db8:0:1:ffff::", "2001:db8:0:2::5"].map((ip) => bob.hasNeighbour(ip)), [true, false]);
});
