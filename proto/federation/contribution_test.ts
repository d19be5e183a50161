import { assert, assertEquals, assertFalse } from "@std/assert";
import {
  contributorLine,
  contributorOf,
  isCodeOf,
  newContributionCode,
  parseContributionCode,
} from "./contribution.ts";
import { keyPair, newSeed } from "./keys.ts";

const hub = await keyPair(newSeed("hub"));
const operator = await keyPair(newSeed("operator"));
const dataSet = crypto.getRandomValues(new Uint8Array(16));

Deno.test("a code says whose it is and until when, and is good at the hub that made it", async () => {
  const line = await newContributionCode(hub, 1_800_000_000);
  const code = parseContributionCode(` ${line.slice(0, 40)}\n${line.slice(40)} `)!;
  assertEquals([code.hubKey, code.expires], [hub.publicKey, 1_800_000_000]);
  assert(await isCodeOf(hub.publicKey, code));
  assertFalse(await isCodeOf((await keyPair(newSeed("hub"))).publicKey, code));
  assertFalse(await isCodeOf(hub.publicKey, { ...code, expires: code.expires + 1 }));
});

Deno.test("what is no code is none", async () => {
  const line = await newContributionCode(hub, 1);
  for (
    const text of ["", "waggle-contribution-", line.slice(0, -4), `${line}AAAA`, `x${line}`, "é".repeat(600)]
  ) {
    assertEquals(parseContributionCode(text), undefined, text);
  }
});

Deno.test("a member's line is good for one data set at one hub", async () => {
  const line = await contributorLine(operator, hub.publicKey, dataSet);
  assertEquals(await contributorOf(line, hub.publicKey, dataSet), operator.publicKey);
  assertEquals(await contributorOf(line, hub.publicKey, dataSet.with(0, dataSet[0]! ^ 1)), undefined);
  assertEquals(await contributorOf(line, operator.publicKey, dataSet), undefined);
  assertEquals(await contributorOf("waggle-contributor-AAAA", hub.publicKey, dataSet), undefined);
});
