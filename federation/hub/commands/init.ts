import { keyText } from "../../../proto/federation/keys.ts";
import { command } from "../../../runtime/command.ts";
import { openOrMake } from "../folder.ts";
import { FOLDER } from "../options.ts";

/** Makes a hub's folder. */
export default command({
  summary: "Makes the folder of a hub with a new key; one that is there stays as it is",
  example: "hub init --hub.folder /var/lib/waggle/hub",
  options: FOLDER,
  async run({ options: { folder }, log, print }) {
    const { key, store, isNew } = await openOrMake(folder);
    await store[Symbol.asyncDispose]();
    if (isNew) log.info(`Made a hub in ${folder}; keep a copy of hub.seed where nobody else finds it`);
    else log.info(`There is a hub in ${folder} already`);
    print(`${keyText("hub", key.publicKey)}\n`);
  },
});
