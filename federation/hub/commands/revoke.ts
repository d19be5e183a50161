import { parseKey } from "../../../proto/federation/keys.ts";
import { command } from "../../../runtime/command.ts";
import { flag, type Option } from "../../../runtime/options.ts";
import { openFolder } from "../folder.ts";
import { memberHash } from "../members.ts";
import { FOLDER } from "../options.ts";
import { parseSlot, slotText } from "../slot_text.ts";
import type { Member } from "../store/store.ts";

const member: Option<string | undefined> = {
  help: "Whom: the operator's key (U…), or its line in `hub members`",
  default: undefined,
  placeholder: "MEMBER",
  takesWords: true,
  parse(text) {
    if (parseKey("operator", text) === undefined && parseSlot(text) === undefined) {
      throw new SyntaxError("expected an operator's key or a member of `hub members`");
    }
    return text;
  },
};

/** Shuts members out. */
export default command({
  summary: "Shuts a member out at once and for ever",
  example: "hub revoke 0123456789ab",
  options: { ...FOLDER, member, invited: flag("Also all whom it vouched for, and whom they vouched for") },
  async run({ options: { folder, member, invited }, log }) {
    if (member === undefined) {
      throw new Error("Cannot revoke nobody: name a member, as `hub members` shows it");
    }
    const { key, store: opened } = await openFolder(folder);
    await using store = opened;
    const members = await store.members();
    const operatorKey = parseKey("operator", member);
    const hash = operatorKey && (await memberHash(key.publicKey, operatorKey)).toHex();
    const slot = hash === undefined
      ? parseSlot(member)
      : members.find(({ keys }) => keys.some((key) => key.hash.toHex() === hash))?.slot;
    if (slot === undefined || !await store.revoke(slot)) {
      throw new Error(`Cannot revoke "${member}": there is no such member; \`hub members\` lists them`);
    }
    const others = invited ? descendants(slot, members) : [];
    for (const other of others) await store.revoke(other);
    log.info(
      `Revoked ${[slot, ...others].map(slotText).join(", ")}; a running hub closes their sessions now`,
    );
  },
});

/** Everybody for whom somebody below this member vouched. */
function descendants(slot: number, members: readonly Member[]): number[] {
  const found = new Set([slot]);
  for (let before = 0; before < found.size;) {
    before = found.size;
    for (const { slot, sponsors } of members) if (sponsors.some((each) => found.has(each))) found.add(slot);
  }
  return [...found].filter((each) => each !== slot);
}
