import { assert, assertEquals, assertFalse } from "@std/assert";
import { keyPair, newSeed } from "./keys.ts";
import {
  answerChallenge,
  CHALLENGE_BYTES,
  challengeText,
  isAnswer,
  newHubToken,
  parseAnswer,
  parseChallenge,
  readHubToken,
} from "./sign_in.ts";

const operator = await keyPair(newSeed("operator"));
const hub = await keyPair(newSeed("hub"));
const other = await keyPair(newSeed("hub"));
const challenge = crypto.getRandomValues(new Uint8Array(CHALLENGE_BYTES));

Deno.test("a challenge goes through a terminal, broken lines and all", () => {
  const line = challengeText(challenge);
  assertEquals(parseChallenge(` ${line.slice(0, 20)}\n  ${line.slice(20)}\r\n`), challenge);
});

Deno.test("an answer is one to this challenge of this hub, and to no other", async () => {
  const answer = parseAnswer(await answerChallenge(challenge, hub.publicKey, operator))!;
  assertEquals(answer.key, operator.publicKey);
  assert(await isAnswer(answer, challenge, hub.publicKey));
  assertFalse(await isAnswer(answer, challenge, other.publicKey));
  assertFalse(await isAnswer(answer, challenge.with(0, challenge[0]! ^ 1), hub.publicKey));
});

Deno.test("a token is read by the hub that signed it, and says when it ends", async () => {
  const token = await newHubToken(hub, 1_800_000_000);
  assertEquals((await readHubToken(token, hub.publicKey))?.expires, 1_800_000_000);
  assertEquals(await readHubToken(token, other.publicKey), undefined);
  // A later end is another token.
  const bytes = Uint8Array.fromBase64(token.slice("waggle-hub-token-".length), { alphabet: "base64url" });
  bytes[7]! ^= 1;
  const forged = `waggle-hub-token-${bytes.toBase64({ alphabet: "base64url", omitPadding: true })}`;
  assertEquals(await readHubToken(forged, hub.publicKey), undefined);
});

Deno.test("other texts are none of these, and nothing is thrown", async () => {
  const line = challengeText(challenge);
  const texts = [
    "",
    "waggle-sign-in-",
    line.slice(0, -2),
    `${line}AA`,
    "waggle-signed-%%%%",
    "x".repeat(1000),
  ];
  for (const text of [...texts, `waggle-signed-${line}`, `waggle-hub-token-${line}`]) {
    assertEquals(parseChallenge(text), undefined, text);
    assertEquals(parseAnswer(text), undefined, text);
    assertEquals(await readHubToken(text, hub.publicKey), undefined, text);
  }
});
