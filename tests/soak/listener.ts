/**
 * In a browser's place: a client of the websocket tool that wants everything.
 *
 * @module
 */

const EVERYTHING = {
  ebpf: { messages: true, connections: true, mempool: true, validation: true, addrman: true },
  ...{ rpc: true, p2p: true, log: true, ipc: true, envelope: true },
};

/** Counts what it is told. */
export class Listener implements Disposable {
  events = 0;
  /** As the tool says. */
  dropped = 0;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      this.events++;
      this.dropped = Number(/"dropped":(\d+)/.exec(data.slice(0, 200))?.[1] ?? 0);
    };
  }

  /** Connects, and asks for everything. */
  static async connect(address: string): Promise<Listener> {
    const socket = new WebSocket(`ws://${address}`);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error(`Cannot connect to the websocket tool at ${address}`));
    });
    socket.onerror = (event) => event.preventDefault();
    const listener = new Listener(socket);
    socket.send(JSON.stringify(EVERYTHING));
    // It reads one after the other, so it has read this before it answers that.
    await (await fetch(`http://${address}/`)).text();
    return listener;
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}
