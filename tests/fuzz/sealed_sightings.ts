import { checkPart, PER_PART } from "../../federation/sightings/part.ts";
import { open, seal } from "../../federation/sightings/share.ts";
import { decodeSighting } from "../../federation/sightings/sighting.ts";
import * as codec from "../../proto/federation/codec.ts";
import { decode, encode } from "../../proto/federation/frame.ts";
import type { Target } from "./target.ts";

const RULES = { randomnessKey: new Uint8Array(32), epochSeconds: 1000, perEpoch: PER_PART };
const output = new Uint8Array(64).fill(3);
const content = Uint8Array.fromHex("0104cb007107000000" + "00");

/** A part in which all are about the same, so that any two of them open it. */
function part(): Uint8Array {
  const sealed = Array.from({ length: PER_PART }, () => seal(output, content, { k: 2 }));
  return encode(codec.encodeSightings, { epoch: 7, part: 0, key: new Uint8Array(32), sealed });
}

/**
 * Bytes that claim to be a part of somebody's sightings. Whatever gets through the check is opened together with what
 * an honest operator sent: it must neither throw, nor show anything else than what that one saw.
 */
export const sealedSightings: Target = {
  name: "sealed-sightings",
  seeds: () => [part(), part()],
  run(input) {
    const decoded = decode(codec.decodeSightings, input);
    if (decoded === undefined || checkPart(decoded, RULES) !== undefined) return;
    const [first, second] = decoded.sealed;
    const { tag, commitments, box } = first!;
    const opened = open([first!, { ...second!, tag, commitments, box }], 2);
    return () => {
      if (opened === undefined || opened === "forged") return;
      if (opened.content.toHex() !== content.toHex()) throw new Error("Shows what nobody saw");
      if (decodeSighting(opened.content) === undefined) throw new Error("Shows what may not be reported");
    };
  },
};
