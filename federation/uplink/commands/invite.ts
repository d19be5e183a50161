import {
  invitationLink,
  newInvitation,
  splitInvitationLink,
  sponsor,
} from "../../../proto/federation/invitation.ts";
import { command } from "../../../runtime/command.ts";
import { integer } from "../../../runtime/options.ts";
import { FOLDER, openFolder, words } from "../options.ts";

/** Vouches for somebody. */
export default command({
  summary: "Prints an invitation signed by you; with one that another member has signed, adds your signature",
  example: "uplink invite",
  options: {
    ...FOLDER,
    invitation: words("One that another member has signed, to sign as well", "INVITATION"),
    days: integer("Days until a new one is void", 7, { min: 1, max: 366 }),
  },
  async run({ options, log, print }) {
    const folder = openFolder(options.folder);
    const [key, membership] = [await folder.readKey(), folder.readMembership()];
    if (key === undefined || membership === undefined) {
      throw new Error("Cannot invite: only members can, run `uplink join INVITATION` first");
    }
    const { hubKey, url } = membership;
    const given = options.invitation.join("");
    const { invitation: signed } = splitInvitationLink(given);
    if (given !== "" && signed === undefined) {
      throw new Error("Cannot sign: this is no invitation, copy all of it");
    }
    if (signed !== undefined && signed.hubKey.toHex() !== hubKey.toHex()) {
      throw new Error("Cannot sign: the invitation is for another hub");
    }
    if (signed?.sponsors.some((each) => each.key.toHex() === key.publicKey.toHex())) {
      throw new Error("Cannot sign: your signature is on it already");
    }
    const expires = Math.floor(Date.now() / 1000) + options.days * 86_400;
    const invitation = await sponsor(signed ?? newInvitation(hubKey, expires), key);
    const until = new Date(invitation.expires * 1000).toISOString().slice(0, 10);
    log.info(`Signed by ${invitation.sponsors.length}, good until ${until}, for one operator, once`);
    print(`${invitationLink(url, invitation)}\n`);
  },
});
