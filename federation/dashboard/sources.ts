/**
 * What the pages are made of, and nothing else. Members' pages see closed bins and incidents; the pages of those who
 * run the hub see more. Each is a list of what may be seen, never a filter on something larger: there is no summary
 * in this folder, and the import rule keeps it that way.
 *
 * @module
 */

import type { Feed, Incident, Policy } from "../../proto/federation/schema.ts";

/** What members may see. */
export interface MembersSource {
  /** The hub's Ed25519 key. */
  readonly hubKey: Uint8Array<ArrayBuffer>;
  /** Seconds after its end at which a bin is closed. */
  readonly closeAfterSeconds: number;
  /** Milliseconds since 1970. */
  now(): number;
  /** The rules in force, and SHA-256 of them. */
  rules(): { readonly policy: Policy; readonly hash: Uint8Array };
  /** Up to which bins are closed; 0 before the first. */
  closedThrough(): Promise<number>;
  /** What came out of closed bins between two, both included, in order. */
  feeds(from: number, to: number): Promise<readonly Feed[]>;
  /** Incidents that are open or were closed at or after `since`, Unix seconds, the newest first. */
  incidents(since: number): Promise<readonly Incident[]>;
  /** How strong an incident was, bin by bin, as powers of two; 0 where fewer saw it than are ever shown. */
  incidentBins(id: number): Promise<readonly IncidentStrength[]>;
  /**
   * Sightings of the last epochs, the newest first: for the member in a slot, or all of them for those who run the
   * hub. `undefined` where the rules have none.
   */
  sightings(slot: number | undefined): Promise<readonly EpochSightings[] | undefined>;
}

/** Sightings of one epoch, as one member gets them. */
export interface EpochSightings {
  /** Unix seconds. */
  readonly from: number;
  readonly to: number;
  /** The randomness service's key, in hex, that most operators named; absent if those are few. */
  readonly key?: string | undefined;
  readonly sightings: readonly SeenSighting[];
}

/** An address that several operators saw do the same. */
export interface SeenSighting {
  /** An IPv4 address, or a /64 of IPv6. */
  readonly network: string;
  /** A number of the enum Behaviour. */
  readonly behaviour: number;
  /** About twice as many operators as it takes, or more. */
  readonly many: boolean;
}

/** One bin of an incident. */
export interface IncidentStrength {
  /** Ten minutes. */
  readonly bin: number;
  /** Operators that saw it, as the power of two above. */
  readonly seenLog2: number;
  /** Operators that could, likewise. */
  readonly ofLog2: number;
}

/** Who may come in. */
export interface Door {
  /** The slot of the member with this key; `undefined` if it is nobody's, or revoked. */
  find(key: Uint8Array): Promise<number | undefined>;
  /** True as long as the member in this slot is not revoked. */
  mayStay(slot: number): boolean;
}

/** What those who run the hub may see besides. */
export interface HubSource {
  /** Members by slot. */
  members(): Promise<readonly HubMember[]>;
  /** Who is connected. */
  operators(): readonly HubOperator[];
  /** Operators in each closed bin between two, in order. */
  bins(from: number, to: number): Promise<readonly { readonly bin: number; readonly operators: number }[]>;
  /** Bins that hold summaries and are not closed, in order. */
  openBins(): Promise<readonly number[]>;
  /** Summaries that are kept. */
  status(): Promise<HubStatus>;
}

/** A member, without its keys. */
export interface HubMember {
  /** Its slot, as people read it. */
  readonly member: string;
  readonly sponsors: readonly string[];
  readonly joinedDay: number;
  readonly revoked: boolean;
}

/** A member that is connected, or has sent something since the hub started. */
export interface HubOperator {
  /** Its slot, as people read it. */
  readonly member: string;
  readonly sessions: number;
  /** The newest bin it has sent since the hub started. */
  readonly newestBin?: number | undefined;
}

/** Numbers about the hub itself. */
export interface HubStatus {
  readonly sessions: number;
  readonly handshakes: number;
  readonly members: number;
  readonly revoked: number;
  readonly summaries: number;
  readonly late: number;
  readonly waiting: number;
  readonly bytes: number;
  readonly storeFailures: number;
  /** Since the hub started: what became of summaries, why some were refused, why sessions ended. */
  readonly fates: Readonly<Record<string, number>>;
  readonly nacks: Readonly<Record<string, number>>;
  readonly byes: Readonly<Record<string, number>>;
  readonly refusedConnections: Readonly<Record<string, number>>;
}
