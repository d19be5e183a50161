import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { connect } from "nats";
import { encodeEvent, type Event } from "../../proto/event.ts";
import { freePort, until } from "../../tests/parts/until.ts";
import { startNatsServer } from "../../tests/parts/nats_server.ts";
import { partTest } from "../../tests/parts/needs.ts";
import { startProcess } from "../../tests/parts/process.ts";
import { RunningWebsocket } from "./_running.ts";
import { SlowClient } from "./_slow_client.ts";
import { ROUTES } from "./pages/routes.ts";

const UPTIME: Event = { timestamp: 5, kind: "rpc", value: { rpcEvent: { case: "uptime", value: 12345 } } };
const UPTIME_FRAME = '{"RpcExtractor":{"rpc_event":{"Uptime":12345}}}';
const FEEFILTER: Event = {
  timestamp: 6,
  kind: "p2p",
  value: { p2pEvent: { case: "feefilterAnnouncement", value: 2n ** 60n + 1n } },
};

/** A client as a script has it. */
class Client implements AsyncDisposable {
  readonly frames: string[] = [];
  readonly closed: Promise<CloseEvent>;
  readonly socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.onmessage = ({ data }) => this.frames.push(data);
    this.closed = new Promise((closed) => socket.onclose = closed);
  }

  static async open(url: string, ...frames: string[]): Promise<Client> {
    const client = new Client(new WebSocket(url.replace("http", "ws")));
    await new Promise((opened) => client.socket.onopen = opened);
    for (const frame of frames) client.socket.send(frame);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}

/** Publishes an event until somebody has got it: nothing says when a subscription has arrived. */
async function publishUntil(
  running: RunningWebsocket,
  event: Event,
  condition: () => boolean,
): Promise<void> {
  await until("the event to arrive", async () => {
    await running.publish([event]);
    return condition();
  });
}

Deno.test("a client gets nothing until it says what it wants, and then nothing else", async () => {
  await using running = await RunningWebsocket.start();
  await using silent = await Client.open(running.url);
  await using rpc = await Client.open(`${running.url}/any/path?of=it`, '{"rpc":true,"later":1}');
  await using p2p = await Client.open(running.url, '{"rpc":true}');
  await publishUntil(running, UPTIME, () => rpc.frames.length > 0 && p2p.frames.length > 0);
  p2p.socket.send('{"p2p":true}');
  await publishUntil(running, FEEFILTER, () => p2p.frames.at(-1) !== UPTIME_FRAME);
  await running.publish([UPTIME, FEEFILTER]);
  assertEquals(new Set(rpc.frames), new Set([UPTIME_FRAME]));
  assertEquals(
    p2p.frames.at(-1),
    '{"P2pExtractor":{"p2p_event":{"FeefilterAnnouncement":1152921504606846977}}}',
  );
  assertEquals(silent.frames, []);
  p2p.socket.send('{"p2p":true,"exact":true}');
  await publishUntil(
    running,
    FEEFILTER,
    () => p2p.frames.some((frame) => frame.includes('"1152921504606846977"')),
  );
  p2p.socket.send('{"rpc":true}');
  await publishUntil(running, UPTIME, () => p2p.frames.includes(UPTIME_FRAME));
});

Deno.test("a frame that is no subscription ends the connection, a binary one is ignored", async () => {
  await using running = await RunningWebsocket.start();
  for (const frame of ["", "{", "[]", JSON.stringify({ x: "y".repeat(600) })]) {
    await using client = await Client.open(running.url, frame);
    assertEquals((await client.closed).code, 1008, frame);
  }
  await using client = await Client.open(running.url, '{"rpc":true}');
  client.socket.send(new Uint8Array(1000));
  await publishUntil(running, UPTIME, () => client.frames.length > 0);
});

Deno.test("requests to somebody else's name and from somebody else's pages are refused", async () => {
  await using running = await RunningWebsocket.start({
    hosts: ["hive.example"],
    origins: ["https://friend.example"],
  });
  const port = Number(new URL(running.url).port);
  const statusWith = async (headers: Record<string, string>) => {
    const client = await SlowClient.connect(port, headers);
    const status = await client.status();
    client.close();
    return status;
  };
  assertEquals(await statusWith({}), 101);
  assertEquals(await statusWith({ Origin: "http://localhost:8000" }), 101);
  assertEquals(await statusWith({ Origin: "https://friend.example" }), 101);
  assertEquals(await statusWith({ Origin: "https://elsewhere.example" }), 403);
  assertEquals(await statusWith({ Origin: "null" }), 403);
  assertEquals(await statusWith({ Host: "elsewhere.example" }), 421);
  assertEquals(await statusWith({ Host: "hive.example", Origin: "http://hive.example" }), 101);
  assertStringIncludes(await running.stop(), "1 refused requests: 421");
});

Deno.test("more clients than are allowed are told so, until one has gone", async () => {
  await using running = await RunningWebsocket.start({ maxClients: 1 });
  const port = Number(new URL(running.url).port);
  const first = await Client.open(running.url);
  const second = await SlowClient.connect(port);
  assertEquals(await second.status(), 503);
  second.close();
  await first[Symbol.asyncDispose]();
  await until("there to be room", async () => {
    const third = await SlowClient.connect(port);
    const status = await third.status();
    third.close();
    return status === 101;
  });
});

Deno.test("a broken handshake is refused, not an error of ours", async () => {
  await using running = await RunningWebsocket.start();
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(running.url).port) });
  const request = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n\r\n";
  await connection.write(new TextEncoder().encode(request));
  const answer = new Uint8Array(100);
  await connection.read(answer);
  connection.close();
  assertStringIncludes(new TextDecoder().decode(answer), "HTTP/1.1 400");
  assertEquals(running.lines.filter((line) => line.startsWith("error")), []);
});

Deno.test("pages and their files are served with headers that keep others out", async () => {
  await using running = await RunningWebsocket.start();
  for (const path of [...ROUTES.map(({ path }) => path), "/assets/app.ts", "/assets/style.css", "/nowhere"]) {
    const response = await fetch(running.url + path);
    const text = await response.text();
    assertEquals(response.status, path === "/nowhere" ? 404 : 200, path);
    assertStringIncludes(response.headers.get("content-security-policy")!, "default-src 'self'");
    assertEquals(response.headers.get("x-content-type-options"), "nosniff");
    assertEquals(response.headers.get("referrer-policy"), "no-referrer");
    assertEquals(response.headers.get("cross-origin-resource-policy"), "same-origin");
    if (path.startsWith("/assets")) continue;
    assert(text.startsWith("<!doctype html><html"), path);
    assertEquals(/<style|style=|<script(?! type="module" src)|https?:/.exec(text), null, path);
  }
});

Deno.test("clients are told when it stops", async () => {
  const running = await RunningWebsocket.start();
  await using client = await Client.open(running.url, '{"rpc":true}');
  await publishUntil(running, UPTIME, () => client.frames.length > 0);
  await running[Symbol.asyncDispose]();
  assertEquals((await client.closed).code, 1001);
});

/** What upstream's extractors put on the bus, and what its websocket tool makes of it. */
const UPSTREAM: readonly (readonly [subject: string, hex: string, frame: string])[] = [
  [
    "netmsg",
    "0a2f0a2d0a20080712103230332e302e3131332e373a383333331801220470696e6728013008120909887766554433221150fbd095ffbc31",
    '{"EbpfExtractor":{"ebpf_event":{"Message":{"meta":{"peer_id":7,"addr":"203.0.113.7:8333","conn_type":1,"command":"ping","inbound":true,"size":8},"msg":{"Ping":{"value":1234605616436508552}}}}}}',
  ],
  [
    "netconn",
    "0a1e121c1a1a0a160807120e3132372e302e302e313a3833333318012002107b50fbd095ffbc31",
    '{"EbpfExtractor":{"ebpf_event":{"Connection":{"event":{"Inbound":{"conn":{"peer_id":7,"addr":"127.0.0.1:8333","conn_type":1,"network":2},"existing_connections":123}}}}}}',
  ],
  [
    "log-extractor",
    "221708c0e0d8bebc849003100e1a0022040a0268693803404050fbd095ffbc31",
    '{"LogExtractor":{"log_timestamp":1759372281000000,"category":14,"threadname":"","log_level":3,"log_line_bytes":64,"log_event":{"UnknownLogMessage":{"raw_message":"hi"}}}}',
  ],
  [
    "log-extractor",
    "221108c0e0d8bebc849003100e1a040a02686950fbd095ffbc31",
    '{"LogExtractor":{"log_timestamp":1759372281000000,"category":14,"threadname":"","log_level":0,"log_line_bytes":0,"log_event":{"UnknownLogMessage":{"raw_message":"hi"}}}}',
  ],
  [
    "ipc",
    "2a0a0a0808c0a2331202010250fbd095ffbc31",
    '{"IpcExtractor":{"ipc_event":{"BlockTip":{"height":840000,"hash":[1,2]}}}}',
  ],
  ["rpc", "120318b96050fbd095ffbc31", UPTIME_FRAME],
];

partTest({
  name: "events of both generations on a NATS server become frames, broken ones are counted and stop nothing",
  needs: ["nats-server"],
  async fn() {
    await using nats = await startNatsServer();
    const port = freePort();
    await using process = startProcess(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "-P=websocket",
        `--allow-net=127.0.0.1:${nats.port},127.0.0.1:${port}`,
        "mod.ts",
        "websocket",
        "--bus",
        nats.url,
        "--websocket.address",
        `127.0.0.1:${port}`,
      ],
      cwd: new URL("../..", import.meta.url).pathname,
      env: { NO_COLOR: "1" },
    });
    await process.waitForLine(/Serving/);
    const client = await Client.open(
      `http://127.0.0.1:${port}`,
      '{"ebpf":{"messages":true,"connections":true,"mempool":true},"rpc":true,"log":true,"ipc":true}',
    );
    const publisher = await connect({ servers: nats.url });
    await until("the subscriptions to be there", () => {
      publisher.publish("rpc", encodeEvent(UPTIME));
      return client.frames.length > 0;
    });
    for (const broken of ["ff", "", "0a05ffffffffff", "50fbd095ffbc31"]) {
      publisher.publish("netmsg", Uint8Array.fromHex(broken));
    }
    for (const [subject, hex] of UPSTREAM) publisher.publish(subject, Uint8Array.fromHex(hex));
    await publisher.flush();
    const others = () => client.frames.filter((frame) => frame !== UPTIME_FRAME);
    await until("all frames", () => others().length === UPSTREAM.length - 1);
    assertEquals(others(), UPSTREAM.map(([, , frame]) => frame).filter((frame) => frame !== UPTIME_FRAME));
    await publisher.close();
    process.kill("SIGINT");
    assertEquals((await process.status).code, 0);
    await client.closed;
    assertStringIncludes(process.output, "refused: truncated");
    assertStringIncludes(process.output, "2 refused: no-known-member");
  },
});
