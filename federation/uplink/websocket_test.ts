import { assertEquals, assertRejects } from "@std/assert";
import { LONGEST } from "../../proto/federation/frame.ts";
import { BrokenProtocol, ClientSocket, CLOSE } from "./websocket.ts";

const URL_OF_HUB = new URL("ws://hub.example/uplink");

/** A server that answers what the test says, byte for byte. */
async function speaking(frames: readonly (number[] | Uint8Array)[], { answer = upgrade } = {}) {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  const other = await listener.accept();
  const served = (async () => {
    const buffer = new Uint8Array(4096);
    const request = new TextDecoder().decode(buffer.subarray(0, (await other.read(buffer))!));
    const bytes = [
      new TextEncoder().encode(await answer(request)),
      ...frames.map((frame) => Uint8Array.from(frame)),
    ];
    for (const each of bytes) for (let at = 0; at < each.length;) at += await other.write(each.subarray(at));
    await other.closeWrite();
    const heard: number[] = [];
    for (let count = await other.read(buffer); count !== null; count = await other.read(buffer)) {
      heard.push(...buffer.subarray(0, count));
    }
    other.close();
    return { request, heard };
  })();
  return { connection, served };
}

async function upgrade(request: string): Promise<string> {
  const key = /sec-websocket-key: (.*)\r/i.exec(request)![1] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", new TextEncoder().encode(key)));
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    `Sec-WebSocket-Accept: ${digest.toBase64()}`,
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** All messages of such a server, and what it heard. */
async function messagesOf(frames: readonly (number[] | Uint8Array)[], options?: { answer: typeof upgrade }) {
  const { connection, served } = await speaking(frames, options);
  const messages: Uint8Array[] = [];
  let failure: unknown;
  let code: number | undefined;
  try {
    const socket = await ClientSocket.open(connection, URL_OF_HUB);
    const all = socket.messages();
    for (;;) {
      const { value, done } = await all.next();
      if (done) {
        code = value as number | undefined;
        break;
      }
      messages.push(value as Uint8Array);
    }
  } catch (error) {
    failure = error;
  }
  try {
    connection.close();
  } catch {
    // Closed by the failure.
  }
  return { messages, failure, code, ...await served };
}

function broken({ failure }: { failure: unknown }): [string, number] {
  if (!(failure instanceof BrokenProtocol)) throw failure ?? new Error("nothing was broken");
  return [failure.message, failure.code];
}

Deno.test("ClientSocket speaks with Deno's own server: messages of all lengths in both directions", async () => {
  const lengths = [0, 1, 125, 126, 127, 1024, 65_535, 65_536];
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => socket.send(data);
    return response;
  });
  const { port } = server.addr;
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  using socket = await ClientSocket.open(connection, new URL(`ws://127.0.0.1:${port}/`));
  const messages = socket.messages();
  for (const length of lengths) {
    const message = crypto.getRandomValues(new Uint8Array(length));
    await socket.send(message);
    assertEquals((await messages.next()).value, message);
  }
  await socket.close(CLOSE.done);
  assertEquals(await messages.next(), { value: CLOSE.done, done: true });
});

Deno.test("ClientSocket says neither who it is nor in which language it was written", async () => {
  const { request } = await messagesOf([]);
  const names = request.split("\r\n").slice(1).filter((line) => line !== "").map((line) =>
    line.split(":")[0]
  );
  assertEquals(names, ["Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"]);
});

Deno.test("ClientSocket puts parts together, answers pings between them, and counts the length of all", async () => {
  const parts = await messagesOf([[2, 1, 7], [0x89, 2, 5, 6], [0, 1, 8], [0x80, 1, 9]]);
  assertEquals(parts.messages, [Uint8Array.of(7, 8, 9)]);
  assertEquals(parts.heard.slice(0, 2), [0x8a, 0x82], "a pong, masked");
  const half = [2, 127, 0, 0, 0, 0, 0, 0, 0x80, 1, ...new Uint8Array(0x8001)];
  assertEquals(broken(await messagesOf([half, [0x80, 126, 0x80, 0, ...new Uint8Array(0x8000)]])), [
    "too long a message",
    CLOSE.tooLarge,
  ]);
});

Deno.test("ClientSocket refuses a length by its header, before anything is kept for it", async () => {
  const header = [0x82, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
  assertEquals(broken(await messagesOf([header])), ["too long a message", CLOSE.tooLarge]);
  const exact = Uint8Array.from([0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0, ...new Uint8Array(LONGEST)]);
  assertEquals((await messagesOf([exact])).messages[0]?.length, LONGEST);
});

const WRONG: Record<string, { frame: number[]; says: [string, number] }> = {
  "text": { frame: [0x81, 1, 65], says: ["text", CLOSE.unsupported] },
  "a mask": { frame: [0x82, 0x81, 0, 0, 0, 0, 1], says: ["a mask, which is for clients", CLOSE.protocol] },
  "reserved bits": { frame: [0xc2, 0], says: ["bits that mean nothing", CLOSE.protocol] },
  "an unknown opcode": { frame: [0x83, 0], says: ["an unknown opcode", CLOSE.protocol] },
  "a long ping": { frame: [0x89, 126, 0, 126], says: ["a long control frame", CLOSE.protocol] },
  "a ping in parts": { frame: [0x09, 0], says: ["a long control frame", CLOSE.protocol] },
  "a continuation of nothing": { frame: [0x80, 0], says: ["a message inside another", CLOSE.protocol] },
  "half a message": { frame: [0x82, 5, 1], says: ["it hung up in the middle of a message", CLOSE.protocol] },
};

for (const [what, { frame, says }] of Object.entries(WRONG)) {
  Deno.test(`ClientSocket refuses ${what}`, async () => {
    assertEquals(broken(await messagesOf([frame])), says);
  });
}

const ANSWERS: Record<string, string> = {
  "it answers with HTTP status 503": "HTTP/1.1 503 Service Unavailable\r\n\r\n",
  "it does not speak HTTP": "SSH-2.0-OpenSSH_9.2\r\n\r\n",
  "it does not speak WebSocket": "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: no\r\n\r\n",
  "it hung up": "HTTP/1.1 101 Swi",
};

for (const [says, answer] of Object.entries(ANSWERS)) {
  Deno.test(`ClientSocket refuses a server: ${says}`, async () => {
    assertEquals(broken(await messagesOf([], { answer: () => Promise.resolve(answer) })), [
      says,
      CLOSE.protocol,
    ]);
  });
}

Deno.test("ClientSocket reads no header without end", async () => {
  const { connection, served } = await speaking([], {
    answer: () => Promise.resolve(`HTTP/1.1 101 x\r\n${"x".repeat(20_000)}`),
  });
  await assertRejects(() => ClientSocket.open(connection, URL_OF_HUB), BrokenProtocol, "does not speak HTTP");
  connection.close();
  await served.catch(() => {});
});
