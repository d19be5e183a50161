/**
 * Who may connect. A page of somebody else's, open in the operator's browser, must not read what a node sees:
 * WebSockets are not covered by the same-origin policy, and a name that an attacker controls can point to 127.0.0.1.
 *
 * @module
 */

/** Names and origins that are allowed besides those that need no saying. */
export interface Guard {
  /** Host names under which the pages may be asked for. */
  readonly hosts: readonly string[];
  /** Origins of pages elsewhere that may connect; `*` for all, `null` for files. */
  readonly origins: readonly string[];
}

/**
 * Whether the name that a request was sent to is one of ours: an IP address, localhost, or one that was allowed.
 * Anything else may be an attacker's name that points here (DNS rebinding).
 *
 * @example Usage
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 *
 * const guard = { hosts: ["hive.example"], origins: [] };
 * assert(isOurHost("127.0.0.1:47482", guard) && isOurHost("hive.example", guard));
 * assertFalse(isOurHost("elsewhere.example:47482", guard));
 * ```
 */
export function isOurHost(host: string | null, { hosts }: Pick<Guard, "hosts">): boolean {
  // HTTP/1.0 and a script's own socket may leave it out; a browser never does.
  if (host === null) return true;
  const name = hostnameOf(`http://${host}`);
  return name !== undefined && (isLocalName(name) || isAddress(name) || hosts.includes(name));
}

/**
 * Whether a page of this origin may connect. Programs send no origin.
 *
 * @example Usage
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 *
 * const guard = { hosts: [], origins: ["https://hive.example"] };
 * assert(isAllowedOrigin("http://192.0.2.1:47482", "192.0.2.1:47482", guard));
 * assert(isAllowedOrigin("https://hive.example", "127.0.0.1:47482", guard));
 * assertFalse(isAllowedOrigin("https://elsewhere.example", "127.0.0.1:47482", guard));
 * ```
 */
export function isAllowedOrigin(
  origin: string | null,
  host: string | null,
  guard: Pick<Guard, "origins">,
): boolean {
  if (origin === null) return true;
  if (guard.origins.includes("*") || guard.origins.includes(origin)) return true;
  const name = hostnameOf(origin);
  if (name === undefined) return false;
  return isLocalName(name) || isLoopback(name) || new URL(origin).host === host;
}

function hostnameOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}

function isLocalName(name: string): boolean {
  return name === "localhost" || name.endsWith(".localhost");
}

// After the URL parser IPv4 has its one form, and IPv6 stands in brackets.
function isAddress(name: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(name) || name.startsWith("[");
}

function isLoopback(name: string): boolean {
  return name === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(name);
}
