import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { HttpClient, TooLarge } from "./http.ts";

const NEVER = new AbortController().signal;

/** A server that is nothing but bytes: what to write on each connection, request by request; then it hangs up. */
function scriptedServer(...connections: (string | readonly Uint8Array[])[][]) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const requests: string[] = [];
  const encoder = new TextEncoder();
  const serve = async (connection: Deno.Conn, answers: (string | readonly Uint8Array[])[]) => {
    for (const answer of answers) {
      const chunk = new Uint8Array(65_536);
      const length = await connection.read(chunk);
      if (length === null) break;
      requests.push(new TextDecoder().decode(chunk.subarray(0, length)));
      for (const piece of typeof answer === "string" ? [encoder.encode(answer)] : answer) {
        await connection.write(piece);
        // The next piece comes as one of its own.
        if (typeof answer !== "string") await new Promise((resolve) => setTimeout(resolve, 0));
      }
    }
  };
  const served = (async () => {
    for (const answers of connections) {
      using connection = await listener.accept();
      // A client that has had enough hangs up.
      await serve(connection, answers).catch(() => {});
    }
  })().catch(() => {});
  return {
    requests,
    url: new URL(`http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}/wallet/a?b=c`),
    async [Symbol.asyncDispose]() {
      listener.close();
      await served;
    },
  };
}

function post(client: HttpClient, options: { maxBytes?: number; signal?: AbortSignal } = {}) {
  return client.post({ headers: { "x-a": "1" }, body: "ä", maxBytes: 1000, signal: NEVER, ...options });
}

const OK = "HTTP/1.1 200 OK\r\n";

Deno.test("HttpClient.post() writes the path alone, the host and the length in bytes", async () => {
  await using server = scriptedServer([`${OK}Content-Length: 2\r\n\r\nhi`]);
  using client = new HttpClient({ url: server.url });
  assertEquals(await post(client), { status: 200, text: "hi" });
  assertEquals(
    server.requests,
    [`POST /wallet/a?b=c HTTP/1.1\r\nhost: ${server.url.host}\r\nx-a: 1\r\ncontent-length: 2\r\n\r\nä`],
  );
});

Deno.test("HttpClient.post() sends bytes to another path, on a connection that it is given", async () => {
  await using server = scriptedServer([`${OK}Content-Length: 0\r\n\r\n`]);
  const { hostname, port } = server.url;
  const connect = () => Deno.connect({ hostname, port: Number(port) });
  using client = new HttpClient({ url: new URL("http://nowhere.invalid/x"), connect });
  const body = Uint8Array.of(104, 105);
  await client.post({ headers: {}, body, path: "/there", maxBytes: 0, signal: NEVER });
  assertEquals(server.requests, [
    "POST /there HTTP/1.1\r\nhost: nowhere.invalid\r\ncontent-length: 2\r\n\r\nhi",
  ]);
});

const answers: [what: string, answer: string, text: string][] = [
  ["a length in any case and with blanks", `${OK}CONTENT-length:   3  \r\n\r\nabc`, "abc"],
  ["no body at all", `${OK}Content-Length: 0\r\n\r\n`, ""],
  ["lines that end in LF alone", "HTTP/1.1 200\nContent-Length: 1\n\na", "a"],
  [
    "chunks",
    `${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0A;x=y\r\n0123456789\r\n0\r\n\r\n`,
    "abc0123456789",
  ],
  ["chunks and a trailer", `${OK}transfer-encoding: Chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\n\r\n`, "a"],
  ["a body up to the end", `${OK}\r\nto the end`, "to the end"],
  ["HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", "a"],
  ["a character that is cut in two", `${OK}Content-Length: 4\r\n\r\näß`, "äß"],
];

for (const [what, answer, text] of answers) {
  Deno.test(`HttpClient.post() reads ${what}, in one piece and byte by byte`, async () => {
    const bytes = [...new TextEncoder().encode(answer)].map((byte) => Uint8Array.of(byte));
    await using server = scriptedServer([answer], [bytes]);
    for (let i = 0; i < 2; i++) {
      using client = new HttpClient({ url: server.url });
      assertEquals((await post(client)).text, text);
    }
  });
}

Deno.test("HttpClient keeps a connection as long as the answers allow", async () => {
  const one = (head: string) => `${head}Content-Length: 1\r\n\r\na`;
  const connections = [
    [one(OK), one("HTTP/1.1 500 No\r\n"), one(`${OK}Connection: close\r\n`)],
    [one("HTTP/1.0 200 OK\r\n")],
    // Whoever can write more than an answer must not answer the next request.
    [`${one(OK)}${OK}Content-Length: 1\r\n\r\nX`],
    [`${OK}\r\na`],
    [one(OK), one(OK)],
  ];
  await using server = scriptedServer(...connections);
  using client = new HttpClient({ url: server.url });
  const statuses: number[] = [];
  for (let i = 0; i < connections.flat().length; i++) {
    const { status, text } = await post(client);
    assertEquals(text, "a");
    statuses.push(status);
  }
  assertEquals(statuses, [200, 500, 200, 200, 200, 200, 200, 200]);
});

Deno.test("HttpClient.post() asks again on a new connection when a kept one was closed, once", async () => {
  const one = `${OK}Content-Length: 1\r\n\r\na`;
  await using server = scriptedServer([one], [one, ""], [""]);
  using client = new HttpClient({ url: server.url });
  assertEquals((await post(client)).text, "a");
  // The second connection replaces the first, which was closed after its only answer.
  assertEquals((await post(client)).text, "a");
  // The second takes a request and hangs up, and so does the third: that is a failure.
  await assertRejects(() => post(client), Error, "the connection was closed");
  assertEquals(server.requests.length, 4);
});

Deno.test("HttpClient.post() does not ask again when an answer had begun", async () => {
  await using server = scriptedServer([`${OK}Content-Length: 1\r\n\r\na`, `${OK}Content-Length: 9\r\n\r\na`]);
  using client = new HttpClient({ url: server.url });
  await post(client);
  await assertRejects(() => post(client), Error, "the connection was closed");
  assertEquals(server.requests.length, 2);
});

const broken: [what: string, answer: string, message: string][] = [
  ["a connection that is closed before the answer", "", "the connection was closed"],
  ["a connection that is closed within the head", `${OK}Content-Le`, "the connection was closed"],
  [
    "a connection that is closed within the body",
    `${OK}Content-Length: 9\r\n\r\n{`,
    "the connection was closed",
  ],
  [
    "a connection that is closed within a chunk",
    `${OK}Transfer-Encoding: chunked\r\n\r\nff\r\n{`,
    "was closed",
  ],
  [
    "a connection that is closed after the chunks",
    `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n`,
    "was closed",
  ],
  ["another protocol", "SSH-2.0-OpenSSH\r\n\r\n", "something that is not HTTP"],
  ["another version", "HTTP/2 200\r\n\r\n", "something that is not HTTP"],
  ["a head in one endless line", `${OK}X: ${"a".repeat(100_000)}`, "a head that does not end"],
  ["a head of endless lines", OK + "X: a\r\n".repeat(100_000), "a head that does not end"],
  ["a negative length", `${OK}Content-Length: -1\r\n\r\n`, 'a length of "-1"'],
  ["a length beyond measure", `${OK}Content-Length: ${"9".repeat(1000)}\r\n\r\n`, "a length of"],
  ["a chunk without a length", `${OK}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`, 'a length of "xyz"'],
  [
    "a chunk that is longer than it said",
    `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n`,
    "does not end",
  ],
  [
    "an encoding it does not know",
    `${OK}Transfer-Encoding: gzip\r\n\r\n`,
    'unknown transfer encoding "gzip"',
  ],
];

for (const [what, answer, message] of broken) {
  Deno.test(`HttpClient.post() rejects ${what}, and connects anew for the next`, async () => {
    await using server = scriptedServer([answer], [`${OK}Content-Length: 1\r\n\r\na`]);
    using client = new HttpClient({ url: server.url });
    await assertRejects(() => post(client), Error, message);
    assertEquals((await post(client)).text, "a");
  });
}

const large: [what: string, answer: string][] = [
  ["announced", `${OK}Content-Length: 1001\r\n\r\n`],
  ["in one chunk", `${OK}Transfer-Encoding: chunked\r\n\r\nffffffffff\r\n`],
  ["in many chunks", `${OK}Transfer-Encoding: chunked\r\n\r\n${`64\r\n${"a".repeat(100)}\r\n`.repeat(11)}`],
  ["without a length", `${OK}\r\n${"a".repeat(1001)}`],
];

for (const [what, answer] of large) {
  Deno.test(`HttpClient.post() takes no more than its limit of a body ${what}`, async () => {
    await using server = scriptedServer([answer]);
    using client = new HttpClient({ url: server.url });
    await assertRejects(() => post(client), TooLarge, "more than 1000 bytes");
  });
}

Deno.test("HttpClient.post() ends with its signal while it waits, also on a connection that was kept", async () => {
  const one = `${OK}Content-Length: 1\r\n\r\na`;
  await using server = scriptedServer([one, `${OK}Content-Length: 2\r\n\r\na`], [one]);
  using client = new HttpClient({ url: server.url });
  await post(client);
  const stop = new AbortController();
  // Half an answer is there, the other half never comes: the server waits for another request.
  const call = assertRejects(() => post(client, { signal: stop.signal }), Error, "enough");
  const abortedAt = performance.now();
  queueMicrotask(() => stop.abort(new Error("enough")));
  await call;
  assertLess(performance.now() - abortedAt, 500);
  await assertRejects(() => post(client, { signal: stop.signal }), Error, "enough");
  assertEquals((await post(client)).text, "a");
});

Deno.test("HttpClient.post() ends with its signal while it connects", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using client = new HttpClient({
    url: new URL(`https://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`),
  });
  const stop = new AbortController();
  const call = assertRejects(() => post(client, { signal: stop.signal }), Error, "enough");
  // The TLS handshake has begun and nobody answers it.
  using accepted = await listener.accept();
  assert(await accepted.read(new Uint8Array(10)) !== null);
  stop.abort(new Error("enough"));
  await call;
});

Deno.test("HttpClient.post() reaches IPv6 addresses", async () => {
  await using server = Deno.serve(
    { hostname: "::1", port: 0, onListen: () => {} },
    () => new Response("six"),
  );
  using client = new HttpClient({ url: new URL(`http://[::1]:${server.addr.port}`) });
  assertEquals(await post(client), { status: 200, text: "six" });
});
