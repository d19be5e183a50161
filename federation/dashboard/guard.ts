/**
 * What a request says of where it comes from, without its address.
 *
 * @module
 */

/** Names of cookies. */
export interface Names {
  readonly session: string;
  readonly visit: string;
}

/** True if the browser speaks TLS, with whatever stands before the hub. */
export function isSecure({ url, headers }: Request): boolean {
  return url.startsWith("https:") || headers.get("x-forwarded-proto") === "https" ||
    headers.get("origin")?.startsWith("https:") === true;
}

/** Behind TLS the browser itself sees to it that nobody else, also no neighbour of our name, sets our cookies. */
export function namesOf(request: Request): Names {
  const prefix = isSecure(request) ? "__Host-" : "";
  return { session: `${prefix}waggle`, visit: `${prefix}waggle-visit` };
}

/** True unless a page of somebody else's made the browser send it. Programs say nothing, and have no cookies to lend. */
export function isOurs({ headers }: Request): boolean {
  const site = headers.get("sec-fetch-site");
  if (site !== null) return site === "same-origin";
  const origin = headers.get("origin");
  if (origin === null) return true;
  return URL.canParse(origin) && new URL(origin).host === headers.get("host");
}
