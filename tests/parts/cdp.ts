/**
 * The Chrome DevTools Protocol over a WebSocket: as much of it as tests need.
 *
 * @module
 */

// deno-lint-ignore no-explicit-any -- the protocol has hundreds of shapes; callers pick the fields they know
export type CdpValue = any;

type Listener = (params: CdpValue) => void;

interface Pending {
  readonly method: string;
  resolve(result: CdpValue): void;
  reject(error: Error): void;
}

/** A connection to a browser; one session per page shares it. */
export class CdpConnection implements AsyncDisposable {
  readonly #socket: WebSocket;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Map<string, Listener>();
  readonly #closed = Promise.withResolvers<void>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = () => {
      for (const { method, reject } of this.#pending.values()) reject(closed(method));
      this.#pending.clear();
      this.#closed.resolve();
    };
  }

  static async open(url: string): Promise<CdpConnection> {
    const socket = new WebSocket(url);
    const connection = new CdpConnection(socket);
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error(`Cannot connect to the browser at "${url}"`));
    });
    // The browser may go away without a closing handshake; onclose follows and tells whoever waits.
    socket.onerror = (event) => event.preventDefault();
    return connection;
  }

  /** Calls a method, of the browser or of one session. */
  send(method: string, params: object = {}, sessionId?: string): Promise<CdpValue> {
    if (this.#socket.readyState !== WebSocket.OPEN) return Promise.reject(closed(method));
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<CdpValue>();
    this.#pending.set(id, { method, resolve, reject });
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    return promise;
  }

  /** Calls `listener` for each event of that name in that session. */
  on(sessionId: string, event: string, listener: Listener): void {
    this.#listeners.set(`${sessionId} ${event}`, listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#closed.promise;
  }

  #receive({ id, result, error, sessionId, method, params }: CdpValue): void {
    if (id === undefined) return this.#listeners.get(`${sessionId} ${method}`)?.(params);
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (error) pending?.reject(new Error(`Cannot call "${pending.method}": ${error.message}`));
    else pending?.resolve(result);
  }
}

function closed(method: string): Error {
  return new Error(`Cannot call "${method}": the connection to the browser is closed`);
}
