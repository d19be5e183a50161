/**
 * What a hub keeps, whatever it keeps it in. An operator is a slot: a random number that says nothing, given when the
 * operator joins. No address, no name, no key as it is.
 *
 * @module
 */

import type { Incident, SignedPolicy } from "../../../proto/federation/schema.ts";
import type { SightingStore } from "./sightings.ts";

/** A member, as the hub knows it. */
export interface Member {
  /** Random, 48 bits. */
  readonly slot: number;
  /** Slots of those who vouched; none if the hub itself did. */
  readonly sponsors: readonly number[];
  /** Days since 1970; a finer time would be a mark. */
  readonly joinedDay: number;
  /** May not come back. */
  readonly revoked: boolean;
  /** Its keys; two of them for a while after a rotation. */
  readonly keys: readonly MemberKey[];
}

/** A key of a member. */
export interface MemberKey {
  /** `memberHash` of the key. */
  readonly hash: Uint8Array;
  /** Unix seconds until it is good; for ever if `undefined`. */
  readonly until?: number | undefined;
}

/** Somebody who becomes a member. */
export interface Admission {
  /** `memberHash` of the key. */
  readonly hash: Uint8Array;
  /** Slots of those who vouched; none if the hub itself did. */
  readonly sponsors: readonly number[];
  /** Days since 1970. */
  readonly joinedDay: number;
  /** The invitation that is used up. */
  readonly invitation: Uint8Array;
  /** When it would have ended, Unix seconds: it is remembered until then. */
  readonly expires: number;
}

/** A summary on its way to the disk. */
export interface Arrival {
  /** Whose. */
  readonly slot: number;
  /** Ten minutes. */
  readonly bin: number;
  /** Its number. */
  readonly sequence: number;
  /** An encoded `Summary`. */
  readonly body: Uint8Array;
}

/** What became of it. `late`: stored, but its bin is closed and stays as it is. */
export type Fate = "stored" | "late" | "duplicate";

/** A summary of an open bin. */
export interface StoredSummary {
  /** Whose. */
  readonly slot: number;
  /** An encoded `Summary`. */
  readonly body: Uint8Array;
}

/** A closed bin; it never changes again. */
export interface ClosedBin {
  /** Ten minutes. */
  readonly bin: number;
  /** Operators in it; for the operator of the hub only. */
  readonly operators: number;
  /** An encoded `Feed`: what members see. */
  readonly feed: Uint8Array;
}

/** An incident and how strong it was in the bin that is closed now. */
export interface IncidentUpdate {
  /** As it is now. */
  readonly incident: Incident;
  /** In this bin; the incident itself has the most of all bins. */
  readonly seenLog2: number;
  /** In this bin. */
  readonly ofLog2: number;
}

/** One bin in the history of an incident. */
export interface IncidentBin {
  /** Ten minutes. */
  readonly bin: number;
  /** Operators that saw it, as the power of two above. */
  readonly seenLog2: number;
  /** Operators that could, likewise. */
  readonly ofLog2: number;
}

/** How much there is. */
export interface StoreStatus {
  /** Not revoked. */
  readonly members: number;
  /** Revoked. */
  readonly revoked: number;
  /** Summaries that are kept. */
  readonly summaries: number;
  /** Of them, those that came after their bin was closed. */
  readonly late: number;
  /** Closed bins. */
  readonly bins: number;
  /** Up to which bins are closed; 0 before the first. */
  readonly closedThrough: number;
  /** Incidents that are open. */
  readonly openIncidents: number;
  /** Bytes on disk. */
  readonly bytes: number;
}

/** Where a hub keeps what it keeps. What has been answered is on the disk. */
export interface Store extends AsyncDisposable {
  /** Where sightings are; a store without it is for hubs without sightings. */
  readonly sightings?: SightingStore;

  /** Another number whenever somebody else has changed members or rules. */
  version(): Promise<number>;

  /** All members. */
  members(): Promise<Member[]>;
  /** A new member with a slot of its own; `undefined` if the invitation has been used, or the key is known. */
  admit(admission: Admission): Promise<Member | undefined>;
  /** Shuts a member out; `false` if there is none. */
  revoke(slot: number): Promise<boolean>;
  /** A second key; the ones before it end at `until`, Unix seconds. `false` if the key is somebody's. */
  rotate(slot: number, hash: Uint8Array, until: number): Promise<boolean>;

  /** The rules in force. */
  policy(): Promise<SignedPolicy | undefined>;
  /** Puts rules in force. */
  setPolicy(policy: SignedPolicy): Promise<void>;

  /**
   * Stores a summary, once, however often it comes; resolves when it would survive a power cut. Where one fails, all
   * that came behind it and have not been answered fail too, so that what is stored has no holes.
   */
  append(arrival: Arrival): Promise<Fate>;
  /** The highest sequence that is stored of an operator; 0 before the first. */
  resume(slot: number): Promise<number>;
  /** Bins up to `through` that hold summaries and are not closed, in order. */
  openBins(through: number): Promise<number[]>;
  /** Summaries of a bin that came in time; of each operator the last. */
  summaries(bin: number): AsyncIterable<StoredSummary>;

  /** True for the one hub, of all with this store, that closes bins and deletes what is old. */
  leads(): Promise<boolean>;
  /**
   * Closes a bin and all before it, with what came out of it. One that is closed stays as it is: `false` if it was, or
   * if another hub has closed one since its summaries were read.
   */
  close(closed: ClosedBin, incidents: readonly IncidentUpdate[]): Promise<boolean>;
  /** Up to which bins are closed. */
  closedThrough(): Promise<number>;
  /** Closed bins between two, both included, in order. */
  closedBins(from: number, to: number): Promise<ClosedBin[]>;
  /** Incidents that are open or were closed at or after `since`, Unix seconds, the newest first. */
  incidents(since: number): Promise<Incident[]>;
  /** The history of an incident. */
  incidentBins(id: number): Promise<IncidentBin[]>;

  /** Deletes summaries of bins before one, and closed bins and incidents before another; says how many summaries. */
  forget(
    before: { readonly summaries: number; readonly bins: number; readonly now: number },
  ): Promise<number>;
  /** How much there is. */
  status(): Promise<StoreStatus>;
  /** Bytes on disk. */
  bytes(): Promise<number>;
  /** Copies everything into a new file while it is in use. */
  backup(path: string): Promise<void>;
}
