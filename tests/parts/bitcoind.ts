/**
 * A real Bitcoin node on regtest, alone in a folder and on ports of its own.
 *
 * @module
 */
import { join } from "@std/path";
import { requirePart } from "./part.ts";
import { type Process, startProcess } from "./process.ts";
import { freePort, until } from "./until.ts";

export interface BitcoindOptions {
  /** More arguments, as on the command line: `["-debug=net", "-txindex"]`. */
  readonly args?: readonly string[];
}

/** Somebody else may take a free port between our look and the node's bind. */
const PORT_ATTEMPTS = 5;

/** What it says then, of the P2P port and of the RPC port. */
const PORT_TAKEN = /Unable to bind|Failed to listen|Unable to start HTTP server/i;

/** An RPC that the node refused. */
export class RpcError extends Error {
  constructor(readonly method: string, readonly code: number, message: string) {
    super(`Cannot call "${method}": ${message} (code ${code})`);
    this.name = "RpcError";
  }
}

/**
 * Starts a node and waits until its RPC interface answers. It has no peers and will find none.
 *
 * @example Usage
 * ```ts ignore
 * await using node = await startBitcoind({ args: ["-txindex"] });
 * await using other = await startBitcoind();
 * await node.connect(other);
 * await node.generate(101);
 * ```
 */
export async function startBitcoind(options: BitcoindOptions = {}): Promise<Bitcoind> {
  const datadir = await Deno.makeTempDir({ prefix: "waggle-bitcoind-" });
  try {
    for (let attempt = 1;; attempt++) {
      const node = new Bitcoind(datadir, options);
      try {
        await node.start();
        return node;
      } catch (error) {
        const portTaken = error instanceof Error && PORT_TAKEN.test(error.message);
        if (!portTaken || attempt === PORT_ATTEMPTS) throw error;
      }
    }
  } catch (error) {
    await Deno.remove(datadir, { recursive: true });
    throw error;
  }
}

export class Bitcoind implements AsyncDisposable {
  readonly p2pPort = freePort();
  readonly rpcPort = freePort();
  /** The regtest folder's parent, as given to `-datadir`. */
  readonly datadir: string;
  readonly cookieFile: string;
  /** The path of debug.log. */
  readonly debugLog: string;
  readonly #args: readonly string[];
  #process: Process | undefined;
  #removed = false;

  /** @internal Use {@linkcode startBitcoind}. */
  constructor(datadir: string, { args = [] }: BitcoindOptions) {
    this.datadir = datadir;
    this.cookieFile = join(datadir, "regtest", ".cookie");
    this.debugLog = join(datadir, "regtest", "debug.log");
    this.#args = args;
  }

  get pid(): number {
    return this.#running().pid;
  }

  get rpcUrl(): string {
    return `http://127.0.0.1:${this.rpcPort}`;
  }

  /** Starts the node again after {@linkcode stop}: same folder, same ports. */
  async start(): Promise<void> {
    this.#process = startProcess(requirePart("bitcoind"), { args: this.#commandLine(), name: "bitcoind" });
    try {
      const answers = () => this.rpc("getblockcount").then(() => true);
      await this.#process.until("its RPC interface to answer", answers);
    } catch (error) {
      await this.#process.stop();
      throw error;
    }
  }

  /** Stops the node as an operator would and waits until it has written everything. */
  async stop(): Promise<void> {
    if (!this.#process?.running) return;
    await this.rpc("stop").catch(() => this.#process?.kill("SIGTERM")); // not listening yet, or not any more
    const timer = setTimeout(() => this.#process?.kill("SIGKILL"), 60_000);
    await this.#process.status;
    clearTimeout(timer);
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Kills the node without letting it write anything. */
  async kill(): Promise<void> {
    await this.#running().stop({ signal: "SIGKILL" });
  }

  /**
   * Calls an RPC with the cookie.
   *
   * @throws {RpcError} If the node refuses it.
   */
  // deno-lint-ignore no-explicit-any -- the shape of an answer is the caller's knowledge
  async rpc<T = any>(method: string, ...params: unknown[]): Promise<T> {
    const cookie = await Deno.readTextFile(this.cookieFile);
    const response = await fetch(this.rpcUrl, {
      method: "POST",
      headers: { authorization: `Basic ${btoa(cookie)}`, connection: "close" },
      body: JSON.stringify({ jsonrpc: "1.0", id: method, method, params }),
    });
    const text = await response.text();
    if (response.status === 401) {
      throw new RpcError(method, 401, `the cookie in "${this.cookieFile}" was refused`);
    }
    const { result, error } = JSON.parse(text);
    if (error) throw new RpcError(method, error.code, error.message);
    return result;
  }

  /** Opens an outbound connection to another node and waits until both have finished the handshake. */
  async connect(other: { readonly p2pPort: number }, { v2 = true } = {}): Promise<void> {
    const address = `127.0.0.1:${other.p2pPort}`;
    await this.rpc("addnode", address, "onetry", v2);
    await until(`the handshake with ${address}`, async () => {
      const peers = await this.rpc<{ addr: string; version: number; bytesrecv_per_msg: object }[]>(
        "getpeerinfo",
      );
      return peers.some((peer) => peer.addr === address && "verack" in peer.bytesrecv_per_msg);
    });
  }

  /** Mines blocks; their coins go to `address`, or to nobody in particular. Returns the hashes. */
  async generate(blocks = 1, address?: string): Promise<string[]> {
    if (address) return await this.rpc("generatetoaddress", blocks, address);
    return await this.rpc("generatetodescriptor", blocks, "raw(51)"); // OP_TRUE: needs no wallet
  }

  /**
   * Waits until another node has our best block and takes transactions: what is announced to a node that still
   * catches up is lost to it for minutes.
   */
  async waitForSync(other: Bitcoind): Promise<void> {
    const tip = await this.rpc("getbestblockhash");
    await until("the other node to catch up", async () => {
      const { bestblockhash, initialblockdownload } = await other.rpc("getblockchaininfo");
      return bestblockhash === tip && !initialblockdownload;
    });
  }

  /** A transaction, in hex, that moves the first output of one which needs no signature to another such output. */
  async spend(txid: string, bitcoin: string): Promise<string> {
    return await this.rpc("createrawtransaction", [{ txid, vout: 0 }], [{
      // The address of OP_TRUE behind a witness, on regtest.
      bcrt1qft5p2uhsdcdc3l2ua4ap5qqfg4pjaqlp250x7us7a8qqhrxrxfsqseac85: bitcoin,
    }]);
  }

  /** Sends a transaction that spends the coins of a mature block; its hex. */
  async spendCoins(block: string): Promise<string> {
    const { tx: [coinbase] } = await this.rpc<{ tx: [string] }>("getblock", block);
    const hex = await this.spend(coinbase, "49.9999");
    await this.rpc("sendrawtransaction", hex);
    return hex;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    if (this.#removed) return;
    this.#removed = true;
    await Deno.remove(this.datadir, { recursive: true });
  }

  #running(): Process {
    if (this.#process?.running) return this.#process;
    throw new Error(`Cannot use the node in "${this.datadir}": it is stopped, call start()`);
  }

  #commandLine(): string[] {
    return [
      "-regtest",
      `-datadir=${this.datadir}`,
      "-server",
      "-printtoconsole=0",
      `-bind=127.0.0.1:${this.p2pPort}`,
      "-rpcbind=127.0.0.1",
      "-rpcallowip=127.0.0.1",
      `-rpcport=${this.rpcPort}`,
      // No packet leaves the loopback interface: nobody to ask, nothing to announce, no router to talk to.
      ...["listenonion", "dnsseed", "fixedseeds", "discover", "natpmp", "upnp"].map((name) => `-${name}=0`),
      "-fallbackfee=0.0001",
      "-dbcache=8",
      "-par=1",
      ...this.#args,
    ];
  }
}
