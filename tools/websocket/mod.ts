/**
 * Events for browsers and scripts: the Rust tool's frames over WebSocket, and pages that show them live.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { component, type Context } from "../../runtime/component.ts";
import { address, integer, list, type OptionTable } from "../../runtime/options.ts";
import { serve } from "../../runtime/serve.ts";
import { notice } from "../../runtime/web/notice.ts";
import { together } from "../../runtime/together.ts";
import { makeApp } from "./app.tsx";
import { Fanout } from "./fanout.ts";
import { isAllowedOrigin, isOurHost } from "./guard.ts";

const options = {
  address: address("Where to listen", "127.0.0.1:47482"),
  origins: list(
    "Origins of pages elsewhere that may connect, * for all, null for files; those of this machine always may",
    [],
    { placeholder: "ORIGIN,…", check: checkOrigin },
  ),
  hosts: list("Names, besides localhost and IP addresses, under which browsers may ask for the pages", [], {
    placeholder: "NAME,…",
    check: checkHost,
  }),
  notice,
  maxClients: integer("Most WebSocket clients at once", 100, { min: 1, max: 10_000 }),
} satisfies OptionTable;

/** A client of which nothing is heard for so long is asked whether it is still there, and dropped if it is not. */
const IDLE_SECONDS = 60;

/** Sockets are written between turns of this length: without a pause everything waits, and seems slow. */
const TURN_MS = 5;

/** The WebSocket tool. */
export default component({
  summary: "Serves events over WebSocket, and pages that show them live",
  example: "websocket --websocket.address 127.0.0.1:47482",
  options,
  permissions: ({ address }) => ({ net: [address] }),
  async run(context) {
    const { options: { address }, log, count } = context;
    const fanout = new Fanout(count);
    const handler = makeHandler(fanout, context);
    await together(context.signal, (signal) => [
      serve({ address, flag: "--websocket.address", handler, log, signal }),
      spread(context, fanout),
    ]);
  },
});

async function spread({ subscribe }: Context<typeof options>, fanout: Fanout): Promise<void> {
  let turnEnds = performance.now() + TURN_MS;
  // All subjects: what an event is, its member says, whatever subject it came on.
  for await (const delivery of subscribe()) {
    fanout.publish(delivery);
    if (performance.now() < turnEnds) continue;
    await new Promise<void>((done) => setImmediate(done));
    turnEnds = performance.now() + TURN_MS;
  }
}

type Handler = (request: Request) => Response | Promise<Response>;

/** Pages, and WebSockets at any path, as with the Rust tool. */
function makeHandler(fanout: Fanout, context: Context<typeof options>): Handler {
  const { options: { hosts, origins, maxClients }, log, count } = context;
  const app = makeApp(context.options);
  const refuse = (status: number, why: string) => {
    count(`refused requests: ${status}`);
    log.debug(`Refused a request: ${why}`);
    return new Response(`${why}\n`, { status });
  };
  return (request) => {
    const host = request.headers.get("host");
    if (!isOurHost(host, { hosts })) {
      return refuse(
        421,
        `No page is served as "${host?.slice(0, 80)}": allow the name with --websocket.hosts`,
      );
    }
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return app.fetch(request);
    const origin = request.headers.get("origin");
    if (!isAllowedOrigin(origin, host, { origins })) {
      return refuse(
        403,
        `Pages of ${origin?.slice(0, 80)} may not connect: allow them with --websocket.origins`,
      );
    }
    if (fanout.size >= maxClients) {
      return refuse(
        503,
        `${fanout.size} clients are connected: more are allowed with --websocket.max-clients`,
      );
    }
    return upgrade(request, fanout) ?? refuse(400, "This is no handshake of a WebSocket");
  };
}

/** Makes a client of a request; `undefined` when it is no proper handshake. */
function upgrade(request: Request, fanout: Fanout): Response | undefined {
  let upgraded: Deno.WebSocketUpgrade;
  try {
    upgraded = Deno.upgradeWebSocket(request, { idleTimeout: IDLE_SECONDS });
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
  const { socket, response } = upgraded;
  socket.binaryType = "arraybuffer";
  const client = fanout.add(socket);
  socket.onmessage = ({ data }) => {
    if (typeof data === "string") fanout.subscribe(client, data);
  };
  socket.onclose = () => fanout.remove(socket);
  // A close event follows.
  socket.onerror = (event) => event.preventDefault();
  return response;
}

function checkOrigin(text: string): void {
  if (text === "*" || text === "null") return;
  if (URL.canParse(text) && new URL(text).origin === text) return;
  throw new SyntaxError(`expected origins such as https://hive.example, not "${text}"`);
}

function checkHost(text: string): void {
  if (URL.canParse(`http://${text}`) && new URL(`http://${text}`).host === text) return;
  throw new SyntaxError(`expected host names in lower case and without port, not "${text}"`);
}
