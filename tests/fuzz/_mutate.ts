import { joined } from "../../proto/bytes.ts";
import type { Random } from "../../demo/scenarios/random.ts";

/** Longer inputs only make a run slower. */
const MAX_INPUT_BYTES = 1 << 18;

/** A new input from the recorded ones: one of them, changed in one to six places. */
export function mutate(seeds: readonly Uint8Array[], random: Random): Uint8Array {
  let input: Uint8Array = random.pick(seeds).slice();
  for (let changes = 1 + random.below(6); changes > 0; changes--) {
    input = random.pick(MUTATIONS)(input, random, seeds);
  }
  return input.subarray(0, MAX_INPUT_BYTES);
}

type Mutation = (input: Uint8Array, random: Random, seeds: readonly Uint8Array[]) => Uint8Array;

/** Where decoders change their mind. */
const EDGE_BYTES = [0x00, 0x01, 0x02, 0x7f, 0x80, 0xfc, 0xfd, 0xfe, 0xff];

/** CompactSizes of lengths that are not there, and of small ones written too long. */
const SIZES = [
  "fdfd00",
  "fdffff",
  "fe00000100",
  "fe00000010",
  "feffffff01",
  "feffffff7f",
  "feffffffff",
  "ff0000000001000000",
  "ffffffffffffff1f00",
  "ffffffffffffffff7f",
  "ffffffffffffffffff",
  "fd0100",
  "fe02000000",
  "ff0300000000000000",
].map((hex) => Uint8Array.fromHex(hex));

const MUTATIONS: readonly Mutation[] = [
  function flipBit(input, random) {
    const at = random.below(input.length);
    if (input.length > 0) input[at]! ^= 1 << random.below(8);
    return input;
  },
  function setByte(input, random) {
    if (input.length > 0) input[random.below(input.length)] = random.pick(EDGE_BYTES);
    return input;
  },
  function randomByte(input, random) {
    if (input.length > 0) input[random.below(input.length)] = random.below(256);
    return input;
  },
  function truncate(input, random) {
    return input.slice(0, random.below(input.length + 1));
  },
  function extend(input, random) {
    const more = Uint8Array.from({ length: 1 + random.below(64) }, () => random.below(256));
    return join(input, more);
  },
  function splice(input, random, seeds) {
    const other = random.pick(seeds);
    return join(
      input.subarray(0, random.below(input.length + 1)),
      other.subarray(random.below(other.length + 1)),
    );
  },
  function overwriteSize(input, random) {
    const size = random.pick(SIZES);
    const at = random.below(input.length + 1);
    return join(input.subarray(0, at), size, input.subarray(Math.min(input.length, at + size.length)));
  },
  function insertSize(input, random) {
    const at = random.below(input.length + 1);
    // A size stands where one byte stood, so what follows keeps its meaning.
    return join(input.subarray(0, at), random.pick(SIZES), input.subarray(Math.min(input.length, at + 1)));
  },
  function duplicateBlock(input, random) {
    const start = random.below(input.length + 1);
    const end = start + random.below(input.length + 1 - start);
    const times = 1 + random.below(8);
    const block = input.subarray(start, end);
    return join(input.subarray(0, end), ...Array.from({ length: times }, () => block), input.subarray(end));
  },
  function removeBlock(input, random) {
    const start = random.below(input.length + 1);
    return join(input.subarray(0, start), input.subarray(start + random.below(input.length + 1 - start)));
  },
  function otherCommand(input, random) {
    // Inputs of the message target start with a byte that chooses the command.
    if (input.length > 0) input[0] = random.below(256);
    return input;
  },
];

function join(...parts: Uint8Array[]): Uint8Array {
  return joined(parts);
}
