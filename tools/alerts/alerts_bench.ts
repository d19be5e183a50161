import { assert, assertEquals } from "@std/assert";
import { decodeEvent } from "../../proto/event.ts";
import { subjectOf } from "../../proto/subjects.ts";
import { encodedTraffic } from "../logger/_traffic.ts";
import { watching } from "./_watching.ts";

const traffic = encodedTraffic();
const subject = subjectOf("message");

const { watcher, counts } = watching();
for (const data of traffic) watcher.take({ subject, data });
assertEquals([...counts], [], "every event is understood");
assert(watcher.times()[0]![1] > 0);

function each(take: (data: Uint8Array) => void): () => void {
  let next = 0;
  return () => {
    take(traffic[next]!);
    next = (next + 1) % traffic.length;
  };
}

const group = "one event of the main network's mixture";
Deno.bench("decode every event", { group, baseline: true }, each((data) => void decodeEvent(data)));
Deno.bench("all rules", { group }, each((data) => watcher.take({ subject, data })));
