/**
 * Question: what does it cost to look whether an answer of a node says which addresses it has?
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { decodeEvent, encodeEvent } from "../../proto/event.ts";
import { peerInfos, peers, START } from "../summary/_network.ts";
import { Secrets } from "./secrets.ts";

const secrets = new Secrets({ canaries: [], addresses: [] });
const answer = encodeEvent(peerInfos(peers(125), START));
assertEquals(secrets.learn(answer), false);

const group = "getpeerinfo with 125 peers, which says none";
Deno.bench("decodeEvent", { group, baseline: true }, () => {
  decodeEvent(answer);
});
Deno.bench("Secrets.learn", { group }, () => {
  secrets.learn(answer);
});
