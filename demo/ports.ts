/** Four ports of the demo: its story, the hub, the public pages, the live pages. */
export type Ports = readonly [story: number, hub: number, open: number, live: number];

const HIGHEST = 65_530;
const STEP = 10;

/**
 * The first four ports in a row from here on that are free, in steps of ten.
 *
 * @throws {Error} If there are none.
 */
export function freePorts(first: number): Ports {
  for (let port = first; port < HIGHEST; port += STEP) {
    if ([0, 1, 2, 3].every((i) => isFree(port + i))) return [port, port + 1, port + 2, port + 3];
  }
  throw new Error(`Cannot find four free ports above ${first}: set --port to a lower one`);
}

function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}
