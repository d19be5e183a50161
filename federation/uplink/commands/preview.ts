import { command } from "../../../runtime/command.ts";
import { sleep } from "../../../runtime/backoff.ts";
import { FILES } from "../folder.ts";
import { FOLDER, openFolder } from "../options.ts";
import { type Preview, previewText } from "../preview_text.ts";

const ANSWER_MS = 10_000;
const POLL_MS = 100;

/** Shows what is sent next. */
export default command({
  summary:
    "Prints the frame that a running uplink sends next, each number with its meaning, and what is withheld",
  example: "uplink preview",
  options: FOLDER,
  async run({ options, signal, print }) {
    const folder = openFolder(options.folder);
    if (!folder.isInUse()) {
      throw new Error("Cannot show what is sent: no uplink runs on this folder, start one");
    }
    folder.writeJson(FILES.previewRequest, {});
    for (let waited = 0; folder.has(FILES.previewRequest); waited += POLL_MS) {
      if (waited >= ANSWER_MS) throw new Error("Cannot show what is sent: the uplink does not answer");
      await sleep(POLL_MS, signal);
    }
    print(previewText(folder.readJson(FILES.preview) as Preview, Date.now()));
    folder.remove(FILES.preview);
  },
});
