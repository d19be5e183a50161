import { command } from "../../../runtime/command.ts";
import { flag } from "../../../runtime/options.ts";
import { openFolder } from "../folder.ts";
import { PLACE } from "../options.ts";
import { slotText } from "../slot_text.ts";
import { rootsOf } from "../trees.ts";

/** Lists members. */
export default command({
  summary: "Lists the members, with those who vouched for them",
  example: "hub members",
  options: { ...PLACE, json: flag("One JSON object per line instead of a table") },
  async run({ options, log, signal, print }) {
    const { json } = options;
    const { store: opened } = await openFolder(options, { log, signal });
    await using store = opened;
    const members = (await store.members()).sort((a, b) => a.joinedDay - b.joinedDay || a.slot - b.slot);
    const roots = rootsOf(members);
    const rows = members.map(({ slot, joinedDay, revoked, sponsors }) => ({
      member: slotText(slot),
      joined: new Date(joinedDay * 86_400_000).toISOString().slice(0, 10),
      state: revoked ? "revoked" : "member",
      sponsors: sponsors.map(slotText),
      roots: [...roots.get(slot)!].map(slotText),
    }));
    if (json) return rows.forEach((row) => print(`${JSON.stringify(row)}\n`));
    if (rows.length === 0) log.info("There are no members; invite the first with `hub invite`");
    else print("MEMBER        JOINED      STATE    INVITED BY\n");
    for (const { member, joined, state, sponsors } of rows) {
      const by = sponsors.length === 0 ? "the hub" : sponsors.join(" ");
      print(`${member}  ${joined}  ${state.padEnd(7)}  ${by}\n`);
    }
  },
});
