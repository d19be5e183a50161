import { type Fields, type Note, toFields } from "../json.ts";
import type { RpcEvent } from "./answer.ts";

// The Rust tools write the names of rust-bitcoin, not those of the node.
const CHAIN_NAMES: Readonly<Record<string, string>> = { main: "bitcoin", test: "testnet" };

/** `getblockchaininfo`. */
export function blockchainInfo(answer: unknown, note: Note): RpcEvent {
  const chain = toFields(answer, note);
  return {
    case: "blockchainInfo",
    value: {
      chain: chainName(chain.text("chain")),
      blocks: chain.uint32("blocks"),
      headers: chain.uint32("headers"),
      bestblockhash: chain.text("bestblockhash"),
      difficulty: chain.double("difficulty"),
      time: chain.uint32("time"),
      mediantime: chain.uint32("mediantime"),
      verificationprogress: chain.double("verificationprogress"),
      initialblockdownload: chain.bool("initialblockdownload"),
      chainwork: decimalWork(chain, note),
      sizeOnDisk: chain.unsigned("size_on_disk"),
      pruned: chain.bool("pruned"),
      pruneHeight: chain.uint32("pruneheight"),
      pruneTargetSize: chain.unsigned("prune_target_size"),
      // One text up to Core 27.
      warnings: chain.oneOrMoreTexts("warnings"),
    },
  };
}

function chainName(name: string): string {
  return Object.hasOwn(CHAIN_NAMES, name) ? CHAIN_NAMES[name]! : name;
}

/** The node prints 256 bits in hex, the Rust tools write them in decimal. */
function decimalWork(chain: Fields, note: Note): string {
  const hex = chain.text("chainwork");
  if (/^[0-9a-f]{1,64}$/i.test(hex)) return BigInt(`0x${hex}`).toString();
  if (hex !== "") note("chainwork");
  return "";
}
