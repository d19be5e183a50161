/**
 * Real nodes with something to do: a node that is watched, one that mines and pays, and one that comes and goes.
 *
 * @module
 */

import { type Bitcoind, startBitcoind } from "../parts/bitcoind.ts";
import { until } from "../parts/until.ts";

/** Transactions are announced at once, not after a wait of seconds. */
const AT_ONCE = "-whitelist=noban,in,out@127.0.0.1";
const DEBUG = ["-debug=net", "-debug=mempool", "-debug=validation", "-debug=cmpctblock", "-debug=bench"];
/** Of so many blocks are the coins, which can be spent a hundred blocks later. */
const COINS = 30;
const MATURITY = 100;
const STEP_MS = 500;

/** How often things happen, in steps of half a second. */
export interface Rhythm {
  readonly block: number;
  readonly visit: number;
}

/** Three nodes on one chain. */
export class Nodes implements AsyncDisposable {
  /** Since everything listened. */
  blocks = 0;
  transactions = 0;
  visits = 0;
  readonly watched: Bitcoind;
  readonly miner: Bitcoind;
  readonly visitor: Bitcoind;
  readonly #resources: AsyncDisposableStack;
  readonly #address: string;

  private constructor(nodes: readonly Bitcoind[], address: string, resources: AsyncDisposableStack) {
    [this.watched, this.miner, this.visitor] = nodes as [Bitcoind, Bitcoind, Bitcoind];
    this.#address = address;
    this.#resources = resources;
  }

  /** Starts them, and mines coins to spend. */
  static async start(): Promise<Nodes> {
    await using resources = new AsyncDisposableStack();
    const args = [[...DEBUG, "-logtimemicros", "-logthreadnames"], ["-addresstype=bech32"], []];
    const nodes = await Promise.all(
      args.map(async (more) => resources.use(await startBitcoind({ args: [AT_ONCE, ...more] }))),
    );
    const [watched, miner, visitor] = nodes as [Bitcoind, Bitcoind, Bitcoind];
    await miner.rpc("createwallet", "soak");
    const address = await miner.rpc<string>("getnewaddress");
    await miner.generate(COINS, address);
    await miner.generate(MATURITY);
    await miner.connect(watched);
    await miner.connect(visitor);
    await Promise.all([miner.waitForSync(watched), miner.waitForSync(visitor)]);
    return new Nodes(nodes, address, resources.move());
  }

  /**
   * Pays, mines and visits until the signal is aborted. `areAnnounced` is asked before each block: what a block holds is
   * announced to nobody any more.
   */
  async work(
    { block, visit }: Rhythm,
    areAnnounced: () => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<void> {
    for (let step = 1; !signal.aborted; step++) {
      const pause = new Promise((resolve) => setTimeout(resolve, STEP_MS));
      await this.miner.rpc("sendtoaddress", this.#address, 0.01);
      this.transactions++;
      if (step % visit === 0) await this.#visit();
      if (step % block === 0) {
        await until("all transactions to be announced", areAnnounced, { signal });
        await this.#mine(this.blocks % 2 === 0 ? this.miner : this.watched);
      }
      await pause;
    }
  }

  async height(): Promise<number> {
    return await this.watched.rpc("getblockcount");
  }

  async #mine(node: Bitcoind): Promise<void> {
    await node.generate(1, this.#address);
    this.blocks++;
    await node.waitForSync(node === this.miner ? this.watched : this.miner);
  }

  /** Comes, or goes. */
  async #visit(): Promise<void> {
    this.visits++;
    if (this.visits % 2 === 1) return await this.visitor.connect(this.watched);
    await this.visitor.rpc("disconnectnode", `127.0.0.1:${this.watched.p2pPort}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }
}
