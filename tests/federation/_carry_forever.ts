/**
 * An uplink without events, to be killed: appends summaries and carries them as fast as it can, and says on standard
 * output what it was promised.
 *
 * @module
 */

import { UplinkFolder } from "../../federation/uplink/folder.ts";
import { Carrier } from "./carrier.ts";

/** More than that need not wait at once. */
const MOST_WAITING = 200;

const encoder = new TextEncoder();
const say = (line: string) => Deno.stdout.writeSync(encoder.encode(`${line}\n`));

const carrier = await Carrier.start(new UplinkFolder(Deno.args[0]!), {
  onAcknowledged: (sequence) => say(`acknowledged ${sequence}`),
});
const bin = Math.floor(Date.now() / 600_000);
for (;;) {
  if (carrier.outbox.stats().records < MOST_WAITING) say(`appended ${await carrier.append(bin)}`);
  else await new Promise((resolve) => setTimeout(resolve, 1));
}
