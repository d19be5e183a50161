/**
 * Members, their keys, used invitations and the rules, in one bucket. There are no transactions: what has to happen
 * together happens in an order in which whoever was interrupted can begin again.
 *
 * @module
 */

import type { SignedPolicy } from "../../../../proto/federation/schema.ts";
import type { Admission, Member } from "../store.ts";
import { type Bucket, type Entry } from "./bucket.ts";

interface MemberRecord {
  readonly sponsors: readonly number[];
  readonly joinedDay: number;
  readonly revoked: boolean;
  readonly keys: readonly { readonly hash: string; readonly until?: number | undefined }[];
}

/** Whose an invitation has become, and until when that has to be remembered. */
interface InvitationRecord {
  readonly hash: string;
  readonly slot: number;
  readonly expires: number;
}

const POLICY = "policy";
const HUB = "hub";

/** Members in a bucket. */
export class MemberBucket {
  readonly #bucket: Bucket;

  /** In this bucket, which has nothing else in it. */
  constructor(bucket: Bucket) {
    this.#bucket = bucket;
  }

  /** Another number after every change. */
  version(): Promise<number> {
    return this.#bucket.lastChange();
  }

  /** The public key of the hub this is the store of. */
  async hub(): Promise<Uint8Array | undefined> {
    const found = await this.#bucket.get<string>(HUB);
    return found && Uint8Array.fromHex(found.value);
  }

  /** Makes it the store of a hub, once. */
  async claim(hubKey: Uint8Array): Promise<void> {
    await this.#bucket.create(HUB, hubKey.toHex());
  }

  /** All of them. */
  async members(): Promise<Member[]> {
    const members: Member[] = [];
    for (const [key, value] of await this.#bucket.everything()) {
      const [kind, slot] = key.split(".");
      if (kind === "member") members.push(toMember(Number(slot), value as MemberRecord));
    }
    return members;
  }

  /** A new one. An operator that comes again with the same invitation, perhaps to another edge, is the same one. */
  async admit({ hash, sponsors, joinedDay, invitation, expires }: Admission): Promise<Member | undefined> {
    const [key, id] = [hash.toHex(), invitation.toHex()];
    const used = await this.#bucket.get<InvitationRecord>(`invitation.${id}`);
    const known = await this.#bucket.get<number>(`key.${key}`);
    if (known !== undefined && used?.value.slot !== known.value) return undefined;
    if (used !== undefined && used.value.hash !== key) return undefined;
    const slot = used?.value.slot ?? await this.#newSlot();
    const mine: InvitationRecord = { hash: key, slot, expires };
    if (used === undefined && !await this.#bucket.create(`invitation.${id}`, mine)) return undefined;
    if (known === undefined && !await this.#bucket.create(`key.${key}`, slot)) return undefined;
    const record: MemberRecord = { sponsors, joinedDay, revoked: false, keys: [{ hash: key }] };
    if (await this.#bucket.create(`member.${slot}`, record)) return toMember(slot, record);
    const there = (await this.#member(slot))!.value;
    return there.revoked ? undefined : toMember(slot, there);
  }

  async #newSlot(): Promise<number> {
    for (;;) {
      const slot = Number(crypto.getRandomValues(new BigUint64Array(1))[0]! >> 16n);
      if (slot > 0 && await this.#member(slot) === undefined) return slot;
    }
  }

  #member(slot: number): Promise<Entry<MemberRecord> | undefined> {
    return this.#bucket.get<MemberRecord>(`member.${slot}`);
  }

  /** Shuts one out. */
  revoke(slot: number): Promise<boolean> {
    return this.#change(slot, (member) => ({ ...member, revoked: true }));
  }

  /** Gives one another key. */
  async rotate(slot: number, hash: Uint8Array, until: number): Promise<boolean> {
    const key = hash.toHex();
    const isMine = async () => {
      const owner = await this.#bucket.get<number>(`key.${key}`);
      const own = await this.#member(slot);
      return owner?.value === slot && own?.value.keys.every((each) => each.hash !== key);
    };
    // Begun and interrupted: the key is known as this member's, but the member does not know it yet.
    if (!await this.#bucket.create(`key.${key}`, slot) && !await isMine()) return false;
    return await this.#change(slot, (member) => ({
      ...member,
      keys: [
        ...member.keys.map((each) => ({ ...each, until: Math.min(each.until ?? until, until) })),
        { hash: key },
      ],
    }));
  }

  /** Changes a member, again if somebody else was first; `false` if there is none. */
  async #change(slot: number, change: (member: MemberRecord) => MemberRecord): Promise<boolean> {
    for (;;) {
      const found = await this.#member(slot);
      if (found === undefined) return false;
      const changed = await this.#bucket.update(`member.${slot}`, change(found.value), found.revision);
      if (changed !== undefined) return true;
    }
  }

  /** The rules in force. */
  async policy(): Promise<SignedPolicy | undefined> {
    const found = await this.#bucket.get<{ policy: string; signature: string }>(POLICY);
    if (found === undefined) return undefined;
    const { policy, signature } = found.value;
    return { policy: Uint8Array.fromHex(policy), signature: Uint8Array.fromHex(signature) };
  }

  /** Puts rules in force. */
  async setPolicy({ policy, signature }: SignedPolicy): Promise<void> {
    await this.#bucket.put(POLICY, { policy: policy.toHex(), signature: signature.toHex() });
  }

  /** Forgets invitations that are void and keys whose time is over (Unix seconds). */
  async forget(now: number): Promise<void> {
    for (const [name, value] of await this.#bucket.everything()) {
      const [kind, slot] = name.split(".");
      if (kind === "invitation" && (value as InvitationRecord).expires < now) await this.#bucket.delete(name);
      if (kind === "member") await this.#forgetKeys(Number(slot), value as MemberRecord, now);
    }
  }

  async #forgetKeys(slot: number, { keys }: MemberRecord, now: number): Promise<void> {
    const isOver = ({ until = Infinity }: { until?: number | undefined }) => until < now;
    if (!keys.some(isOver)) return;
    await this.#change(slot, (member) => ({ ...member, keys: member.keys.filter((key) => !isOver(key)) }));
    for (const { hash } of keys.filter(isOver)) await this.#bucket.delete(`key.${hash}`);
  }
}

function toMember(slot: number, { sponsors, joinedDay, revoked, keys }: MemberRecord): Member {
  return {
    slot,
    sponsors,
    joinedDay,
    revoked,
    keys: keys.map(({ hash, until }) => ({ hash: Uint8Array.fromHex(hash), until })),
  };
}
