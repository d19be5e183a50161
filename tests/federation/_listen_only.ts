/**
 * Takes events from a NATS server and does nothing with them: what listening alone costs.
 *
 * @module
 */

import { openNatsBus } from "../../runtime/bus/nats.ts";
import { subscribeSubjects } from "../../runtime/context.ts";
import { logFor } from "../../runtime/log.ts";

const { signal } = new AbortController();
await using bus = await openNatsBus({ servers: [Deno.args[0]!], log: logFor("bus", () => {}), signal });
console.log("Listens");
for await (const _ of bus.subscribe(subscribeSubjects([], [])));
