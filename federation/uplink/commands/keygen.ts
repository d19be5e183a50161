import { keyText } from "../../../proto/federation/keys.ts";
import { command } from "../../../runtime/command.ts";
import { FILES, UplinkFolder } from "../folder.ts";
import { FOLDER } from "../options.ts";

/** Makes the operator's key. */
export default command({
  summary: "Makes the operator's key, one for all nodes, and prints its public half",
  example: "uplink keygen",
  options: FOLDER,
  async run({ options, log, print }) {
    const folder = new UplinkFolder(options.folder);
    const { publicKey } = await folder.makeKey();
    log.info(`The key is in ${folder.of(FILES.seed)}; keep a copy of it where nobody else finds it`);
    print(`${keyText("operator", publicKey)}\n`);
  },
});
