import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Version } from "../../proto/bitcoin/mod.ts";
import { csvRow, Metrics, type Result } from "./record.ts";

const nobody = {
  services: 0n,
  address: { network: "ipv4", networkId: 1, bytes: Uint8Array.of(8, 8, 4, 4) },
  port: 7,
} as const;

function result(userAgent: string, addr = "[2001:db8::7]:8333"): Result {
  const version: Version = {
    type: "version",
    version: 70016,
    services: 0xffff_ffff_ffff_ffffn,
    timestamp: -5n,
    receiver: nobody,
    sender: nobody,
    nonce: 18446744073709551615n,
    userAgent,
    startHeight: -2,
    relay: true,
  };
  const address = {
    timestamp: 1_700_000_000,
    services: 9n,
    port: 8333,
    address: { case: "ipv4", value: "8.8.8.8" },
  } as const;
  const source = { peerId: 3, addr, connType: 1, command: "addr", inbound: true, size: 9 };
  const target = { network: "ipv4", host: "8.8.8.8", port: 8333 } as const;
  const job = { target, address, version: "addr" as const, source, at: 1_700_000_100_999 };
  return { job, at: 1_700_000_200_001, success: true, cached: false, version, fromTorExit: false };
}

Deno.test("csvRow() writes 22 columns, all times in seconds", () => {
  assertEquals(
    csvRow(result("/Satoshi:29.0.0/")),
    "1700000200,IPv4(8.8.8.8),8333,9,1700000100,IPv4,addr,2001:db8::7,3,false,true,false,true,/Satoshi:29.0.0/,true," +
      "70016,18446744073709551615,-2,18446744073709551615,-5,8.8.4.4,7\n",
  );
});

Deno.test("csvRow() keeps a stranger's text in its cell", () => {
  assertStringIncludes(csvRow(result('a,b"c\nd\x1b[2J')), ',"a,b""c\\x0ad\\x1b[2J",');
});

Deno.test("Metrics keeps a thousand sources apart, and the rest together", () => {
  const metrics = new Metrics();
  for (let i = 0; i < 1500; i++) metrics.observe(result("", `8.${i >> 8}.${i & 255}.1:8333`));
  const page = metrics.text(0);
  assertStringIncludes(page, 'source_ip="other"} 500\n');
  assertEquals(
    page.split("\n").filter((line) => line.startsWith("connectivitycheck_addr_successful")).length,
    1001,
  );
});
