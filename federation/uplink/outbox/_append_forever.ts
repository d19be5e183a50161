/** Appends to the outbox in a folder until it is killed; says each sequence once it is promised. */

import { Outbox } from "./mod.ts";

const outbox = await Outbox.open(Deno.args[0]!, { maxBytes: 64 << 20 });
console.log("open");
for (;;) {
  // Several at once, so that writes of many records are cut as well.
  const sizes = [10, 1000, 60_000, 300];
  const appended = sizes.map((size) => outbox.append(new Uint8Array(size).fill(size)));
  for (const [at, sequence] of (await Promise.all(appended)).entries()) {
    console.log(`promised ${sequence} ${sizes[at]}`);
  }
}
