import { didYouMean } from "../../runtime/nearest.ts";
import { type Option, text } from "../../runtime/options.ts";
import { parseSubnet } from "../../proto/subnet.ts";

/** What can be left out. */
export const KINDS = ["ping", "addrv2", "invs", "feefilter"] as const;

/** What a node tells us, by the word that leaves it out. */
export type Kind = typeof KINDS[number];

/** Core's MAX_SUBVERSION_LENGTH. */
const MAX_USER_AGENT_BYTES = 256;

/** Refuses what is not a kind. */
export function checkKind(name: string): void {
  if (!(KINDS as readonly string[]).includes(name)) {
    throw new SyntaxError(`unknown kind "${name}"${didYouMean(name, KINDS)}`);
  }
}

/** Refuses what is neither an address nor a subnet. */
export function checkSubnet(text: string): void {
  parseSubnet(text);
}

/** A script in hex; by default none. */
export function hexScript(help: string): Option<string | undefined> {
  return {
    help,
    default: undefined,
    placeholder: "HEX",
    parse(text) {
      if (!/^([0-9A-Fa-f]{2})+$/.test(text)) throw new SyntaxError("expected bytes in hex");
      return text;
    },
  };
}

/** A name that Core would take from a peer. */
export function userAgent(help: string, byDefault: string): Option<string> {
  return {
    ...text(help, byDefault),
    parse(text) {
      const { length } = new TextEncoder().encode(text);
      if (length > MAX_USER_AGENT_BYTES) {
        throw new RangeError(
          `expected at most ${MAX_USER_AGENT_BYTES} bytes, which is all that a node reads`,
        );
      }
      return text;
    },
  };
}
