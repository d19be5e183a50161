import { assert, assertEquals } from "@std/assert";
import { keyPair, newSeed } from "../../proto/federation/keys.ts";
import { startProcess } from "../parts/process.ts";
import { freePort, until } from "../parts/until.ts";
import { summary } from "./client.ts";
import { TestHub } from "./hub.ts";
import { rawSession } from "./raw.ts";

/** Where the clients of this test come from. */
const ADDRESS = "127.0.0.77";

/** The address in every form in which somebody could have written it down. */
const FORMS: Readonly<Record<string, string>> = {
  raw: ADDRESS,
  mapped: "::ffff:7f00:4d",
  packed: String.fromCharCode(127, 0, 0, 77),
  reversed: String.fromCharCode(77, 0, 0, 127),
  hex: "7f00004d",
  number: String(0x7f00004d),
  base64: btoa(ADDRESS).slice(0, 12),
};

function findings(bytes: Uint8Array): string[] {
  const text = new TextDecoder("latin1").decode(bytes);
  const lower = text.toLowerCase();
  return Object.entries(FORMS).filter(([name, form]) => {
    return (name === "packed" || name === "reversed" || name === "base64" ? text : lower).includes(form);
  }).map(([name]) => name);
}

Deno.test("no address of a client is kept: not in the store, the log, the numbers or an error", async () => {
  await using hub = await TestHub.start();
  const key = await keyPair(newSeed("operator"));
  // As a member by another connection, so that the one from the address gets as far as one can.
  await (await hub.member(key)).client.store(summary(1, hub.bin));
  const member = await rawSession(hub.url, key, ADDRESS);
  await until("the session", () => hub.hub.sessions === 2);
  // Framing that is wrong, a frame that is none, a stranger, a wrong path, a request that is none.
  await member.write(Uint8Array.of(0xff, 0xff, 0xff, 0xff));
  await member.ended();
  for (const message of [[0x82, 0x83, 0, 0, 0, 0, 1, 2, 3], [0x81, 0x81, 0, 0, 0, 0, 65]]) {
    const stranger = await rawSession(hub.url, undefined, ADDRESS);
    await stranger.write(Uint8Array.from(message));
    await stranger.ended();
  }
  await until("the end", () => hub.hub.handshakes === 0);
  for (const request of REQUESTS) await speak(hub.url, request);
  const pages = await Promise.all(["/metrics", "/health", "/nothing"].map(async (path) => {
    return await (await fetch(`${hub.url}${path}`)).text();
  }));
  const encoder = new TextEncoder();
  for (const page of [...pages, ...hub.lines]) assertEquals(findings(encoder.encode(page)), [], page);
  assert(await searchFolder(hub.folder) >= 3, "the store, its log and the key were searched");
});

/** Requests that make a server complain: no page, no HTTP, half a body, too much of it, a method that is none. */
const REQUESTS = [
  "GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  "GET http:// HTTP/1.1\r\nHost: x\r\n\r\n",
  "GET //%00[ HTTP/1.1\r\nHost: [\r\n\r\n",
  "nonsense\r\n\r\n",
  "TRACE / HTTP/1.1\r\nHost: x\r\n\r\n",
  "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
  `POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n${"x".repeat(100_000)}`,
  "GET /uplink HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
  "GET /else HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
];

/** Says something from the address, listens to a first answer, and is gone. */
async function speak(url: string, text: string): Promise<void> {
  const { connect } = await import("node:net");
  const socket = connect({ host: "127.0.0.1", port: Number(new URL(url).port), localAddress: ADDRESS });
  await new Promise<void>((resolve) => {
    socket.on("error", () => resolve());
    socket.on("data", () => resolve());
    socket.on("close", () => resolve());
    socket.write(text, () => text.includes("half") && setTimeout(resolve, 0));
  });
  socket.resetAndDestroy();
}

Deno.test("a hub as a process of its own writes no address to its output or its folder either", async () => {
  const folder = await Deno.makeTempDir();
  const [port, publicPort] = [freePort(), freePort()];
  {
    await using hub = startProcess(Deno.execPath(), {
      args: [
        ...["run", "-A", "--quiet", "mod.ts", "hub", "--hub.folder", folder],
        ...["--hub.address", `127.0.0.1:${port}`, "--hub.public", `127.0.0.1:${publicPort}`],
        ...["--log-level", "debug"],
      ],
      cwd: new URL("../..", import.meta.url).pathname,
    });
    await hub.waitForPort(port);
    await hub.waitForPort(publicPort);
    const url = `http://127.0.0.1:${port}`;
    const publicUrl = `http://127.0.0.1:${publicPort}`;
    for (const request of REQUESTS) await speak(url, request);
    for (const request of [...REQUESTS, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"]) await speak(publicUrl, request);
    await until("the public pages", async () => await statusOf(`${publicUrl}/data.html`) === 200);
    for (const path of ["/sign-in", "/now", "/hub", "/metrics", "/health", "/uplink", "/contribute"]) {
      assertEquals(await statusOf(publicUrl + path), 404, `${path} is not public`);
    }
    assertEquals(await statusOf(`${url}/data.html`), 404, "and public pages are elsewhere");
    for (const message of [[0x82, 0x83, 0, 0, 0, 0, 1, 2, 3], [0xff, 0xff, 0xff, 0xff]]) {
      const stranger = await rawSession(url, undefined, ADDRESS);
      await stranger.write(Uint8Array.from(message));
      await stranger.ended();
    }
    await hub.stop();
    assert(hub.output.includes("Serving"), "the output was searched");
    assertEquals(findings(new TextEncoder().encode(hub.output)), [], hub.output);
  }
  assert(await searchFolder(folder) >= 3);
  await Deno.remove(folder, { recursive: true });
});

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url);
  await response.body?.cancel();
  return response.status;
}

/** Searches every file below a folder; how many there were. */
async function searchFolder(folder: string): Promise<number> {
  let files = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) files += await searchFolder(path);
    else {
      assertEquals(findings(await Deno.readFile(path)), [], name);
      files++;
    }
  }
  return files;
}

Deno.test("the search for an address would find one", () => {
  for (const [name, form] of Object.entries(FORMS)) {
    const bytes = Uint8Array.from(`some ${form} text`, (letter) => letter.charCodeAt(0));
    assert(findings(bytes).includes(name), name);
  }
});

Deno.test("the connections of the test really come from the address", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const connecting = rawSession(`http://127.0.0.1:${listener.addr.port}`, undefined, ADDRESS);
  const socket = await accepted;
  assertEquals((socket.remoteAddr as Deno.NetAddr).hostname, ADDRESS);
  socket.close();
  listener.close();
  assert(await connecting.then(() => false, () => true));
});
