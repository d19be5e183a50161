import { command } from "../../../runtime/command.ts";
import { FILES } from "../folder.ts";
import { FOLDER, openFolder } from "../options.ts";

/** Switches the uplink on. */
export default command({
  summary: "Connects again after `uplink off`",
  example: "uplink on",
  options: FOLDER,
  run({ options, log }) {
    openFolder(options.folder).remove(FILES.off);
    log.info("On; `uplink preview` shows what is sent next");
    return Promise.resolve();
  },
});
