/**
 * Signs in at the hub's pages as anybody does: with an operator's key, or with a line that the hub's folder gives. The
 * hub has no other door for the demo.
 *
 * @module
 */

import token from "../federation/hub/commands/token.ts";
import sign from "../federation/uplink/commands/sign.ts";
import { type Log, logFor } from "../runtime/log.ts";
import { valuesOf } from "./values.ts";

/** Where to sign in. */
export interface Door {
  /** The hub's address. */
  readonly url: string;
  /** Aborted = stop. */
  readonly signal: AbortSignal;
}

/** As the operator whose key is in a folder. Gives the cookies that a browser would have then. */
export async function signInAsMember({ url, signal }: Door, folder: string): Promise<string[]> {
  const asked = await fetch(`${url}/sign-in.json`, { signal });
  const { challenge } = await asked.json();
  const answer = await printed((context) => {
    const options = valuesOf(sign.options, { folder, challenge: [challenge] });
    return sign.run({ ...context, options, signal });
  });
  return await enter(`${url}/sign-in`, { visit: asked, form: { challenge, answer, next: "" }, signal });
}

/** As whoever may read the hub's folder. */
export async function signInAsHub({ url, signal }: Door, folder: string): Promise<string[]> {
  const asked = await fetch(`${url}/hub/sign-in`, { signal });
  const [, visit = ""] = /name="visit" value="([0-9a-f]+)"/.exec(await asked.text()) ?? [];
  const line = await printed((context) => {
    return token.run({ ...context, options: valuesOf(token.options, { folder }), signal });
  });
  return await enter(`${url}/hub/sign-in`, { visit: asked, form: { visit, token: line, next: "" }, signal });
}

/** What a command prints. */
async function printed(
  run: (context: { log: Log; print(text: string): void }) => Promise<void>,
): Promise<string> {
  let text = "";
  await run({ log: logFor("demo", () => {}), print: (more) => text += more });
  return text.trim();
}

async function enter(
  url: string,
  { visit, form, signal }: { visit: Response; form: Record<string, string>; signal: AbortSignal },
): Promise<string[]> {
  const cookies = visit.headers.getSetCookie();
  const headers = { origin: new URL(url).origin, cookie: cookieHeader(cookies) };
  const body = new URLSearchParams(form);
  const entered = await fetch(url, { method: "POST", redirect: "manual", headers, body, signal });
  await entered.body?.cancel();
  if (entered.status !== 303) throw new Error(`Cannot sign in at ${url}: it answers ${entered.status}`);
  return [...cookies, ...entered.headers.getSetCookie()];
}

/** What a browser sends that was told to keep these. */
export function cookieHeader(cookies: readonly string[]): string {
  return cookies.map((cookie) => cookie.split(";")[0]).join("; ");
}
