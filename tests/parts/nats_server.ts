/**
 * A real NATS server on a loopback port of its own.
 *
 * @module
 */
import { join } from "@std/path";
import { makeCertificate } from "./certificate.ts";
import { requirePart } from "./part.ts";
import { type Process, startProcess } from "./process.ts";

export interface NatsServerOptions {
  readonly user?: string;
  readonly password?: string;
  /** Serve TLS with a certificate made for this server; trust {@linkcode NatsServer.caFile}. */
  readonly tls?: boolean;
  /** The largest message accepted; 5 MiB by default, since a block is up to 4 MB. */
  readonly maxPayload?: number;
  /** Keep streams in a folder that lives as long as this object, restarts included. */
  readonly jetstream?: boolean;
  /** More of a configuration file: `authorization { … }`, `accounts { … }`, `operator: …`. */
  readonly config?: string;
}

/**
 * Starts a server and waits until it accepts clients.
 *
 * @example Usage
 * ```ts ignore
 * await using nats = await startNatsServer({ user: "waggle", password: "secret" });
 * const connection = await connect({ servers: nats.url, user: "waggle", pass: "secret" });
 * ```
 */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const folder = await Deno.makeTempDir({ prefix: "waggle-nats-" });
  try {
    const caFile = options.tls ? (await makeCertificate(folder)).certFile : undefined;
    const server = new NatsServer(folder, caFile, options);
    await server.start();
    return server;
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    throw error;
  }
}

export class NatsServer implements AsyncDisposable {
  /** The certificate to trust, with `tls`. */
  readonly caFile: string | undefined;
  readonly #folder: string;
  readonly #options: NatsServerOptions;
  #process: Process | undefined;
  #removed = false;
  // -1: the server takes a free port and says which; kept from then on, so that clients find it again.
  #port = -1;
  #monitorPort = -1;

  /** @internal Use {@linkcode startNatsServer}. */
  constructor(folder: string, caFile: string | undefined, options: NatsServerOptions) {
    this.#folder = folder;
    this.caFile = caFile;
    this.#options = options;
  }

  get port(): number {
    return this.#port;
  }

  /** What clients connect to; without user and password. */
  get url(): string {
    return `${this.#options.tls ? "tls" : "nats"}://127.0.0.1:${this.#port}`;
  }

  /** The server's own HTTP interface: `/varz`, `/connz`, `/jsz`. */
  get monitorUrl(): string {
    return `http://127.0.0.1:${this.#monitorPort}`;
  }

  get pid(): number {
    if (this.#process?.running) return this.#process.pid;
    throw new Error("Cannot tell the server's process: it is stopped, call start()");
  }

  /** What the server logged since it was last started. */
  get output(): string {
    return this.#process?.output ?? "";
  }

  /** Starts the server again after {@linkcode stop}: same port, same streams. */
  async start(): Promise<void> {
    const file = join(this.#folder, "nats.conf");
    await Deno.writeTextFile(file, this.#config());
    this.#process = startProcess(requirePart("nats-server"), { args: ["-c", file], name: "nats-server" });
    try {
      await this.#process.waitForLine(/Server is ready/);
      const ports = await this.#process.until("its ports file", () => this.#readPorts());
      this.#port = portOf(ports.nats) ?? this.#port;
      this.#monitorPort = portOf(ports.monitoring) ?? this.#monitorPort;
    } catch (error) {
      await this.#process.stop();
      throw error;
    }
  }

  /** Stops the server; clients lose their connection. */
  async stop(): Promise<void> {
    await this.#process?.stop();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Kills the server without letting it say good-bye. */
  async kill(): Promise<void> {
    await this.#process?.stop({ signal: "SIGKILL" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    if (this.#removed) return;
    this.#removed = true;
    await Deno.remove(this.#folder, { recursive: true });
  }

  #config(): string {
    const { user, password = "", tls, maxPayload = 5 * 1024 * 1024, jetstream, config = "" } = this.#options;
    const folder = this.#folder;
    return [
      `listen: "127.0.0.1:${this.#port}"`,
      `http: "127.0.0.1:${this.#monitorPort}"`,
      `ports_file_dir: "${folder}"`,
      `max_payload: ${maxPayload}`,
      user && `authorization { user: ${JSON.stringify(user)}, password: ${JSON.stringify(password)} }`,
      tls && `tls { cert_file: "${folder}/cert.pem", key_file: "${folder}/key.pem" }`,
      jetstream && `jetstream { store_dir: "${folder}/jetstream", sync_interval: always }`,
      config,
    ].filter(Boolean).join("\n");
  }

  async #readPorts(): Promise<{ nats?: string[]; monitoring?: string[] }> {
    return JSON.parse(await Deno.readTextFile(join(this.#folder, `nats-server_${this.#process?.pid}.ports`)));
  }
}

function portOf(urls: readonly string[] = []): number | undefined {
  const port = urls[0]?.match(/:(\d+)$/)?.[1];
  return port === undefined ? undefined : Number(port);
}
