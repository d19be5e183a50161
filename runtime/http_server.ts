/**
 * What servers on `node:http` share: they begin and they end. Components without hostile visitors use `serve.ts`.
 *
 * @module
 */

import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { splitAddress } from "./options.ts";

/** Where to listen. */
export interface Listening {
  /** As the option `address` has it. */
  readonly address: string;
  /** The flag that sets it, for the error text. */
  readonly flag: string;
}

/**
 * Listens and returns the URL; port 0 has become a real one.
 *
 * @throws {Error} If the address cannot be listened on.
 */
export function listen(server: Server, { address, flag }: Listening): Promise<string> {
  const { hostname, port } = splitAddress(address);
  return new Promise((resolve, reject) => {
    server.once("error", (cause: Error) => {
      const why = `${cause.message}; set ${flag} to one that is free`;
      reject(new Error(`Cannot listen on ${address}: ${why}`, { cause }));
    });
    server.listen(port, hostname, () => {
      const { port } = server.address() as AddressInfo;
      resolve(`http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`);
    });
  });
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Waits for something, but not longer than this. */
export async function within(milliseconds: number, what: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([what, new Promise<void>((resolve) => timer = setTimeout(resolve, milliseconds))]);
  clearTimeout(timer);
}
