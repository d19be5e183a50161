import { memberListText } from "../../../proto/federation/member_list.ts";
import { command } from "../../../runtime/command.ts";
import { flag } from "../../../runtime/options.ts";
import { openFolder } from "../folder.ts";
import { PLACE } from "../options.ts";
import { slotText } from "../slot_text.ts";
import type { Member } from "../store/store.ts";
import { rootsOf } from "../trees.ts";

/** Lists members. */
export default command({
  summary: "Lists the members, with those who vouched for them",
  example: "hub members",
  options: {
    ...PLACE,
    json: flag("One JSON object per line instead of a table"),
    hashes: flag("Only hashes of the keys of those who may come, for a randomness service"),
  },
  async run({ options, log, signal, print }) {
    const { json, hashes } = options;
    const { key, store: opened } = await openFolder(options, { log, signal });
    await using store = opened;
    const members = (await store.members()).sort((a, b) => a.joinedDay - b.joinedDay || a.slot - b.slot);
    if (hashes) return print(memberListText({ hubKey: key.publicKey, operators: operatorsOf(members) }));
    const flags = await store.sightings?.flags();
    const roots = rootsOf(members);
    const rows = members.map(({ slot, joinedDay, revoked, sponsors }) => ({
      member: slotText(slot),
      joined: new Date(joinedDay * 86_400_000).toISOString().slice(0, 10),
      state: revoked ? "revoked" : "member",
      sponsors: sponsors.map(slotText),
      roots: [...roots.get(slot)!].map(slotText),
      // Epochs in which its shares of sightings did not fit.
      wrongShares: flags?.get(slot) ?? 0,
    }));
    if (json) return rows.forEach((row) => print(`${JSON.stringify(row)}\n`));
    if (rows.length === 0) log.info("There are no members; invite the first with `hub invite`");
    else print("MEMBER        JOINED      STATE    INVITED BY\n");
    for (const { member, joined, state, sponsors, wrongShares } of rows) {
      const by = sponsors.length === 0 ? "the hub" : sponsors.join(" ");
      const wrong = wrongShares === 0 ? "" : `  (wrong shares of sightings in ${wrongShares} epochs)`;
      print(`${member}  ${joined}  ${state.padEnd(7)}  ${by}${wrong}\n`);
    }
  },
});

/** Hashes of the keys of each member that may come. */
function operatorsOf(members: readonly Member[]): string[][] {
  return members.filter(({ revoked }) => !revoked).map(({ keys }) => keys.map(({ hash }) => hash.toHex()));
}
