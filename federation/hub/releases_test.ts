import { assert, assertEquals } from "@std/assert";
import * as codec from "../../proto/federation/codec.ts";
import { encode } from "../../proto/federation/frame.ts";
import { keyPair, newSeed } from "../../proto/federation/keys.ts";
import { Metric, type Summary } from "../../proto/federation/schema.ts";
import { GROUP_NAMES } from "../release/public.ts";
import { binsOf, epochAt } from "../release/schedule.ts";
import { readIndex } from "../release/site.ts";
import { verifyRelease } from "../release/verify_main.ts";
import { DEFAULTS, signPolicy } from "./policy.ts";
import { makeReleaser, plansOf, siteOf, votersOf } from "./releases.ts";
import { openSqlite } from "./store/sqlite.ts";

const NOW = Math.floor(Date.now() / 1000);
/** A month that is over long enough. */
const EPOCH = epochAt(NOW - 34 * 86_400, "monthly");
const MEMBERS = 6;

Deno.test("a hub's store becomes a release that can be verified, and an operator's slot is not in it", async () => {
  const folder = await Deno.makeTempDir({ prefix: "waggle-hub-releases-" });
  try {
    const key = await keyPair(newSeed("hub"));
    await using store = openSqlite(folder);
    await store.setPolicy(await signPolicy(DEFAULTS, key, NOW));
    const slots: number[] = [];
    for (let i = 0; i < MEMBERS; i++) {
      const [hash, invitation] = [new Uint8Array(32).fill(i), new Uint8Array(16).fill(i)];
      const member = await store.admit({ hash, sponsors: [], joinedDay: 1, invitation, expires: NOW });
      slots.push(member!.slot);
    }
    const { from, to } = binsOf(EPOCH);
    const close = (bin: number) =>
      store.close({
        bin,
        operators: MEMBERS,
        feed: encode(codec.encodeFeed, { bin, quartiles: [], blocks: [], tips: [], incidents: [] }),
      }, []);
    const { step } = await makeReleaser({ store, key, folder });
    await close(from - 1);
    await step();
    const values = [{ metric: Metric.PEERS_V2, value: 20 }];
    for (const slot of slots) {
      const summary: Summary = {
        ...{ sequence: 1, bin: from, schema: 1, thin: false, sources: [1], values },
        ...{ blocks: [], tips: [], anomalies: [] },
      };
      await store.append({ slot, bin: from, sequence: 1, body: encode(codec.encodeSummary, summary) });
    }
    await close(from);
    await close(to - 1);
    await step();
    const [listed] = await readIndex(siteOf(folder));
    assert(listed !== undefined);
    const path = `${siteOf(folder)}/releases/${listed.file}`;
    assert("checks" in await verifyRelease(path, key.publicKey));
    const text = await Deno.readTextFile(path);
    for (const slot of slots) assert(!text.includes(String(slot)));
    const collected = JSON.parse(await Deno.readTextFile(`${folder}/release/collected.json`));
    assertEquals(collected.waiting, [], "sums of an epoch are gone once it is released");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("members below one root stay one voice when the sponsors between are revoked", () => {
  const member = (slot: number, sponsors: number[], revoked = false) => {
    return { slot, sponsors, revoked, joinedDay: 1, keys: [] };
  };
  const between = [2, 3, 4, 5, 6].map((slot) => member(slot, [1], true));
  const below = [12, 13, 14, 15, 16].map((slot) => member(slot, [slot - 10]));
  assertEquals(votersOf([member(1, []), ...between, ...below]), { operators: 6, trees: 1 });
  assertEquals(votersOf([member(1, []), member(2, [])]), { operators: 2, trees: 2 });
});

Deno.test("the plan of the default policy promises less than a quarter a year, at every size", () => {
  for (const [nodes, { advantagePerYear, cadence }] of plansOf({ ...DEFAULTS, groups: GROUP_NAMES })) {
    assert(advantagePerYear < 0.25, `${nodes}`);
    assertEquals(cadence, "monthly");
  }
});
