/**
 * Debits until it is killed, and says each one that is on the disk: for the test that kills it.
 *
 * @module
 */

import { FileLedger } from "./ledger.ts";

using ledger = await FileLedger.open(Deno.args[0]!);
for (let from = ledger.entries.length;; from++) {
  const values = Array.from({ length: from % 40 }, (_, i) => from * i);
  await ledger.append({ from, to: from + 1, group: "peers", noiseMilli: 1000, cost: 1, values, limits: [] });
  Deno.stdout.writeSync(new TextEncoder().encode(`${from}\n`));
}
