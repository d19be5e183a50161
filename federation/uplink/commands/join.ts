import { DEFAULT_HUB, encodeInvitation, splitInvitationLink } from "../../../proto/federation/invitation.ts";
import { keyText, verify } from "../../../proto/federation/keys.ts";
import { sponsorProof } from "../../../proto/federation/proofs.ts";
import { command } from "../../../runtime/command.ts";
import { text } from "../../../runtime/options.ts";
import { parseHubUrl } from "../../membership.ts";
import { FILES } from "../folder.ts";
import { FOLDER, openFolder, words } from "../options.ts";

/** Joins a federation. */
export default command({
  summary: "Joins the federation of an invitation; a running uplink connects at once",
  example: "uplink join wss://hub.example.org/uplink#waggle-invitation-…",
  options: {
    ...FOLDER,
    invitation: words("The invitation, with or without the hub's address in front", "INVITATION"),
    hub: text(`Address of the hub, where the invitation has none (default: ${DEFAULT_HUB})`),
  },
  async run({ options, log, print }) {
    const folder = openFolder(options.folder);
    if (!folder.has(FILES.seed)) throw new Error("Cannot join without a key: run `uplink keygen` first");
    const before = folder.readMembership();
    if (before !== undefined) {
      throw new Error(
        `Cannot join: "${folder.path}" belongs to ${before.url.href} already; use another --uplink.folder for another federation`,
      );
    }
    const { hub = options.hub ?? DEFAULT_HUB, invitation } = splitInvitationLink(options.invitation.join(""));
    if (invitation === undefined) throw new Error("Cannot join: this is no invitation, copy all of it");
    const seconds = Date.now() / 1000;
    if (invitation.expires < seconds) {
      throw new Error("Cannot join: the invitation is void, ask for another one");
    }
    const proof = sponsorProof(invitation);
    const checks = invitation.sponsors.map(({ key, signature }) => verify(key, signature, proof));
    if (checks.length === 0 || !(await Promise.all(checks)).every((isRight) => isRight)) {
      throw new Error("Cannot join: the invitation was changed on its way, ask for it again");
    }
    const url = parseHubUrl(hub);
    folder.writeMembership({
      url,
      hubKey: invitation.hubKey.slice(),
      invitation: encodeInvitation(invitation),
    });
    log.info(`Joins ${url.href}; check with whoever invited you that this is its hub's key`);
    print(`${keyText("hub", invitation.hubKey)}\n`);
  },
});
