import { command } from "../../../runtime/command.ts";
import { flag } from "../../../runtime/options.ts";
import { FILES } from "../folder.ts";
import { FOLDER, openFolder } from "../options.ts";
import type { StatusReport } from "../report.ts";
import { statusText } from "../status_text.ts";

/** Shows how it goes. */
export default command({
  summary: "Prints how it goes: connection, what the hub has, what waits or was lost, the policy",
  example: "uplink status",
  options: { ...FOLDER, json: flag("As JSON") },
  async run({ options, print }) {
    const folder = openFolder(options.folder);
    const key = await folder.readKey();
    const membership = folder.readMembership();
    const about = {
      isRunning: folder.isInUse(),
      isOff: folder.has(FILES.off),
      key: key?.publicKey,
      hub: membership?.url.href,
      hubKey: membership?.hubKey,
      report: folder.readJson(FILES.status) as StatusReport | undefined,
    };
    if (!options.json) return print(statusText(about, Date.now()));
    print(`${JSON.stringify({ ...about, key: about.key?.toHex(), hubKey: about.hubKey?.toHex() })}\n`);
  },
});
