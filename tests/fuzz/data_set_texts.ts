import { newContributionCode, parseContributionCode } from "../../proto/federation/contribution.ts";
import { keyPair, newSeed } from "../../proto/federation/keys.ts";
import { offerOf, offerText, parseOffer, Refused } from "../../federation/datasets/offer.ts";
import { type Manifest, manifestText, parseManifest } from "../../tools/redact/manifest.ts";
import { parseVerification, verificationText } from "../../tools/redact/manifest.ts";
import { POLICIES } from "../../tools/redact/policy.ts";
import type { Target } from "./target.ts";

const sha256 = "0123456789abcdef".repeat(4);
const file = (name: string, bytes: number) => ({ name, bytes, sha256 });
const NAMES = ["LICENSE", "README.md", "manifest.json", "verification.json", "redacted-0001.bin.zst"];

const manifest: Manifest = {
  policy: { name: "strict", classes: POLICIES.strict },
  licence: "cc-by-4.0",
  recordings: [{ events: 7, state: "complete" }, { events: 2 ** 40, state: "cut off" }],
  events: { message: 5, rpc: 2 },
  eventsLeftOut: 0,
  ownAddressesRemovedFromLists: 3,
  classes: { address: { kept: 0, changed: 5 }, plain: { kept: 9, changed: 0 } },
  files: [file("redacted-0001.bin.zst", 1234)],
};
const verification = {
  ...{ passed: true, events: 7, leaves: { texts: 1, bytes: 2, numbers: 3 } },
  comparedWith: { nonces: 0, connectionTimes: 1, hosts: 2, ownAddresses: 3 },
  ...{ findings: [], findingsCount: 0, learntOwnAddresses: true },
};
const code = await newContributionCode(await keyPair(newSeed("hub")), 1_800_000_000);

/** Each text with who reads it; what is read is spelled as it was, so that nothing comes along with it. */
const READERS: readonly ((text: string) => string)[] = [
  (text) => offerText(parseOffer(text)),
  (text) => manifestText(parseManifest(text)),
  (text) => verificationText(parseVerification(text)),
  (text) => parseContributionCode(text) === undefined ? text : text,
];

/** What a contributor says: offers, manifests, reports, codes. */
export const dataSetTexts: Target = {
  name: "data-set-texts",
  seeds() {
    const texts = [
      offerText(offerOf(NAMES.map((name, i) => file(name, i + 1)))),
      manifestText(manifest),
      verificationText(verification),
      code,
    ];
    return texts.map((text) => new TextEncoder().encode(text));
  },
  run(input) {
    const text = new TextDecoder().decode(input);
    const read = READERS.map((reader) => answerOf(() => reader(text)));
    return () => {
      if (read.some((spelled) => spelled !== undefined && spelled !== text)) {
        throw new Error("something else was read than was said");
      }
    };
  },
};

function answerOf(read: () => string): string | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Refused || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
