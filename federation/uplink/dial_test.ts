import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { startSocksServer } from "../../tools/connectivity-check/_socks_server.ts";
import { makeCertificateOf } from "../../tests/parts/certificate.ts";
import { partTest } from "../../tests/parts/needs.ts";
import { parseHubUrl } from "../membership.ts";
import { dial, dialled, egressProblem, EgressRefused, type Route } from "./dial.ts";
import { ClientSocket } from "./websocket.ts";

const NOBODY = { isBesideNode: false, nodeAddresses: new Set<string>() };
const SIGNAL = new AbortController().signal;

function route(more: Partial<Route> & { url?: string } = {}): Route {
  const { url = "wss://hub.example/uplink", ...rest } = more;
  return { hub: parseHubUrl(url), proxy: undefined, acceptEgressLeak: false, ...rest };
}

Deno.test("parseHubUrl() takes wss, and ws only where nobody can listen in", () => {
  for (
    const text of [
      "wss://hub.example/uplink",
      "ws://127.0.0.1:8790/uplink",
      `ws://${"a".repeat(56)}.onion/uplink`,
    ]
  ) {
    assertEquals(parseHubUrl(text).href, text);
  }
  for (
    const text of [
      "ws://hub.example/uplink",
      "https://hub.example",
      "hub.example",
      "wss://a:b@hub.example/",
      "",
    ]
  ) {
    assertThrows(() => parseHubUrl(text), SyntaxError);
  }
});

Deno.test("egressProblem() lets nobody connect directly from where a node is", () => {
  const beside = { isBesideNode: true, nodeAddresses: new Set<string>() };
  assertStringIncludes(egressProblem(route(), beside)!, "would see a node's address");
  assertEquals(egressProblem(route({ proxy: "127.0.0.1:9050" }), beside), undefined, "through a proxy");
  assertEquals(egressProblem(route({ acceptEgressLeak: true }), beside), undefined, "who says so");
  assertEquals(
    egressProblem(route({ url: "ws://127.0.0.1:1/uplink" }), beside),
    undefined,
    "a hub on this machine",
  );
  assertEquals(egressProblem(route(), NOBODY), undefined, "from another host");
});

Deno.test("dialled() is the proxy and nothing else, where there is one", () => {
  assertEquals(dialled(route({ proxy: "127.0.0.1:9050" })), "127.0.0.1:9050");
  assertEquals(dialled(route()), "hub.example:443");
  assertEquals(dialled(route({ url: "ws://127.0.0.1:8790/x", proxy: "127.0.0.1:9050" })), "127.0.0.1:8790");
});

Deno.test("dial() refuses before it asks anybody for anything", async () => {
  await assertRejects(
    () => dial(route(), { isBesideNode: true, nodeAddresses: new Set() }, SIGNAL),
    EgressRefused,
  );
});

/** A hub that notes who came. */
function serveHub(options: Partial<Deno.ServeTcpOptions & Deno.TlsCertifiedKeyPem> = {}) {
  const ports: number[] = [];
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {}, ...options },
    (request, { remoteAddr }) => {
      ports.push((remoteAddr as Deno.NetAddr).port);
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onopen = () => socket.send(Uint8Array.of(42));
      return response;
    },
  );
  return { server, ports, port: server.addr.port };
}

async function firstMessage(connection: Deno.Conn, hub: URL): Promise<unknown> {
  using socket = await ClientSocket.open(connection, hub);
  return (await socket.messages().next()).value;
}

Deno.test("dial() goes through a SOCKS5 proxy, which resolves the name; the hub sees the proxy only", async () => {
  const { server, ports, port } = serveHub();
  await using _server = server;
  const onion = `${"a".repeat(56)}.onion`;
  await using proxy = startSocksServer(() => ({ hostname: "127.0.0.1", port }));
  const way = route({ url: `ws://${onion}:1234/uplink`, proxy: proxy.address });
  const connection = await dial(way, { isBesideNode: true, nodeAddresses: new Set() }, SIGNAL);
  const own = (connection.localAddr as Deno.NetAddr).port;
  assertEquals(await firstMessage(connection, way.hub), Uint8Array.of(42));
  assertEquals(proxy.asked.map(({ host, port }) => `${host}:${port}`), [`${onion}:1234`]);
  assertEquals(ports.length, 1);
  assert(ports[0] !== own, "the hub's connection is the proxy's");
});

Deno.test("dial() needs the right to reach the proxy alone, and no variable leads it elsewhere", async () => {
  const { server, ports, port } = serveHub();
  await using _server = server;
  await using proxy = startSocksServer(() => ({ hostname: "127.0.0.1", port }));
  const program = `
    import { parseHubUrl } from "${new URL("../membership.ts", import.meta.url)}";
    import { dial } from "${new URL("./dial.ts", import.meta.url)}";
    import { ClientSocket } from "${new URL("./websocket.ts", import.meta.url)}";
    const hub = parseHubUrl("ws://${"a".repeat(56)}.onion/uplink");
    const route = { hub, proxy: "${proxy.address}", acceptEgressLeak: false };
    const connection = await dial(route, { isBesideNode: true, nodeAddresses: new Set() }, new AbortController().signal);
    const socket = await ClientSocket.open(connection, hub);
    for await (const message of socket.messages()) { console.log(message.length); break; }
    connection.close();`;
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(path, program);
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const nowhere = "http://127.0.0.1:1";
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", `--config=${config}`, `--allow-net=${proxy.address}`, path],
    env: { ALL_PROXY: nowhere, HTTP_PROXY: nowhere, HTTPS_PROXY: nowhere, NO_PROXY: "*", no_proxy: "*" },
  }).output();
  await Deno.remove(path);
  assertEquals(new TextDecoder().decode(stdout), "1\n", new TextDecoder().decode(stderr));
  assertEquals([ports.length, proxy.asked.length], [1, 1]);
});

Deno.test("dial() says what a proxy says", async () => {
  await using proxy = startSocksServer(() => 4);
  await assertRejects(() => dial(route({ proxy: proxy.address }), NOBODY, SIGNAL), Error, "host unreachable");
});

partTest({
  name: "dial() encrypts through the proxy, and believes no certificate that nobody vouches for",
  needs: ["openssl"],
  async fn() {
    const folder = await Deno.makeTempDir();
    const { certFile, keyFile, caFile } = await makeCertificateOf("hub.example", folder);
    const [cert, key, ca] = await Promise.all(
      [certFile, keyFile, caFile].map((file) => Deno.readTextFile(file)),
    );
    const { server, port, ports } = serveHub({ cert: cert!, key: key! });
    await using _server = server;
    await using proxy = startSocksServer(() => ({ hostname: "127.0.0.1", port }));
    const way = route({ proxy: proxy.address });
    await assertRejects(() => dial(way, NOBODY, SIGNAL), Error, "certificate");
    const other = route({ url: "wss://other.example/uplink", proxy: proxy.address, ca });
    await assertRejects(() => dial(other, NOBODY, SIGNAL), Error, "certificate");
    assertEquals(ports, []);
    const connection = await dial({ ...way, ca }, NOBODY, SIGNAL);
    assertEquals(await firstMessage(connection, way.hub), Uint8Array.of(42));
    await Deno.remove(folder, { recursive: true });
  },
});
