/**
 * Which hub a data set goes to, and by what right.
 *
 * @module
 */

import { contributorLine, parseContributionCode } from "../../proto/federation/contribution.ts";
import { isLoopback } from "../../runtime/common_options.ts";
import { HUB_FILE, membershipOf, operatorKeyOf, SEED_FILE } from "../membership.ts";

/** A hub that is contributed to. */
export interface Target {
  /** Where it is. */
  readonly hub: URL;
  /** In words: as whom. */
  readonly as: "a member" | "a holder of a code";
  /** The line that goes with each request about a data set. */
  line(dataSet: Uint8Array): Promise<string>;
}

/**
 * The origin of a hub.
 *
 * @throws {SyntaxError} If it is none, or one on which others could listen in.
 */
export function parseOrigin(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "") {
    throw new SyntaxError(`"${text.slice(0, 80)}" is no address of a hub: expected https://HOST[:PORT]`);
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname) && !url.hostname.endsWith(".onion")) {
    throw new SyntaxError("expected https://, since http:// can be read on the way");
  }
  return new URL(url.origin);
}

/**
 * The two parts of what the hub's operator gave away.
 *
 * @throws {SyntaxError} If it is not that.
 */
export function splitCode(text: string): { hub: URL; code: string } {
  const at = text.indexOf("#");
  // A terminal may have broken the line.
  const code = text.slice(at + 1).replaceAll(/\s/g, "");
  if (at < 0 || parseContributionCode(code) === undefined) {
    throw new SyntaxError("this is no code, copy all of it: https://HOST#waggle-contribution-…");
  }
  return { hub: parseOrigin(text.slice(0, at)), code };
}

/** Where to with a code. Whether it is void is for the hub to say: what was begun in time may be ended. */
export function targetOfCode(text: string, hub: string | undefined): Target {
  const { hub: origin, code } = splitCode(text);
  const line = () => Promise.resolve(code);
  return { hub: hub === undefined ? origin : parseOrigin(hub), as: "a holder of a code", line };
}

/**
 * The hub that a member has joined.
 *
 * @throws {Error} If there is no member's folder.
 */
export async function targetOfMember(folder: string, hub: string | undefined): Promise<Target> {
  const [membership, seed] = [await textOf(`${folder}/${HUB_FILE}`), await textOf(`${folder}/${SEED_FILE}`)];
  const joined = membership === undefined ? undefined : membershipOf(JSON.parse(membership));
  if (joined === undefined || seed === undefined) {
    throw new Error(
      `Cannot contribute as a member: "${folder}" has no key, or no hub that was joined; ` +
        "ask a hub's operator for a code (--contribute.code), or set --contribute.folder",
    );
  }
  const key = await operatorKeyOf(seed, `${folder}/${SEED_FILE}`);
  return {
    hub: parseOrigin(hub ?? joined.url.href.replace(/^ws/, "http")),
    as: "a member",
    line: (dataSet) => contributorLine(key, joined.hubKey, dataSet),
  };
}

/** Where that hub is; read by the process that makes the sandbox, where it may. */
export function hubOfMember(folder: string): URL | undefined {
  try {
    return membershipOf(JSON.parse(Deno.readTextFileSync(`${folder}/${HUB_FILE}`)))?.url;
  } catch {
    return undefined;
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
