/**
 * The randomness service of a federation: helps operators to make the same tag for the same sighting, without learning
 * what it is about. To be run by somebody else than the hub.
 *
 * @module
 */

import { keyText } from "../../proto/federation/keys.ts";
import { pause } from "../../runtime/backoff.ts";
import { component } from "../../runtime/component.ts";
import { address, integer, type OptionTable, path } from "../../runtime/options.ts";
import { serve } from "../../runtime/serve.ts";
import { together } from "../../runtime/together.ts";
import { EpochKeys, serviceKey } from "./epoch_keys.ts";
import { lockFolder } from "./files.ts";
import { Service } from "./service.ts";

const MOST = 1_000_000;

const options = {
  address: address("Where to listen", "127.0.0.1:8792"),
  folder: path("Folder with its keys and accounts, made where it is missing", "~/.waggle/randomness"),
  members: path("File with the operators that may ask (default: members.txt in the folder)"),
  epochSeconds: integer("Seconds of an epoch; it cannot be changed later", 604_800, {
    min: 1,
    max: 31_536_000,
  }),
  perOperator: integer("Elements that an operator may ask about in an epoch", 1024, { min: 1, max: MOST }),
  operators: integer("Most operators in an epoch, whatever the list says", 200, { min: 1, max: 100_000 }),
  batch: integer("Most elements in one question", 512, { min: 1, max: 4096 }),
  perMinute: integer("Questions of an operator in a minute", 10, { min: 1, max: MOST }),
} satisfies OptionTable;

const TICK_MS = 1000;

/** The service. */
export default component({
  summary: "Helps operators to tag what they saw, without learning what it is",
  example: "randomness --randomness.folder /var/lib/waggle/randomness",
  options,
  offBus: true,
  permissions: ({ address, folder, members }) => ({
    net: [address],
    read: [folder, ...members === undefined ? [] : [members]],
    write: [folder],
  }),
  async run({ options, log, signal }) {
    const { address, folder, epochSeconds, members = `${folder}/members.txt` } = options;
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    using _lock = lockFolder(folder);
    const { key, isNew } = await serviceKey(folder);
    if (isNew) log.info(`Made a new service in ${folder}`);
    log.info(`This service is ${keyText("randomness", key.publicKey)}`);
    const keys = await EpochKeys.open(folder, { service: key, epochSeconds });
    const service = new Service({ ...options, members, publicKey: key.publicKey, keys, log });
    const tick = async (signal: AbortSignal) => {
      while (!signal.aborted) {
        await service.tick();
        await pause(TICK_MS, signal);
      }
    };
    const handler = (request: Request) => service.answer(request);
    await together(signal, (signal) => [
      serve({ address, flag: "--randomness.address", handler, log, signal }),
      tick(signal),
    ]);
  },
});
