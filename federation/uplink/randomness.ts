/**
 * Speaks with a randomness service, on the same kinds of ways as with a hub: through the proxy, and never from a
 * node's address.
 *
 * @module
 */

import { parseKey } from "../../proto/federation/keys.ts";
import { isLoopback } from "../../runtime/common_options.ts";
import { HttpClient } from "../../runtime/http.ts";
import type { Option } from "../../runtime/options.ts";
import { dial, type Route, type Surroundings } from "./dial.ts";
import type { Service } from "./sightings.ts";

/** The key log of a century is shorter. */
const MOST_BYTES = 4 << 20;
const ANSWER_MS = 60_000;

/** The option that says where a service is. */
export const randomnessUrl: Option<string | undefined> = {
  help: "Randomness service to ask for sightings, of the federation's choice; without it there are none",
  default: undefined,
  placeholder: "https://HOST[:PORT]",
  parse(text) {
    const url = URL.parse(text);
    if (url === null || !["http:", "https:"].includes(url.protocol) || url.username !== "") {
      throw new SyntaxError("expected https://HOST[:PORT]");
    }
    if (url.protocol === "http:" && !isLoopback(url.hostname) && !url.hostname.endsWith(".onion")) {
      throw new SyntaxError("expected https://, since http:// can be changed on the way");
    }
    return text;
  },
};

/** The option that says which key it has. */
export const randomnessKey: Option<string | undefined> = {
  help: "Its key, which it prints when it starts; another one is not asked",
  default: undefined,
  placeholder: "C…",
  parse(text) {
    if (parseKey("randomness", text) === undefined) throw new SyntaxError("expected a service's key, C…");
    return text;
  },
};

/** A service behind a route, whose `hub` is the service. */
export function serviceAt(
  { key, route, surroundings, signal }: {
    readonly key: Uint8Array;
    readonly route: Route;
    readonly surroundings: Surroundings;
    readonly signal: AbortSignal;
  },
): Service {
  const request = async (method: "GET" | "POST", path: string, body: string) => {
    const ended = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    using client = new HttpClient({ url: route.hub, connect: (signal) => dial(route, surroundings, signal) });
    const headers = { "content-type": "application/json", connection: "close" };
    const answer = await client.post({ method, path, headers, body, maxBytes: MOST_BYTES, signal: ended });
    if (answer.status !== 200) throw new Error(`the randomness service says ${refusalIn(answer)}`);
    return answer.text;
  };
  return {
    key,
    keyLog: (from) => request("GET", `/key-log?from=${from}`, ""),
    evaluate: (question) => request("POST", "/evaluate", question),
  };
}

/** Its first word is one of a few; what else somebody may say there is not repeated. */
function refusalIn({ status, text }: { status: number; text: string }): string {
  const word = /^\{"error":"([a-z-]{1,20}):/.exec(text)?.[1];
  return word === undefined ? String(status) : `${status}, ${word}`;
}
