import { answerChallenge, parseChallenge } from "../../../proto/federation/sign_in.ts";
import { command } from "../../../runtime/command.ts";
import { FOLDER, openFolder, words } from "../options.ts";

/** Signs in at the members' pages. */
export default command({
  summary: "Prints the answer to the challenge of the members' pages, to sign in with a browser",
  example: "uplink sign waggle-sign-in-…",
  options: { ...FOLDER, challenge: words("The line that the page shows", "CHALLENGE") },
  async run({ options, print }) {
    const folder = openFolder(options.folder);
    const [key, membership] = [await folder.readKey(), folder.readMembership()];
    if (key === undefined || membership === undefined) {
      throw new Error("Cannot sign: only members can, run `uplink join INVITATION` first");
    }
    const challenge = parseChallenge(options.challenge.join(""));
    if (challenge === undefined) {
      throw new Error("Cannot sign: this is no challenge, copy all of it from the page");
    }
    print(`${await answerChallenge(challenge, membership.hubKey, key)}\n`);
  },
});
