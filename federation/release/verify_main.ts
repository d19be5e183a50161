/**
 * `deno task verify-release URL|FILE [--hub KEY]`: checks a release and says what was checked.
 *
 * @module
 */

import { parseKey } from "../../proto/federation/keys.ts";
import { reasonOf } from "../../runtime/reason.ts";
import { type Checked, checkRelease } from "./document.ts";
import { type KeyLink, parseKeys } from "./release_keys.ts";

const USAGE = `Usage: deno task verify-release URL|FILE [--hub KEY]

Checks a release: its name, its spelling, its signature, that the hub gave its key to who signed, and the schedule.
keys.json is looked for where the folder with the release is. Without --hub it is only known that some hub signed
it: have the key of yours from somebody you trust.
`;
/** No file that belongs to a release is larger. */
const MOST_BYTES = 1 << 20;

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: readonly string[]): Promise<number> {
  const [where, flag, hub, ...more] = args;
  if (where === "--help" || where === "-h") {
    console.log(USAGE);
    return 0;
  }
  const hubKey = hub === undefined ? undefined : parseKey("hub", hub);
  if (
    where === undefined || more.length > 0 || flag !== undefined && (flag !== "--hub" || hubKey === undefined)
  ) {
    console.error(USAGE);
    return 2;
  }
  try {
    const checked = await verifyRelease(where, hubKey);
    if ("wrong" in checked) {
      console.error(`Not valid: ${checked.wrong}`);
      return 1;
    }
    const { release, checks } = checked;
    for (const check of checks) console.log(`ok  ${check}`);
    const { epoch, hub, privacy, figures } = release;
    console.log(`\nRelease of ${epoch.name} by hub ${hub}: ${figures.length} groups of numbers.`);
    const { advantagePerRelease: once, advantagePerYear: year } = privacy;
    console.log(
      `Whoever guesses from it who takes part has an advantage of at most ${once}, after a year ${year}.`,
    );
    if (hubKey === undefined) console.log("Not checked: whether this is the hub you mean; say --hub KEY.");
    return 0;
  } catch (error) {
    console.error(`Cannot check "${where}": ${reasonOf(error)}`);
    return 1;
  }
}

/** Fetches a release and the keys beside it, and checks it. */
export async function verifyRelease(where: string, hubKey: Uint8Array | undefined): Promise<Checked> {
  const url = /^https?:/.test(where) ? new URL(where) : new URL(where, `file://${Deno.cwd()}/`);
  const bytes = await load(url);
  const keys: KeyLink[] = parseKeys(new TextDecoder().decode(await load(new URL("../keys.json", url))));
  return await checkRelease({ name: url.pathname.split("/").at(-1)!, bytes }, { keys, hubKey });
}

async function load(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = url.protocol === "file:" ? await Deno.readFile(url) : await fetched(url);
  if (bytes.length > MOST_BYTES) throw new RangeError("it is too large");
  return bytes;
}

async function fetched(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
  if (!response.ok || response.body === null) throw new Error(`the server says ${response.status}`);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    if ((length += chunk.length) > MOST_BYTES) throw new RangeError("it is too large");
    chunks.push(chunk);
  }
  return new Uint8Array(chunks.flatMap((chunk) => [...chunk]));
}
