import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { answer, branch, file, ipv4File, match } from "../../proto/_asmap.ts";
import { Asmap } from "../../proto/asmap.ts";
import { parseIp } from "../../proto/subnet.ts";
import { startBitcoind } from "../parts/bitcoind.ts";
import { partTest } from "../parts/needs.ts";

/** One address out of many networks; Core's address manager wants them routable. */
const ADDRESSES = [
  ...Array.from({ length: 60 }, (_, i) => `${11 + i * 3}.${i * 4}.77.${i + 1}`),
  ...["2400:cb00::1", "2a00:1450::5", "2002:0b00:4d01::1", "64:ff9b::0b00:4d01", "2001:0:1:2:3:4:f4ff:b2fe"],
].filter((address) => !/^(127|100|169|172|192|198|203)\./.test(address));

interface Entry {
  address: string;
  mapped_as?: number;
}

partTest({
  name: "Asmap gives every address the system that Bitcoin Core gives it",
  needs: ["bitcoind"],
  async fn() {
    // Each first byte has a system of its own, and each half of 11.0.0.0/8.
    const systems: Record<string, number> = {};
    for (let byte = 1; byte < 224; byte++) systems[byte.toString(2).padStart(8, "0")] = 1000 + byte;
    delete systems["00001011"];
    Object.assign(systems, { "000010110": 4_200_000, "000010111": 7 });
    const bytes = ipv4File(systems);
    const path = await Deno.makeTempFile({ prefix: "waggle-asmap-" });
    try {
      await Deno.writeFile(path, bytes);
      await using node = await startBitcoind({ args: [`-asmap=${path}`] });
      for (const address of ADDRESSES) await node.rpc("addpeeraddress", address, 8333);
      const tables = await node.rpc("getrawaddrman") as Record<string, Record<string, Entry>>;
      const entries = Object.values(tables).flatMap((table) => Object.values(table));
      const map = new Asmap(bytes);
      const ours = entries.map(({ address }) => [address, map.asnOf(parseIp(address)!)]);
      assertEquals(ours, entries.map(({ address, mapped_as }) => [address, mapped_as ?? 0]));
      assertEquals(entries.length > ADDRESSES.length / 2, true, `${entries.length} entries`);
    } finally {
      await Deno.remove(path);
    }
  },
});

partTest({
  name: "Asmap refuses a file that Bitcoin Core refuses, and takes one that it takes",
  needs: ["bitcoind"],
  async fn() {
    const right = file(branch(answer(1), match("1", answer(2))));
    const wrong = file(branch(answer(1) + answer(3), answer(2)));
    const path = await Deno.makeTempFile({ prefix: "waggle-asmap-" });
    try {
      await Deno.writeFile(path, right);
      await startBitcoind({ args: [`-asmap=${path}`] }).then((node) => node[Symbol.asyncDispose]());
      new Asmap(right);
      await Deno.writeFile(path, wrong);
      const { message } = await assertRejects(() => startBitcoind({ args: [`-asmap=${path}`] }), Error);
      assertStringIncludes(message.toLowerCase(), "asmap");
      assertThrows(() => new Asmap(wrong), SyntaxError);
    } finally {
      await Deno.remove(path);
    }
  },
});
