/** Four ports of the demo: its story, the hub, the public pages, the live pages. */
export type Ports = readonly [story: number, hub: number, open: number, live: number];

const HIGHEST = 65_520;
/** Of ten ports in a row four are used, and the last one tells other demos that these ten are taken. */
const STEP = 10;

/**
 * The first four ports in a row from here on that are free, in steps of ten. They are ours until what is given back is
 * disposed of: two demos that start in the same moment do not take the same.
 *
 * @throws {Error} If there are none.
 */
export function claimPorts(first: number): Disposable & { readonly ports: Ports } {
  for (let port = first; port < HIGHEST; port += STEP) {
    const mark = listen(port + STEP - 1);
    if (mark === undefined) continue;
    if ([0, 1, 2, 3].every((i) => isFree(port + i))) {
      return { ports: [port, port + 1, port + 2, port + 3], [Symbol.dispose]: () => mark.close() };
    }
    mark.close();
  }
  throw new Error(`Cannot find four free ports above ${first}: set --port to a lower one`);
}

function isFree(port: number): boolean {
  const listener = listen(port);
  listener?.close();
  return listener !== undefined;
}

function listen(port: number): Deno.Listener | undefined {
  try {
    return Deno.listen({ hostname: "127.0.0.1", port });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return undefined;
    throw error;
  }
}
