import { Writer } from "./_writer.ts";
import { sha256d } from "./hash.ts";

/** The networks with fixed start bytes. */
export type NetworkName = "mainnet" | "testnet3" | "testnet4" | "signet" | "regtest";

/** The four bytes at the start of each frame, which tell the networks apart. */
export const START_BYTES: { readonly [N in NetworkName]: Uint8Array } = {
  mainnet: Uint8Array.of(0xf9, 0xbe, 0xb4, 0xd9),
  testnet3: Uint8Array.of(0x0b, 0x11, 0x09, 0x07),
  testnet4: Uint8Array.of(0x1c, 0x16, 0x3f, 0x28),
  signet: Uint8Array.of(0x0a, 0x03, 0xcf, 0x40),
  regtest: Uint8Array.of(0xfa, 0xbf, 0xb5, 0xda),
};

/**
 * The start bytes of a signet with its own challenge (BIP325): the first four bytes of the hash of the
 * challenge script as it is serialized, so with its length in front.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { signetStartBytes } from "./network.ts";
 *
 * const anyoneCanSign = Uint8Array.of(0x51);
 * assertEquals(signetStartBytes(anyoneCanSign).toHex(), "54d26fbd");
 * ```
 */
export function signetStartBytes(challenge: Uint8Array): Uint8Array {
  const writer = new Writer();
  writer.varBytes(challenge);
  return sha256d(writer.finish()).slice(0, 4);
}
