import { makeSample, RULES, sampleLive } from "./_sample.ts";
import { Site } from "./site.ts";

const sample = await makeSample({ months: 12 });
addEventListener(
  "unload",
  () => Deno.removeSync(sample.folder.replace(/\/public$/, ""), { recursive: true }),
);
const siteOf = () => new Site({ folder: sample.folder, hubKey: sample.hub.publicKey });
const site = siteOf();
const path = `${sample.folder}/live.json`;
let at = sample.now;
await site.write(RULES);

async function tell(): Promise<void> {
  await Deno.writeTextFile(path, JSON.stringify(sampleLive(at += 60)));
}

Deno.bench("a minute: live.json alone", { group: "public pages", baseline: true }, async () => {
  await tell();
});

Deno.bench("a minute: live.json and the pages that it changes, beside twelve releases", {
  group: "public pages",
}, async () => {
  await tell();
  await site.write(RULES);
});

Deno.bench("the start: twelve releases are verified, all pages made and compared", {
  group: "public pages",
}, async () => {
  await siteOf().write(RULES);
});
