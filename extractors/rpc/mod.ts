/**
 * Polls a node's RPC interface and emits each answer as an event: what the node says about its peers, its mempool,
 * its address manager, its chain.
 *
 * ```sh
 * deno task rpc --rpc.cookie-file ~/.bitcoin/.cookie
 * ```
 *
 * @module
 */

import { component, type Permissions } from "../../runtime/component.ts";
import { address, integer, list, path, secret, text } from "../../runtime/options.ts";
import { reasonOf } from "../../runtime/reason.ts";
import { type Call, CALLS } from "./calls.ts";
import { RpcClient } from "./client.ts";
import { credentialFiles, Credentials, credentialsProblem } from "./credentials.ts";
import { CallMetrics } from "./metrics.ts";
import { serveMetrics } from "./metrics_server.ts";
import { checkCallName, hostAndPort, nodeUrl } from "./option_types.ts";
import { poll } from "./poll.ts";

const DURATION = { min: 100, max: 86_400_000 };

/** The rpc extractor. */
export default component({
  summary: "Polls a node's RPC interface and emits each answer",
  example: "rpc --rpc.cookie-file ~/.bitcoin/.cookie",
  options: {
    url: nodeUrl("Address of the node's RPC interface: http://HOST:PORT, https://HOST:PORT or HOST:PORT"),
    cookieFile: path("The node's cookie file; not read when a user is named", "~/.bitcoin/.cookie"),
    user: text("Name of an RPC user, see rpcauth in bitcoin.conf"),
    password: secret("Password of the RPC user; wins over the password file"),
    passwordFile: path("File that holds the password; white space around it is cut"),
    tlsCa: path("Certificate of the authority that signed the certificate of an https address"),
    intervalMs: integer("Milliseconds between two rounds of the frequent calls", 10_000, DURATION),
    slowIntervalMs: integer("Milliseconds between two rounds of the slow calls", 120_000, DURATION),
    timeoutMs: integer("Milliseconds a call may take", 30_000, DURATION),
    disable: list("RPCs that are not called", [], { placeholder: "RPC,RPC,…", check: checkCallName }),
    prometheusAddress: address("Where to serve the extractor's own metrics, such as 127.0.0.1:8284"),
  },
  check(options) {
    const problem = credentialsProblem(options);
    return problem === undefined ? [] : [problem];
  },
  async missing({ user, cookieFile }) {
    if (user !== undefined) return undefined;
    try {
      await Deno.stat(cookieFile);
      return undefined;
    } catch {
      return `there is no RPC cookie "${cookieFile}": start the node with server=1, or set --rpc.cookie-file or --rpc.user`;
    }
  },
  permissions(options): Permissions {
    const { url, prometheusAddress, tlsCa } = options;
    return {
      net: [hostAndPort(url), prometheusAddress].filter((host) => host !== undefined),
      read: [...credentialFiles(options), tlsCa].filter((file) => file !== undefined),
    };
  },
  async run(context) {
    const { options } = context;
    const metrics = new CallMetrics();
    await using _served = serveMetrics(options.prometheusAddress, metrics);
    using client = new RpcClient({
      url: new URL(options.url),
      credentials: new Credentials(options),
      timeoutMs: options.timeoutMs,
      caCert: options.tlsCa === undefined ? undefined : await readCertificate(options.tlsCa),
    });
    const calls = new Map<string, Call>(Object.entries(CALLS));
    for (const name of options.disable) calls.delete(name);
    const { intervalMs, slowIntervalMs } = options;
    await poll({ calls, client, metrics, context, intervalMs, slowIntervalMs });
  },
});

async function readCertificate(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (cause) {
    throw new TypeError(
      `Cannot read certificate "${file}": ${reasonOf(cause)}`,
      { cause },
    );
  }
}
