import { command } from "../../../runtime/command.ts";
import { flag } from "../../../runtime/options.ts";
import { readIndex } from "../../release/site.ts";
import { openFolder } from "../folder.ts";
import { PLACE } from "../options.ts";
import { makeReleaser, siteOf } from "../releases.ts";

/** Makes what is due. */
export default command({
  summary:
    "Makes the public releases that are due and lists all; a hub with a store on NATS servers needs it daily",
  example: "hub release",
  options: { ...PLACE, rotateKey: flag("Sign releases with a new key from now on") },
  async run({ options, log, signal, print }) {
    const { key, store: opened } = await openFolder(options, { log, signal });
    await using store = opened;
    const { folder, rotateKey } = options;
    const { releaser, step } = await makeReleaser({ store, key, folder, signal });
    if (rotateKey) {
      await releaser.rotate(Math.floor(Date.now() / 1000));
      log.info("A new key signs releases from now on; keys.json says so");
    }
    for (const epoch of await step()) log.info(`Published the release of ${epoch}`);
    const releases = await readIndex(siteOf(folder));
    if (releases.length === 0) {
      log.info("There are no releases yet: the first comes two days after its month is over");
    }
    for (const { epoch, released, file } of releases) {
      print(
        `${epoch.padEnd(22)}  ${new Date(released * 1000).toISOString().slice(0, 10)}  releases/${file}\n`,
      );
    }
  },
});
