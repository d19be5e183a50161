/**
 * What a summariser costs beside a busy node: 500 messages a second and five strangers a second who come and go, played
 * as fast as it takes them. `deno run -A --v8-flags=--expose-gc federation/summary/_load.ts [HOURS]`
 *
 * @module
 */

import { START } from "./_network.ts";
import { deck, setTime, stranger } from "./_traffic.ts";
import { Summariser } from "./mod.ts";

const PER_SECOND = 500;
const STRANGERS_PER_SECOND = 5;
const MIB = 1024 * 1024;

const collect = (globalThis as { gc?: () => void }).gc ?? (() => {});
const hours = Number(Deno.args[0] ?? 2);
const events = deck();
const summariser = new Summariser({
  nodes: ["a"],
  policy: { clip: 64, keysPerNode: 16 },
  canaries: ["alpha"],
});
collect();
const before = used();
let [count, strangers, highest, spent] = [0, 0, 0, 0];
for (let second = 0; second < hours * 3600; second++) {
  const at = START + second * 1000;
  const more = Array.from({ length: STRANGERS_PER_SECOND }, () => stranger(strangers++, at)).flat();
  const batch = [
    ...Array.from({ length: PER_SECOND }, (_, i) => events[(count + i) % events.length]!),
    ...more,
  ];
  for (const [i, bytes] of batch.entries()) setTime(bytes, at + i);
  const start = performance.now();
  for (const bytes of batch) summariser.observe("a", bytes);
  if (second % 600 === 599) {
    const closed = summariser.close(Math.floor(at / 600_000));
    if ("blocked" in closed) throw new Error(closed.blocked);
  }
  spent += performance.now() - start;
  count += batch.length;
  if (second % 600 === 598) {
    collect();
    highest = Math.max(highest, used() - before);
  }
}
const share = spent / (hours * 3600 * 1000);
console.log(`${count} events of ${hours} hours: ${Math.round(count / spent)} thousand a second`);
console.log(`${(100 * share).toFixed(3)} % of a core at ${PER_SECOND} messages a second`);
console.log(`${(highest / MIB).toFixed(1)} MiB at the fullest, after a collection`);

/** Objects, and what their arrays hold. */
function used(): number {
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}
