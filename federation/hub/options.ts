/**
 * Options that the hub and its commands share.
 *
 * @module
 */

import { NATS } from "../../runtime/common_options.ts";
import { integer, type OptionTable, path, text, type Values } from "../../runtime/options.ts";

/** How to log in to the store's server: the options of the bus, each with `store` in front. */
type StoreLogin = { readonly [K in keyof typeof NATS as `store${Capitalize<K>}`]: (typeof NATS)[K] };

const login = Object.fromEntries(
  Object.entries(NATS).map(([name, option]) => [inStore(name), option]),
) as unknown as StoreLogin;

/** Where the hub is. */
export const PLACE = {
  folder: path(
    "Folder with the hub's key and everything it keeps, made where it is missing",
    "~/.waggle/hub",
  ),
  store: text(
    "NATS servers with JetStream that keep everything but the key, for one hub or several: nats://HOST:PORT,… (default: a file in the folder)",
  ),
  storeReplicas: integer("Servers that keep a copy of it: 1, or 3 in a cluster", 1, { min: 1, max: 5 }),
  storeMonitor: text(
    "Monitoring addresses of those servers, http://HOST:PORT,…: asked at the start whether they sync each write",
  ),
  ...login,
} satisfies OptionTable;

/** Where a hub is. */
export type Place = Pick<Values<typeof PLACE>, "folder"> & Partial<Values<typeof PLACE>>;

/** The login among the options of a place, named as those of the bus. */
export function loginOf(place: Place): Values<typeof NATS> {
  const names = Object.keys(NATS).map((name) => [name, place[inStore(name)]]);
  return Object.fromEntries(names) as Values<typeof NATS>;
}

/** Files of a login. */
export function loginFiles(place: Place): string[] {
  const files = Object.entries(NATS).filter(([, { isPath }]) => isPath).map(([name]) => place[inStore(name)]);
  return files.filter((file) => file !== undefined);
}

/** Hosts and ports that the store is on. */
export function storeHosts({ store = "", storeMonitor = "" }: Place): string[] {
  return [[store, "4222"], [storeMonitor, "80"]].flatMap(([urls, port]) =>
    urls!.split(",").flatMap((url) => {
      const { hostname, port: own } = URL.parse(url.trim().replace(/^(nats|tls):/, "http:")) ?? {};
      return hostname ? [`${hostname}:${own || port}`] : [];
    })
  );
}

function inStore(name: string): keyof StoreLogin {
  return `store${name[0]!.toUpperCase()}${name.slice(1)}` as keyof StoreLogin;
}
