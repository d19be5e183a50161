import { command } from "../../../runtime/command.ts";
import { FILES } from "../folder.ts";
import { FOLDER, openFolder } from "../options.ts";

/** Switches the uplink off. */
export default command({
  summary:
    "Ends the connection within a second; nothing leaves, and nothing is kept for later, until `uplink on`",
  example: "uplink off",
  options: FOLDER,
  run({ options, log }) {
    const folder = openFolder(options.folder);
    if (!folder.has(FILES.off)) folder.create(FILES.off, "");
    log.info("Off, also after a restart; `uplink on` switches it on again");
    return Promise.resolve();
  },
});
