/**
 * Leads until it is killed: what a test kills.
 *
 * @module
 */

import { logFor } from "../../../../runtime/log.ts";
import { openJetStream } from "../jetstream.ts";

const signal = new AbortController().signal;
const servers = [Deno.args[0]!];
const store = await openJetStream({ servers, replicas: 1, log: logFor("hub", () => {}), signal });
while (!await store.leads());
console.log("leads");
