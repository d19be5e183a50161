/**
 * What must never leave: what the operator named, and addresses that the nodes themselves say they have.
 *
 * @module
 */

import { decodeEvent } from "../../proto/event.ts";
import { CanaryScan } from "../summary/mod.ts";
import { holdsNetworkInfo } from "../summary/wanted.ts";

/** Nodes have a handful of addresses. */
const MOST_LEARNED = 256;

/** Secrets of an operator. */
export class Secrets {
  readonly #named: readonly string[];
  readonly #addresses: Set<string>;
  #scan: CanaryScan;

  /** With what the operator said. */
  constructor({ canaries, addresses }: { canaries: readonly string[]; addresses: readonly string[] }) {
    this.#named = canaries;
    this.#addresses = new Set(addresses);
    this.#scan = this.#newScan();
  }

  /** Addresses of the nodes, as far as they are known. */
  get addresses(): ReadonlySet<string> {
    return this.#addresses;
  }

  /** All of them. */
  get all(): string[] {
    return [...new Set([...this.#named, ...this.#addresses])];
  }

  /** Learns a node's addresses from the answer to `getnetworkinfo`; true if one is new. */
  learn(event: Uint8Array): boolean {
    // Other answers are a hundred times as large.
    const decoded = holdsNetworkInfo(event) ? decodeEvent(event) : undefined;
    if (!decoded?.ok || decoded.event.kind !== "rpc") return false;
    const { rpcEvent } = decoded.event.value;
    if (rpcEvent?.case !== "networkInfo") return false;
    const before = this.#addresses.size;
    for (const { address } of rpcEvent.value.localAddresses) {
      if (this.#addresses.size < MOST_LEARNED) this.#addresses.add(address);
    }
    if (this.#addresses.size === before) return false;
    this.#scan = this.#newScan();
    return true;
  }

  /** Which secret is in a frame, in words that do not repeat it. */
  find(frame: Uint8Array): string | undefined {
    return this.#scan.find(frame);
  }

  #newScan(): CanaryScan {
    return new CanaryScan(this.all);
  }
}
