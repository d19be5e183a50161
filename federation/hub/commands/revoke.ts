import { parseKey } from "../../../proto/federation/keys.ts";
import { command } from "../../../runtime/command.ts";
import { flag, list, type Option } from "../../../runtime/options.ts";
import { openFolder } from "../folder.ts";
import { memberHash } from "../../../proto/federation/member_list.ts";
import { PLACE } from "../options.ts";
import { parseSlot, slotText } from "../slot_text.ts";
import type { Member } from "../store/store.ts";

const who: Option<readonly string[]> = {
  ...list("Whom: operators' keys (U…), or members as `hub members` shows them", [], {
    placeholder: "MEMBER,…",
  }),
  takesWords: true,
};

/** Shuts members out. */
export default command({
  summary: "Shuts members out at once and for ever",
  example: "hub revoke 0123456789ab",
  options: { ...PLACE, who, invited: flag("Also all whom they vouched for, and whom those vouched for") },
  async run({ options, log, signal }) {
    const { who, invited } = options;
    if (who.length === 0) throw new Error("Cannot revoke nobody: name a member, as `hub members` shows it");
    const { key, store: opened } = await openFolder(options, { log, signal });
    await using store = opened;
    const members = await store.members();
    // All of them are looked up before one is shut out.
    const named = await Promise.all(who.map((text) => find(text, members, key.publicKey)));
    const slots = new Set([...named, ...invited ? named.flatMap((slot) => below(slot, members)) : []]);
    for (const slot of slots) await store.revoke(slot);
    log.info(`Revoked ${[...slots].map(slotText).join(", ")}; a running hub closes their sessions now`);
  },
});

async function find(text: string, members: readonly Member[], hubKey: Uint8Array): Promise<number> {
  const key = parseKey("operator", text);
  const hash = key && (await memberHash(hubKey, key)).toHex();
  const slot = parseSlot(text);
  const member = members.find((member) =>
    member.slot === slot || member.keys.some((each) => each.hash.toHex() === hash)
  );
  if (member !== undefined) return member.slot;
  throw new Error(`Cannot revoke "${text}": there is no such member; \`hub members\` lists them`);
}

/** Everybody for whom this member vouched, or somebody below it. */
function below(slot: number, members: readonly Member[]): number[] {
  const found = new Set([slot]);
  for (let before = 0; before < found.size;) {
    before = found.size;
    for (const { slot, sponsors } of members) if (sponsors.some((each) => found.has(each))) found.add(slot);
  }
  return [...found];
}
