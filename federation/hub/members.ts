/**
 * Who may come: the members in memory, and what an uplink has to prove.
 *
 * @module
 */

import { equal } from "../../proto/bytes.ts";
import { decodeInvitation } from "../../proto/federation/invitation.ts";
import { type KeyPair, verify } from "../../proto/federation/keys.ts";
import { memberHash } from "../../proto/federation/member_list.ts";
import { type Handshake, operatorProof, rotationProof, sponsorProof } from "../../proto/federation/proofs.ts";
import type { Auth, Invitation, Rotate } from "../../proto/federation/schema.ts";
import type { Member, Store } from "./store/store.ts";
import { type Roots, rootsOf } from "./trees.ts";

/** Both keys of an operator are good for so long after a rotation. */
export const OVERLAP_SECONDS = 7 * 86_400;
/** More signatures than that are not looked at. */
const MOST_SPONSORS = 8;
const DAY_SECONDS = 86_400;

/** The members of a hub. */
export class Members {
  readonly #store: Store;
  readonly #hub: KeyPair;
  #bySlot = new Map<number, Member>();
  #byKey = new Map<string, { member: Member; until: number }>();
  #roots: Roots | undefined;

  /** Nobody, until they are read. */
  constructor(store: Store, hub: KeyPair) {
    this.#store = store;
    this.#hub = hub;
  }

  /** Reads them again. */
  async reload(): Promise<void> {
    const members = await this.#store.members();
    this.#bySlot = new Map();
    this.#byKey = new Map();
    members.forEach((member) => this.#add(member));
  }

  #add(member: Member): void {
    this.#bySlot.set(member.slot, member);
    for (const { hash, until = Infinity } of member.keys) this.#byKey.set(hash.toHex(), { member, until });
    this.#roots = undefined;
  }

  /** Who hangs below whom. */
  get roots(): Roots {
    return this.#roots ??= rootsOf([...this.#bySlot.values()]);
  }

  /** How many may come. */
  get size(): number {
    let size = 0;
    for (const { revoked } of this.#bySlot.values()) if (!revoked) size++;
    return size;
  }

  /** True if this operator may be here. */
  mayStay(slot: number): boolean {
    return this.#bySlot.get(slot)?.revoked === false;
  }

  /** The member with a key; `undefined` if it is nobody's, revoked, or its time is over (Unix seconds). */
  async find(key: Uint8Array, now: number): Promise<Member | undefined> {
    const found = this.#byKey.get((await memberHash(this.#hub.publicKey, key)).toHex());
    return found === undefined || found.member.revoked || found.until < now ? undefined : found.member;
  }

  /** Unix seconds until which a member's key is good. */
  async keyEnds(key: Uint8Array): Promise<number> {
    return this.#byKey.get((await memberHash(this.#hub.publicKey, key)).toHex())?.until ?? 0;
  }

  /** The member behind a proof; an invitation makes one. `undefined` where something is wrong, whatever it is. */
  async prove(
    { operatorKey, signature, invitation }: Auth,
    handshake: Handshake,
    { sponsors, now }: { sponsors: number; now: number },
  ): Promise<Member | undefined> {
    if (!await verify(operatorKey, signature, operatorProof(handshake))) return undefined;
    const member = await this.find(operatorKey, now);
    if (member !== undefined || invitation === undefined) return member;
    return await this.#admit(operatorKey, invitation, { sponsors, now });
  }

  async #admit(
    key: Uint8Array,
    bytes: Uint8Array,
    { sponsors: needed, now }: { sponsors: number; now: number },
  ): Promise<Member | undefined> {
    const invitation = decodeInvitation(bytes);
    if (invitation === undefined || invitation.id.length !== 16 || invitation.expires < now) return undefined;
    const sponsors = await this.#sponsors(invitation, { needed, now });
    if (sponsors === undefined) return undefined;
    const member = await this.#store.admit({
      hash: await memberHash(this.#hub.publicKey, key),
      sponsors,
      joinedDay: Math.floor(now / DAY_SECONDS),
      invitation: invitation.id,
      expires: invitation.expires,
    });
    if (member !== undefined) this.#add(member);
    return member;
  }

  /** Slots of the members that vouch, none where the hub alone does; `undefined` if that is not enough. */
  async #sponsors(
    invitation: Invitation,
    { needed, now }: { needed: number; now: number },
  ): Promise<number[] | undefined> {
    const { hubKey, sponsors } = invitation;
    if (!equal(hubKey, this.#hub.publicKey) || sponsors.length > MOST_SPONSORS) return undefined;
    const proof = sponsorProof(invitation);
    const slots = new Set<number>();
    let byHub = false;
    for (const { key, signature } of sponsors) {
      const member = await this.find(key, now);
      const isHub = equal(key, this.#hub.publicKey);
      if ((!isHub && member === undefined) || !await verify(key, signature, proof)) return undefined;
      if (isHub) byHub = true;
      else slots.add(member!.slot);
    }
    return byHub || slots.size >= needed ? [...slots] : undefined;
  }

  /** Gives a member another key; `false` where something is wrong, or the last rotation is not over. */
  async rotate(
    { newKey, oldSignature, newSignature }: Rotate,
    { key, slot }: { key: Uint8Array; slot: number },
    { handshake, now }: { handshake: Handshake; now: number },
  ): Promise<boolean> {
    if (this.#bySlot.get(slot)!.keys.some(({ until }) => until !== undefined && until >= now)) return false;
    const proof = rotationProof(handshake, newKey);
    if (!await verify(key, oldSignature, proof) || !await verify(newKey, newSignature, proof)) return false;
    const hash = await memberHash(this.#hub.publicKey, newKey);
    if (!await this.#store.rotate(slot, hash, now + OVERLAP_SECONDS)) return false;
    await this.reload();
    return true;
  }
}
