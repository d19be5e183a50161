/**
 * The chains a node can be on: what bitcoin.conf calls them, where their files are, their ports.
 *
 * @module
 */

/** A chain. */
export interface Chain {
  /** As in `chain=` and in the node's answers. */
  readonly name: string;
  /** Its folder in the data directory; empty for the main chain, whose files lie there directly. */
  readonly folder: string;
  /** Port of the RPC interface, unless `rpcport=` says otherwise. */
  readonly rpcPort: number;
  /** Port for other nodes, unless `port=` says otherwise. */
  readonly p2pPort: number;
  /** What `--p2p.network` calls it. */
  readonly network: string;
}

/** All chains, the most important first. */
export const CHAINS: readonly Chain[] = [
  { name: "main", folder: "", rpcPort: 8332, p2pPort: 8333, network: "mainnet" },
  { name: "test", folder: "testnet3", rpcPort: 18332, p2pPort: 18333, network: "testnet3" },
  { name: "testnet4", folder: "testnet4", rpcPort: 48332, p2pPort: 48333, network: "testnet4" },
  { name: "signet", folder: "signet", rpcPort: 38332, p2pPort: 38333, network: "signet" },
  { name: "regtest", folder: "regtest", rpcPort: 18443, p2pPort: 18444, network: "regtest" },
];

/** The main chain. */
export const MAIN = CHAINS[0]!;

/** The chain of a name, or of a folder in a data directory. */
export function chainOf(word: string): Chain | undefined {
  return CHAINS.find(({ name, folder }) => word === name || word !== "" && word === folder);
}
