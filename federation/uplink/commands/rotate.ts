import { keyText, newSeed } from "../../../proto/federation/keys.ts";
import { command } from "../../../runtime/command.ts";
import { FILES } from "../folder.ts";
import { FOLDER, openFolder } from "../options.ts";

/** Makes another key. */
export default command({
  summary:
    "Makes the operator's next key; the uplink tells the hub, signed by both, and uses it from then on",
  example: "uplink rotate",
  options: FOLDER,
  async run({ options, log, print }) {
    const folder = openFolder(options.folder);
    if (await folder.readKey() === undefined) {
      throw new Error("Cannot rotate: there is no key, run `uplink keygen`");
    }
    if (folder.has(FILES.nextSeed)) log.info("A new key waits already to be told to the hub");
    else folder.create(FILES.nextSeed, `${newSeed("operator")}\n`);
    const { publicKey } = (await folder.readKey(FILES.nextSeed))!;
    if (!folder.isInUse()) log.warn("No uplink runs on this folder: the hub is told when one does");
    print(`${keyText("operator", publicKey)}\n`);
  },
});
