import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { RpcError, startBitcoind } from "./bitcoind.ts";
import { partTest } from "./needs.ts";

partTest({
  name: "startBitcoind() runs a node that mines, says so in its log, and leaves nothing behind",
  needs: ["bitcoind"],
  fn: async () => {
    await using node = await startBitcoind();
    assertEquals((await node.generate(3)).length, 3);
    assertEquals(await node.rpc("getblockcount"), 3);
    assert((await Deno.readTextFile(node.debugLog)).includes("height=3"));
    await node[Symbol.asyncDispose]();
    await assertRejects(() => Deno.stat(node.datadir), Deno.errors.NotFound);
  },
});

partTest({
  name: "Bitcoind.rpc() throws the node's code and message",
  needs: ["bitcoind"],
  fn: async () => {
    await using node = await startBitcoind();
    await assertRejects(() => node.rpc("getblockhash", 7), RpcError, "out of range (code -8)");
    await assertRejects(() => node.rpc("nosuch"), RpcError, 'Cannot call "nosuch": Method not found');
  },
});

partTest({
  name: "Bitcoind.connect() joins nodes, and restart() keeps folder and ports",
  needs: ["bitcoind"],
  fn: async () => {
    await using node = await startBitcoind({ args: ["-debug=net"] });
    await using other = await startBitcoind();
    await node.connect(other);
    const [hash] = await node.generate(1);
    await node.waitForSync(other);
    await other.restart();
    assertEquals(await other.rpc("getbestblockhash"), hash);
    await node.connect(other);
    await other.kill();
    await other.start();
    assertEquals(await other.rpc("getconnectioncount"), 0);
  },
});

partTest({
  name: "startBitcoind() fails with what the node said about a bad argument",
  needs: ["bitcoind"],
  fn: async () => {
    await assertRejects(() => startBitcoind({ args: ["-nosuch=1"] }), Error, "Invalid parameter -nosuch");
  },
});

partTest({
  name: "startBitcoind() listens on the loopback interface only",
  needs: ["bitcoind"],
  fn: async () => {
    await using node = await startBitcoind();
    const { localaddresses, networks } = await node.rpc("getnetworkinfo");
    assertEquals(localaddresses, []);
    assert(networks.length > 0);
    const listening = await Deno.readTextFile(`/proc/${node.pid}/net/tcp`);
    const port = node.p2pPort.toString(16).toUpperCase().padStart(4, "0");
    assert(listening.includes(`0100007F:${port}`), "127.0.0.1 is listened on");
    assertFalse(listening.includes(`00000000:${port}`), "0.0.0.0 is not");
  },
});
