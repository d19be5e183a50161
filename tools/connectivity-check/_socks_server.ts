/**
 * A SOCKS5 server for tests: logs in whoever names a user, connects where it is told, or elsewhere where the test says.
 *
 * @module
 */

/** What a client asked for. */
export interface Asked {
  readonly user: string;
  readonly host: string;
  readonly port: number;
}

/** Where a request is sent instead; a number refuses it with this code. */
export type Route = (asked: Asked) => { hostname: string; port: number } | number;

/** Serves until it is disposed of. */
export function startSocksServer(route: Route = ({ host, port }) => ({ hostname: host, port })) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const asked: Asked[] = [];
  const open = new Set<Deno.Conn>();
  const serving = (async () => {
    const all: Promise<void>[] = [];
    for await (const client of listener) {
      open.add(client);
      all.push(serve(client, { asked, open, route }).catch(() => {}).finally(() => close(client)));
    }
    await Promise.all(all);
  })();
  return {
    asked,
    address: `127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
    async [Symbol.asyncDispose]() {
      listener.close();
      open.forEach(close);
      await serving;
    },
  };
}

async function serve(
  client: Deno.Conn,
  { asked, open, route }: { asked: Asked[]; open: Set<Deno.Conn>; route: Route },
): Promise<void> {
  const [, methods] = await take(client, 2);
  await take(client, methods!);
  await client.write(Uint8Array.of(5, 2));
  const [, length] = await take(client, 2);
  const user = text(await take(client, length!));
  await take(client, (await take(client, 1))[0]!);
  await client.write(Uint8Array.of(1, 0));
  const [, , , type] = await take(client, 4);
  const host = type === 3
    ? text(await take(client, (await take(client, 1))[0]!))
    : type === 1
    ? (await take(client, 4)).join(".")
    : (await take(client, 16)).toHex();
  const [high, low] = await take(client, 2);
  const request = { user, host, port: high! << 8 | low! };
  asked.push(request);
  const to = route(request);
  if (typeof to === "number") return void await client.write(Uint8Array.of(5, to, 0, 1, 0, 0, 0, 0, 0, 0));
  const target = await Deno.connect(to);
  open.add(target);
  await client.write(Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0));
  await Promise.all([
    client.readable.pipeTo(target.writable).catch(() => close(target)),
    target.readable.pipeTo(client.writable).catch(() => close(client)),
  ]);
}

async function take(connection: Deno.Conn, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = await connection.read(bytes.subarray(at));
    if (count === null) throw new Error("gone");
    at += count;
  }
  return bytes;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // Closed by its other half already.
  }
}
