import { isLoopback, NATS, openBus } from "../../runtime/common_options.ts";
import type { Values } from "../../runtime/options.ts";
import type { Check } from "../../runtime/preset.ts";
import { fine, messageOf, type Sight, wrong } from "./check.ts";

const CONNECT_MS = 5000;

/** Whether events get where they should, unread by others. */
export async function checkBus({ values }: Sight): Promise<Check[]> {
  const url = values[""]?.["bus"] as string | undefined ?? "memory";
  if (url === "memory") return [fine("bus", "in this process, no server needed")];
  const failed = new AbortController();
  let why: string | undefined;
  const fail = (message: string) => {
    why ??= message.replace("; trying again", "");
    // It would try for ever.
    failed.abort();
  };
  try {
    const signal = AbortSignal.any([failed.signal, AbortSignal.timeout(CONNECT_MS)]);
    const log = { error: fail, warn: fail, info: () => {}, debug: () => {} };
    await using _bus = await openBus(url, values["nats"] as Values<typeof NATS>, { log, signal });
  } catch (error) {
    return [wrong("fault", "bus", why ?? messageOf(error), {
      advice: "Start the NATS server, correct --bus and --nats.…, or leave out --bus",
    })];
  }
  const open = url.split(",").find((server) => {
    const { protocol, hostname } = URL.parse(server.trim()) ?? { protocol: "", hostname: "" };
    return protocol === "nats:" && !isLoopback(hostname);
  });
  const tls = values["nats"]?.["tlsCa"] !== undefined || values["nats"]?.["tlsCert"] !== undefined;
  if (open !== undefined && !tls) {
    return [wrong("fault", "bus", `events travel to ${open} in the clear`, {
      advice: "Use tls://, or a tunnel such as WireGuard to 127.0.0.1",
    })];
  }
  return [fine("bus", `the NATS server at ${url} lets us in`)];
}
