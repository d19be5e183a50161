import { entryText, parseLog, signEntry } from "../../federation/sightings/key_log.ts";
import { ELEMENT_BYTES, newOprfKey } from "../../federation/sightings/oprf.ts";
import { ask, elementsOf, parseAnswer, parseQuestion } from "../../federation/sightings/question.ts";
import { keyPair, newSeed } from "../../proto/federation/keys.ts";
import { parseMemberList } from "../../proto/federation/member_list.ts";
import type { Target } from "./target.ts";

const service = await keyPair(newSeed("randomness"));
const entry = await signEntry(
  service,
  { epoch: 7, epochSeconds: 1000, key: newOprfKey().publicKey },
  undefined,
);
const question = await ask(await keyPair(newSeed("operator")), service.publicKey, {
  epoch: 7,
  blinded: [1, 2, 3].map(() => newOprfKey().publicKey),
});
const text = new TextEncoder();

/** Bodies of HTTP, as a randomness service gets them, and as it answers: what is read from them has to be whole. */
export const randomnessQuestions: Target = {
  name: "randomness-questions",
  seeds: () =>
    [
      question,
      `{"service":"C","entries":[${entryText(entry)},${entryText(entry)}]}`,
      JSON.stringify({ evaluated: btoa("x".repeat(64)), proof: btoa("y".repeat(64)) }),
      `hub NAEDZPQ\n${"ab".repeat(32)} ${"cd".repeat(32)}\n`,
      "[]",
      '{"entries":[null,1,"x"]}',
    ].map((seed) => text.encode(seed)),
  run(input) {
    const body = new TextDecoder().decode(input);
    const asked = parseQuestion(body);
    const log = parseLog(body);
    const answer = parseAnswer(body);
    try {
      parseMemberList(body);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    return () => {
      if (asked !== undefined) {
        const elements = elementsOf(asked.blinded);
        if (elements.length === 0 || elements.some(({ length }) => length !== ELEMENT_BYTES)) {
          throw new Error("A question with half an element");
        }
      }
      if (answer?.evaluated.some(({ length }) => length !== ELEMENT_BYTES)) throw new Error("Half an answer");
      if (log?.some(({ key, before }) => key.length !== 32 || before.length !== 32)) {
        throw new Error("A log with half a key");
      }
    };
  },
};
