import { invitationText, newInvitation, sponsor } from "../../../proto/federation/invitation.ts";
import { command } from "../../../runtime/command.ts";
import { integer } from "../../../runtime/options.ts";
import { openFolder } from "../folder.ts";
import { PLACE } from "../options.ts";

/** Makes invitations that the hub vouches for. */
export default command({
  summary: "Prints invitations for operators that the hub itself vouches for, one a line",
  example: "hub invite --hub.count 3",
  options: {
    ...PLACE,
    count: integer("How many; each lets one operator in, once", 1, { min: 1, max: 1000 }),
    days: integer("Days until they are void", 7, { min: 1, max: 366 }),
  },
  async run({ options, log, signal, print }) {
    const { count, days } = options;
    const { key, store } = await openFolder(options, { log, signal });
    await store[Symbol.asyncDispose]();
    const expires = Math.floor(Date.now() / 1000) + days * 86_400;
    for (let i = 0; i < count; i++) {
      print(`${invitationText(await sponsor(newInvitation(key.publicKey, expires), key))}\n`);
    }
  },
});
