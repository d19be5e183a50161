/**
 * HTTP/1.1 as far as JSON needs it: POST to one address on one kept-alive connection, with or without TLS.
 *
 * Neither of the runtime's own clients will do. `fetch` sends plain HTTP, password and all, to the proxy that
 * `HTTP_PROXY` names, and cannot be told not to: with a `tcp` transport in its place it writes the whole URL into the
 * request line, which Bitcoin Core answers with 404. `node:http` (Deno 2.9.6) does not end a request on a reused
 * connection when its signal is aborted, and wants `--allow-sys=ca` for TLS.
 *
 * @module
 */

/** Where requests go. */
export interface HttpOptions {
  /** The address, `http:` or `https:`. */
  url: URL;
  /** PEM of an authority to trust besides the usual ones. */
  caCert?: string | undefined;
  /** Connects in another way, such as through a proxy; encryption is its business, too. */
  connect?(signal: AbortSignal): Promise<Deno.Conn>;
}

/** A request. */
export interface HttpRequest {
  /** What is done; `POST` by default. */
  method?: "GET" | "POST";
  /** Headers, besides those that HTTP itself wants. */
  headers: Readonly<Record<string, string>>;
  /** The body. */
  body: string | Uint8Array;
  /** Where to, instead of the path of the client's address. */
  path?: string;
  /** The largest body of an answer that is taken. */
  maxBytes: number;
  /** Aborted = close the connection and reject. */
  signal: AbortSignal;
}

/** An answer. */
export interface HttpAnswer {
  /** The status code. */
  readonly status: number;
  /** The whole body. */
  readonly text: string;
}

/** More came than is taken. */
export class TooLarge extends Error {}

const MAX_HEAD_BYTES = 16 * 1024;
const READ_BYTES = 64 * 1024;

/** Sends one request at a time; whatever goes wrong with one closes its connection. */
export class HttpClient implements Disposable {
  readonly #options: HttpOptions;
  #connection: Connection | undefined;

  /** A client; nothing is connected before the first request. */
  constructor(options: HttpOptions) {
    this.#options = options;
  }

  /** Sends a request and reads the whole answer; rejects when the connection fails or the signal is aborted. */
  async post(request: HttpRequest): Promise<HttpAnswer> {
    request.signal.throwIfAborted();
    const kept = this.#connection;
    try {
      return await this.#exchange(request);
    } catch (error) {
      request.signal.throwIfAborted();
      // Core closes a connection that was idle for 30 s (-rpcservertimeout), perhaps just as we write to it.
      if (kept === undefined || kept.answered) throw error;
      return await this.#exchange(request);
    }
  }

  [Symbol.dispose](): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #exchange(request: HttpRequest): Promise<HttpAnswer> {
    const { signal } = request;
    const abort = () => this[Symbol.dispose]();
    signal.addEventListener("abort", abort, { once: true });
    let reusable = false;
    try {
      const { connect = (signal) => connectTo(this.#options, signal) } = this.#options;
      this.#connection ??= new Connection(await connect(signal));
      signal.throwIfAborted();
      await this.#connection.send(requestBytes(this.#options.url, request));
      const { answer, keepAlive } = await this.#connection.receive(request.maxBytes);
      reusable = keepAlive;
      return answer;
    } finally {
      signal.removeEventListener("abort", abort);
      if (!reusable) this[Symbol.dispose]();
    }
  }
}

async function connectTo({ url, caCert }: HttpOptions, signal: AbortSignal): Promise<Deno.Conn> {
  const secure = url.protocol === "https:";
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const connection = await Deno.connect({ hostname, port: Number(url.port || (secure ? 443 : 80)), signal });
  if (!secure) return connection;
  return await Deno.startTls(connection, { hostname, caCerts: caCert === undefined ? [] : [caCert] });
}

function requestBytes(
  { host, pathname, search }: URL,
  { method = "POST", headers, body, path }: HttpRequest,
): Uint8Array {
  const encoder = new TextEncoder();
  const content = typeof body === "string" ? encoder.encode(body) : body;
  const all = { host, ...headers, "content-length": content.length };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = encoder.encode(`${method} ${path ?? pathname + search} HTTP/1.1\r\n${lines.join("")}\r\n`);
  const bytes = new Uint8Array(head.length + content.length);
  bytes.set(head);
  bytes.set(content, head.length);
  return bytes;
}

/** A connection with what was read from it and not used yet. */
class Connection {
  readonly #connection: Deno.Conn;
  readonly #buffer = new Uint8Array(READ_BYTES);
  #from = 0;
  #to = 0;
  /** Whether anything came since the last request. */
  answered = false;

  constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  async send(bytes: Uint8Array): Promise<void> {
    this.answered = false;
    for (let sent = 0; sent < bytes.length;) sent += await this.#connection.write(bytes.subarray(sent));
  }

  async receive(maxBytes: number): Promise<{ answer: HttpAnswer; keepAlive: boolean }> {
    const { status, headers, version } = await this.#head();
    const text = new LimitedText(maxBytes);
    const framing = headers.get("transfer-encoding")?.toLowerCase();
    const length = headers.get("content-length");
    if (framing === "chunked") await this.#chunks(text);
    else if (framing !== undefined) throw new Error(`an unknown transfer encoding "${framing}"`);
    else if (length !== undefined) await this.#bytes(size(length, 10), text);
    else await this.#rest(text);
    const kept = version === "1.1" && headers.get("connection")?.toLowerCase() !== "close";
    const ended = framing !== undefined || length !== undefined;
    // Bytes that nobody asked for would be taken for the next answer.
    return { answer: { status, text: text.finish() }, keepAlive: kept && ended && this.#from === this.#to };
  }

  close(): void {
    try {
      this.#connection.close();
    } catch (error) {
      // The signal of the connecting call may have closed it before us.
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  async #head(): Promise<{ status: number; headers: Map<string, string>; version: string }> {
    let left = MAX_HEAD_BYTES;
    const line = async () => {
      const text = await this.#line(left);
      left -= text.length + 1;
      return text;
    };
    const first = await line();
    const match = /^HTTP\/(1\.[01]) (\d{3})(?: |$)/.exec(first);
    if (match === null) throw new Error("something that is not HTTP");
    const headers = new Map<string, string>();
    for (let text = await line(); text !== ""; text = await line()) {
      const colon = text.indexOf(":");
      headers.set(text.slice(0, colon).toLowerCase(), text.slice(colon + 1).trim());
    }
    return { status: Number(match[2]), headers, version: match[1]! };
  }

  /** The next line without its end. */
  async #line(maxBytes: number): Promise<string> {
    let line = "";
    for (;;) {
      const available = await this.#available();
      const end = available.indexOf(10);
      const part = end < 0 ? available : available.subarray(0, end);
      if (line.length + part.length > maxBytes) throw new Error("a head that does not end");
      for (const byte of part) line += String.fromCharCode(byte);
      this.#from += part.length + (end < 0 ? 0 : 1);
      if (end >= 0) return line.endsWith("\r") ? line.slice(0, -1) : line;
    }
  }

  async #chunks(text: LimitedText): Promise<void> {
    for (;;) {
      const [digits = ""] = (await this.#line(MAX_HEAD_BYTES)).split(";");
      const length = size(digits.trim(), 16);
      if (length === 0) break;
      await this.#bytes(length, text);
      if (await this.#line(2) !== "") throw new Error("a chunk of another length than announced");
    }
    while (await this.#line(MAX_HEAD_BYTES) !== "");
  }

  async #bytes(length: number, text: LimitedText): Promise<void> {
    text.announce(length);
    for (let left = length; left > 0;) {
      const available = (await this.#available()).subarray(0, left);
      text.push(available);
      this.#from += available.length;
      left -= available.length;
    }
  }

  async #rest(text: LimitedText): Promise<void> {
    while (await this.#fill()) {
      text.push(this.#buffer.subarray(this.#from, this.#to));
      this.#from = this.#to;
    }
  }

  async #available(): Promise<Uint8Array> {
    if (!await this.#fill()) throw new Error("the connection was closed");
    return this.#buffer.subarray(this.#from, this.#to);
  }

  /** Reads unless there is something left; false at the end. */
  async #fill(): Promise<boolean> {
    if (this.#from < this.#to) return true;
    const count = await this.#connection.read(this.#buffer);
    this.#from = 0;
    this.#to = count ?? 0;
    if (count !== null) this.answered = true;
    return count !== null;
  }
}

/** Collects a text up to a number of bytes. */
class LimitedText {
  readonly #maxBytes: number;
  readonly #decoder = new TextDecoder();
  readonly #parts: string[] = [];
  #size = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Refuses a length before anything of it is read. */
  announce(length: number): void {
    if (this.#size + length <= this.#maxBytes) return;
    throw new TooLarge(`the answer has more than ${this.#maxBytes} bytes`);
  }

  push(bytes: Uint8Array): void {
    this.announce(bytes.length);
    this.#size += bytes.length;
    this.#parts.push(this.#decoder.decode(bytes, { stream: true }));
  }

  finish(): string {
    return this.#parts.join("") + this.#decoder.decode();
  }
}

function size(digits: string, radix: 10 | 16): number {
  const pattern = radix === 10 ? /^\d{1,15}$/ : /^[0-9a-f]{1,12}$/i;
  if (!pattern.test(digits)) throw new Error(`a length of "${digits.slice(0, 20)}"`);
  return parseInt(digits, radix);
}
