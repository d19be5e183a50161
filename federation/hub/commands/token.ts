import { newHubToken } from "../../../proto/federation/sign_in.ts";
import { command } from "../../../runtime/command.ts";
import { openFolder } from "../folder.ts";
import { PLACE } from "../options.ts";

/** Long enough to copy a line into a browser. */
const GOOD_SECONDS = 300;

/** Opens the hub's own pages. */
export default command({
  summary: "Prints a token that signs in to the hub's own pages, good once and for five minutes",
  example: "hub token",
  options: PLACE,
  async run({ options, log, signal, print }) {
    const { key, store } = await openFolder(options, { log, signal });
    await store[Symbol.asyncDispose]();
    print(`${await newHubToken(key, Math.floor(Date.now() / 1000) + GOOD_SECONDS)}\n`);
  },
});
