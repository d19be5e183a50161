/**
 * What the operator tells us of addresses: lists of them, and maps to autonomous systems. Each comes from a file that
 * can be replaced while we run.
 *
 * @module
 */

import { Asmap } from "../../proto/asmap.ts";
import { parseSubnet } from "../../proto/subnet.ts";
import { type Lines, parseLines, parseSubnetList } from "../../proto/subnet_list.ts";
import { SubnetSet } from "../../proto/subnet_set.ts";

/** Lists of addresses that metrics are about. */
export const LIST_NAMES = [
  "tor_exit",
  "banlist_gmax",
  "banlist_monero",
  "bitprojects",
  "linkinglion",
  "linkinglion_pre2026",
] as const;

/** A list of addresses. */
export type ListName = typeof LIST_NAMES[number];

/** The addresses LinkingLion used until the end of 2025. What is history needs no file. */
const LINKINGLION_PRE2026 = ["91.198.115.0/24", "162.218.65.0/24", "209.222.252.0/24", "2604:d500:4::/48"];

/** The addresses LinkingLion has used since December 2025, unless a file says otherwise. */
const LINKINGLION = ["31.58.215.0/24", "87.229.79.0/24", "143.20.137.0/24", "2602:f5c0::/32"];

/** Everything that is known of addresses now. */
export class Knowledge {
  /** Changes whenever something else is known. */
  version = 0;
  readonly #lists = new Map<ListName, SubnetSet>([
    ["linkinglion", new SubnetSet(LINKINGLION.map(parseSubnet))],
    ["linkinglion_pre2026", new SubnetSet(LINKINGLION_PRE2026.map(parseSubnet))],
  ]);
  #asmap: Asmap | undefined;
  #asNames: ReadonlyMap<number, string> = new Map();

  /** The lists that this address is on. */
  listsWith(address: Uint8Array): ReadonlySet<ListName> {
    return new Set(LIST_NAMES.filter((name) => this.#lists.get(name)?.holds(address)));
  }

  /** Whether addresses can be told by autonomous system. */
  get hasAsmap(): boolean {
    return this.#asmap !== undefined;
  }

  /** The autonomous system of an address; 0 if that is not known. */
  asnOf(address: Uint8Array): number {
    return this.#asmap?.asnOf(address) ?? 0;
  }

  /** What an autonomous system is called; `AS64496` if nobody said. */
  asNameOf(asn: number): string {
    return this.#asNames.get(asn) ?? `AS${asn}`;
  }

  /** Takes the content of a file for one of the lists, and says how many lines were none. */
  setList(name: ListName, text: string): Read {
    const { entries, ...read } = parseSubnetList(text);
    this.#lists.set(name, new SubnetSet(entries));
    this.version++;
    return { ...read, entries: entries.length };
  }

  /**
   * Takes the content of an asmap file.
   *
   * @throws {SyntaxError} If it is none.
   */
  setAsmap(bytes: Uint8Array): Read {
    this.#asmap = new Asmap(bytes);
    this.version++;
    return { entries: bytes.length, refused: 0, firstRefused: undefined };
  }

  /** Takes the content of a file of names, and says how many lines were none. */
  setAsNames(text: string): Read {
    const { entries, ...read } = parseLines(text, asNameOf);
    this.#asNames = new Map(entries);
    this.version++;
    return { ...read, entries: this.#asNames.size };
  }
}

/** What a file had, and how many entries were taken from it. */
export type Read = Omit<Lines<never>, "entries"> & { readonly entries: number };

/** A number and a name per line: `64496 EXAMPLE-NET, ZZ` or `AS64496,Example Networks`. */
function asNameOf(line: string): [number, string] | undefined {
  const match = /^(?:AS)?(\d{1,10})[\s,;|]+(\S.*)$/i.exec(line);
  return match === null ? undefined : [Number(match[1]), match[2]!.replace(/^"(.*)"$/, "$1")];
}
