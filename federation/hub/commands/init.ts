import { keyText } from "../../../proto/federation/keys.ts";
import { command } from "../../../runtime/command.ts";
import { openOrMake } from "../folder.ts";
import { PLACE } from "../options.ts";

/** Makes a hub's folder. */
export default command({
  summary: "Makes the folder of a hub with a new key; one that is there stays as it is",
  example: "hub init --hub.folder /var/lib/waggle/hub",
  options: PLACE,
  async run({ options, log, signal, print }) {
    const { folder } = options;
    const { key, store, isNew } = await openOrMake(options, { log, signal });
    await store[Symbol.asyncDispose]();
    if (isNew) log.info(`Made a hub in ${folder}; keep a copy of hub.seed where nobody else finds it`);
    else log.info(`There is a hub in ${folder} already`);
    print(`${keyText("hub", key.publicKey)}\n`);
  },
});
