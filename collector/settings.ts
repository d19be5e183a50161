/**
 * What a node's settings come to: its command line over the part of bitcoin.conf for its chain over the rest of it.
 *
 * @module
 */

import { type Chain, chainOf, MAIN } from "./chains.ts";
import { type ConfLine, isOn, withoutNo } from "./conf.ts";

/** Outside of the main chain these count only in the chain's own part (common/args.h, NETWORK_ONLY). */
const OF_ONE_CHAIN = new Set(["addnode", "bind", "connect", "port", "rpcbind", "rpcport", "wallet"]);

/** The settings of one node. */
export class Settings {
  /** The chain that they choose. */
  readonly chain: Chain;
  readonly #args: readonly { name: string; value: string }[];
  readonly #lines: readonly ConfLine[];

  /** Settings of a command line and of a file. */
  constructor(args: readonly string[], lines: readonly ConfLine[]) {
    this.#args = parseArgs(args);
    this.#lines = lines;
    this.chain = this.#findChain();
  }

  /** The one value that counts; `undefined` where nobody set it. */
  get(name: string): string | undefined {
    // The last on the command line wins, in the file the first.
    return this.#args.findLast((arg) => arg.name === name)?.value ?? this.#inFile(name)[0];
  }

  /** All values of what may be given several times. */
  all(name: string): string[] {
    const args = this.#args.filter((arg) => arg.name === name).map(({ value }) => value);
    return [...args.slice(args.lastIndexOf("0") + 1), ...this.#inFile(name)];
  }

  /** Whether something is on. */
  isOn(name: string, byDefault = false): boolean {
    const value = this.get(name);
    return value === undefined ? byDefault : isOn(value);
  }

  #inFile(name: string): string[] {
    const of = (section: string) =>
      this.#lines.filter((line) => line.name === name && line.section === section).map(({ value }) => value);
    const forAll = this.chain !== MAIN && OF_ONE_CHAIN.has(name) ? [] : of("");
    return [...of(this.chain.name), ...forAll];
  }

  #findChain(): Chain {
    const lines = [
      ...this.#args.toReversed(),
      ...this.#lines.filter(({ section }) => section === ""),
    ];
    for (const { name, value } of lines) {
      if (name === "chain" && chainOf(value) !== undefined) return chainOf(value)!;
      if (name === "testnet" && isOn(value)) return chainOf("test")!;
      if (["regtest", "signet", "testnet4"].includes(name) && isOn(value)) return chainOf(name)!;
    }
    return MAIN;
  }
}

/** `-name=value`, `--name=value`, `-name`, `-noname`. */
function parseArgs(args: readonly string[]): { name: string; value: string }[] {
  return args.flatMap((arg) => {
    const match = /^--?([^=]+)(?:=([^]*))?$/.exec(arg.trim());
    return match === null ? [] : [withoutNo(match[1]!, match[2] ?? "")];
  });
}
