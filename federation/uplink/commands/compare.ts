import { command } from "../../../runtime/command.ts";
import { compareText } from "../compare_text.ts";
import { FOLDER, openFolder } from "../options.ts";
import { readLatest } from "../report.ts";

/** Compares with the others. */
export default command({
  summary: "Prints your own numbers beside the network's quartiles; compared here, the hub does not learn it",
  example: "uplink compare",
  options: FOLDER,
  run({ options, print }) {
    print(compareText(readLatest(openFolder(options.folder))));
    return Promise.resolve();
  },
});
