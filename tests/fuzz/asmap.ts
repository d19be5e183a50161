import { ipv4File } from "../../proto/_asmap.ts";
import { Asmap } from "../../proto/asmap.ts";
import type { Target } from "./target.ts";

const ADDRESSES = ["00000000", "ffffffff", "cb007107", "0a0000ff", "20010db8".padEnd(32, "0"), "f".repeat(32)]
  .map((hex) => Uint8Array.fromHex(hex));

/** Bytes that claim to be an asmap: refused, or every address gets an answer that can be one. */
export const asmap: Target = {
  name: "asmap",
  seeds: () => [
    ipv4File({ "0": 1 }),
    ipv4File({ "110010110000000001110001": 64496, "00001010": 64497, "1111": 4_200_000 }),
    ipv4File(
      Object.fromEntries(Array.from({ length: 256 }, (_, i) => [i.toString(2).padStart(8, "0"), i + 1])),
    ),
  ],
  run(input) {
    const map = parse(input);
    const answers = map === undefined ? [] : ADDRESSES.map((address) => map.asnOf(address));
    return () => {
      if (answers.some((asn) => !Number.isInteger(asn) || asn < 0 || asn > 33_521_664)) {
        throw new Error(`Not the number of a system: ${answers}`);
      }
    };
  },
};

function parse(input: Uint8Array): Asmap | undefined {
  try {
    return new Asmap(input);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
