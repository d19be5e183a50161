import { recorded, type RecordedNode } from "./_recorded.ts";

/** A call as the fake node received it. */
export interface ReceivedCall {
  /** Name of the RPC. */
  readonly method: string;
  /** Its parameters. */
  readonly params: readonly unknown[];
  /** What the answer has to repeat. */
  readonly id: string;
}

/** Answers a call in whatever way a test wants. */
export type Reply = (call: ReceivedCall, request: Request) => Response | Promise<Response>;

/** A result as Core sends it. */
export function result(value: unknown): Reply {
  return ({ id }) => Response.json({ result: value, error: null, id });
}

/** An error as Core sends it. */
export function rpcError(code: number, message: string, status = 500): Reply {
  return ({ id }) => Response.json({ result: null, error: { code, message }, id }, { status });
}

/** A text that need not be JSON. */
export function raw(body: BodyInit | null, init: ResponseInit = {}): Reply {
  return () => new Response(body, init);
}

/** An RPC interface that does what a test wants, and what a recorded node answered otherwise. */
export class FakeNode implements AsyncDisposable {
  /** Every call since the start. */
  readonly calls: ReceivedCall[] = [];
  /** Ports of the clients that connected: one for each connection. */
  readonly connections = new Set<number>();
  /** Answers that differ from the recorded ones, by method; `*` for all. */
  readonly replies = new Map<string, Reply>();
  /** Most calls that were waiting for an answer at the same time. */
  mostAtOnce = 0;
  /** `user:password` that is let in; everybody is when it is undefined. */
  cookie: string | undefined;
  readonly #recorded: RecordedNode;
  #server: Deno.HttpServer<Deno.NetAddr> | undefined;
  #stop = new AbortController();
  #port = 0;
  #atOnce = 0;

  /** A node that answers like one of the recorded. */
  constructor(recorded: RecordedNode = "core31") {
    this.#recorded = recorded;
    this.start();
  }

  /** Where it listens. */
  get url(): URL {
    return new URL(`http://127.0.0.1:${this.#port}/`);
  }

  /** Names of the RPCs that were called, in order. */
  get methods(): string[] {
    return this.calls.map(({ method }) => method);
  }

  /** A reply that does not come before the node is stopped. */
  readonly silence: Reply = () => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    this.#stop.signal.addEventListener("abort", () => resolve(new Response()), { once: true });
    return promise;
  };

  /** Listens, again on the same port. */
  start(): void {
    this.#stop = new AbortController();
    this.#server = Deno.serve({
      hostname: "127.0.0.1",
      port: this.#port,
      signal: this.#stop.signal,
      onListen: () => {},
      onError: () => new Response(null, { status: 500 }),
    }, (request, { remoteAddr }) => this.#answer(request, remoteAddr.port));
    this.#port = this.#server.addr.port;
  }

  /** Cuts every connection and listens no more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#server?.finished;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #answer(request: Request, port: number): Promise<Response> {
    this.connections.add(port);
    if (this.cookie !== undefined && request.headers.get("authorization") !== `Basic ${btoa(this.cookie)}`) {
      await request.body?.cancel();
      this.calls.push({ method: "(401)", params: [], id: "" });
      return new Response(null, { status: 401 });
    }
    const call: ReceivedCall = await request.json();
    this.calls.push(call);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce);
    try {
      return await this.#reply(call, request);
    } finally {
      this.#atOnce--;
    }
  }

  #reply(call: ReceivedCall, request: Request): Response | Promise<Response> {
    const reply = this.replies.get(call.method) ?? this.replies.get("*") ??
      result(recorded(this.#recorded, call.method));
    return reply(call, request);
  }
}
