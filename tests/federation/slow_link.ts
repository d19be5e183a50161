/**
 * A connection on which words take their time, and are lost where the speaker dies before they arrive: on loopback the
 * kernel delivers what a killed process has sent, which a network does not.
 *
 * @module
 */

/** Forwards to a port of this machine until it is disposed of. */
export function startSlowLink(port: number, delayMs: number) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  const serving = (async () => {
    const all: Promise<void>[] = [];
    for await (const near of listener) all.push(forward(near).catch(() => {}));
    await Promise.all(all);
  })();

  async function forward(near: Deno.Conn): Promise<void> {
    const far = await Deno.connect({ hostname: "127.0.0.1", port });
    open.add(near).add(far);
    const end = () => [near, far].forEach(close);
    await Promise.all([carry(near, far, end), carry(far, near, end)]);
  }

  async function carry(from: Deno.Conn, to: Deno.Conn, end: () => void): Promise<void> {
    let last: Promise<unknown> = Promise.resolve();
    try {
      for await (const chunk of from.readable) {
        const before = last;
        last = new Promise((resolve) => setTimeout(resolve, delayMs)).then(() => before).then(() =>
          send(to, chunk)
        );
        last.catch(() => {});
      }
    } catch {
      // Reset by a death.
    } finally {
      end();
      await last.catch(() => {});
    }
  }

  return {
    port: (listener.addr as Deno.NetAddr).port,
    async [Symbol.asyncDispose]() {
      listener.close();
      open.forEach(close);
      await serving;
    },
  };
}

async function send(to: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await to.write(bytes.subarray(sent));
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // Closed already.
  }
}
