import { command } from "../../../runtime/command.ts";
import { path } from "../../../runtime/options.ts";
import { openFolder } from "../folder.ts";
import { PLACE } from "../options.ts";

/** Copies the store. */
export default command({
  summary: "Copies the store into one file, also while the hub runs; the key is not in it",
  example: "hub backup --hub.to /var/lib/waggle/hub/backup.sqlite",
  options: {
    ...PLACE,
    to: path("File to write, which must not exist (default: one in the hub's folder, with the date)"),
  },
  async run({ options, log, signal, print }) {
    const { folder, to } = options;
    const { store: opened } = await openFolder(options, { log, signal });
    await using store = opened;
    const date = new Date().toISOString().replace(/\.\d+Z$/, "Z").replaceAll(":", "");
    const path = to ?? `${folder}/backup-${date}.sqlite`;
    // Made here: nobody else shall read it, and nothing that is there is overwritten.
    await Deno.writeFile(path, new Uint8Array(0), { createNew: true, mode: 0o600 }).catch((cause) => {
      throw new Error(
        `Cannot write the backup "${path}": ${cause.message}; choose another file with --hub.to`,
        {
          cause,
        },
      );
    });
    await store.backup(path).catch(async (error) => {
      await Deno.remove(path);
      throw error;
    });
    log.info(
      "To use it, stop the hub and put it in the place of hub.sqlite, without hub.sqlite-wal and -shm",
    );
    print(`${path}\n`);
  },
});
