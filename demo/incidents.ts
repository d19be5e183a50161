/**
 * Incidents as a member sees them: asked for again and again, and told when they begin and end.
 *
 * @module
 */

import { ANOMALIES } from "../federation/dashboard/names.ts";
import { sleep } from "../runtime/backoff.ts";
import { cookieHeader, type Door, signInAsMember } from "./sign_in.ts";
import type { Told } from "./told.ts";

/** A session may ask for 120 pages a minute. */
const ASK_MS = 1000;

interface Incident {
  readonly id: number;
  readonly anomaly: keyof typeof ANOMALIES;
  readonly opened: number;
  readonly closed: number | null;
  readonly seenUpTo: number;
  readonly ofUpTo: number;
}

/** Asks until the signal is aborted. */
export async function watchIncidents(
  door: Door,
  { folder, tell }: { folder: string; tell(told: Told): void },
): Promise<void> {
  const { url, signal } = door;
  const known = new Map<number, Incident>();
  let cookies: string[] | undefined;
  while (!signal.aborted) {
    try {
      cookies ??= await signInAsMember(door, folder);
      const headers = { cookie: cookieHeader(cookies) };
      const answer = await fetch(`${url}/incidents.json`, { headers, signal });
      const { incidents = [] } = await answer.json();
      // A session ends after twelve hours.
      if (answer.status === 401) cookies = undefined;
      for (const incident of (incidents as Incident[]).toReversed()) {
        const before = known.get(incident.id);
        known.set(incident.id, incident);
        const isOpen = incident.closed === null;
        if (before === undefined || (before.closed === null) !== isOpen) tell(toldOf(incident, url));
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    await sleep(ASK_MS, signal).catch(() => {});
  }
}

function toldOf({ id, anomaly, opened, closed, seenUpTo, ofUpTo }: Incident, url: string): Told {
  const [name] = ANOMALIES[anomaly];
  return {
    what: "incident",
    at: (closed ?? opened) * 1000,
    anomaly,
    state: closed === null ? "firing" : "resolved",
    text: closed === null ? `${name}: up to ${seenUpTo} of ${ofUpTo} operators see it` : `${name}: over`,
    url: `${url}/incidents/${id}`,
  };
}
