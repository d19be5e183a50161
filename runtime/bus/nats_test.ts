import { assert, assertEquals, assertGreater, assertMatch, assertRejects } from "@std/assert";
import { nkeys } from "nats";
import { partTest } from "../../tests/parts/needs.ts";
import { startNatsServer } from "../../tests/parts/nats_server.ts";
import { until } from "../../tests/parts/until.ts";
import { NATS, openBus } from "../common_options.ts";
import type { Log } from "../log.ts";
import type { Values } from "../options.ts";
import type { Bus } from "./bus.ts";
import { openNatsBus } from "./nats.ts";

/** A password nobody uses elsewhere, so that a leak into a log line would be seen. */
const PASSWORD = "correct-horse-battery";
const stop = new AbortController();

function openWith(url: string, nats: Partial<Values<typeof NATS>> = {}): Promise<Bus & { lines: string[] }> {
  const lines: string[] = [];
  const write = (message: string) => void lines.push(message);
  const log: Log = { error: write, warn: write, info: write, debug: write };
  const none = Object.fromEntries(Object.keys(NATS).map((name) => [name, undefined]));
  return openBus(url, { ...none, ...nats } as Values<typeof NATS>, { log, signal: stop.signal })
    .then((bus) => Object.assign(bus, { lines }));
}

async function assertCarries(bus: Bus): Promise<void> {
  using subscription = bus.subscribe(["rpc"]);
  await bus.flush();
  bus.publish("rpc", Uint8Array.of(42));
  await bus.flush();
  await subscription.ready();
  assertEquals(subscription.take(1)[0]!.data, Uint8Array.of(42));
}

partTest({
  name: "NatsBus logs in with user and password, from a variable or a file with white space around it",
  needs: ["nats-server"],
  async fn() {
    await using server = await startNatsServer({ user: "alice", password: PASSWORD });
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, `  ${PASSWORD}\n`);
    for (
      const login of [{ password: PASSWORD }, { passwordFile: file }, {
        password: PASSWORD,
        passwordFile: "/nowhere",
      }]
    ) {
      await using bus = await openWith(server.url, { user: "alice", ...login });
      await assertCarries(bus);
    }
    await Deno.remove(file);
  },
});

partTest({
  name:
    "NatsBus says that a login is refused, every time, without ending the process and without the password",
  needs: ["nats-server"],
  async fn() {
    await using server = await startNatsServer({ user: "alice", password: PASSWORD });
    for (let i = 0; i < 20; i++) {
      const error = await assertRejects(() =>
        openWith(server.url, { user: "alice", password: "wrong-secret" })
      );
      assertMatch(error.message, /refuses the login/);
      assert(!error.message.includes("wrong-secret"));
    }
    await assertRejects(() => openWith(server.url, { user: "alice" }), TypeError, "has no password");
  },
});

partTest({
  name: "NatsBus uses TLS with the given authority and refuses another",
  needs: ["nats-server", "openssl"],
  async fn() {
    await using server = await startNatsServer({ tls: true });
    const url = server.url.replace("nats://", "tls://");
    await using bus = await openWith(url, { tlsCa: server.caFile });
    await assertCarries(bus);

    await using stranger = await startNatsServer({ tls: true });
    const giveUp = new AbortController();
    const warned = Promise.withResolvers<string>();
    const log: Log = { error() {}, warn: warned.resolve, info() {}, debug() {} };
    const ca = await Deno.readTextFile(server.caFile!);
    const servers = [stranger.url.replace("nats://", "tls://")];
    const opening = openNatsBus({ servers, tls: { ca }, log, signal: giveUp.signal });
    assertMatch(await warned.promise, /certificate/i);
    giveUp.abort(new Error("given up"));
    await assertRejects(() => opening, Error, "given up");
  },
});

partTest({
  name: "NatsBus logs in with an nkey, and with a credentials file",
  needs: ["nats-server"],
  async fn() {
    const user = nkeys.createUser();
    const seed = new TextDecoder().decode(user.getSeed());
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, `${seed}\n`);
    const nkeyConfig = `authorization { users: [ { nkey: ${user.getPublicKey()} } ] }`;
    await using nkeyServer = await startNatsServer({ config: nkeyConfig });
    await using nkeyBus = await openWith(nkeyServer.url, { nkeyFile: file });
    await assertCarries(nkeyBus);

    const [operator, account] = [nkeys.createOperator(), nkeys.createAccount()];
    const unlimited = {
      subs: -1,
      data: -1,
      payload: -1,
      imports: -1,
      exports: -1,
      wildcards: true,
      conn: -1,
      leaf: -1,
    };
    const config = `
      operator: ${jwt(operator, operator.getPublicKey(), "operator", {})}
      resolver: MEMORY
      resolver_preload: {
        ${account.getPublicKey()}: ${jwt(operator, account.getPublicKey(), "account", { limits: unlimited })}
      }`;
    await using server = await startNatsServer({ config });
    await Deno.writeTextFile(
      file,
      credentials(jwt(account, user.getPublicKey(), "user", { subs: -1, data: -1, payload: -1 }), seed),
    );
    await using bus = await openWith(server.url, { creds: file });
    await assertCarries(bus);
    await Deno.remove(file);
  },
});

function credentials(token: string, seed: string): string {
  const block = (name: string, text: string) => `-----BEGIN ${name}-----\n${text}\n------END ${name}------\n`;
  return block("NATS USER JWT", token) + block("USER NKEY SEED", seed);
}

/** A JWT as NATS wants it: signed with the issuer's nkey. */
function jwt(
  issuer: ReturnType<typeof nkeys.createUser>,
  subject: string,
  type: string,
  claims: object,
): string {
  const encode = (text: string) => base64url(new TextEncoder().encode(text));
  const nats = { type, version: 2, ...claims };
  const payload = { iss: issuer.getPublicKey(), sub: subject, name: type, iat: 1, jti: subject, nats };
  const body = `${encode('{"typ":"JWT","alg":"ed25519-nkey"}')}.${encode(JSON.stringify(payload))}`;
  return `${body}.${base64url(issuer.sign(new TextEncoder().encode(body)))}`;
}

function base64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

partTest({
  name: "NatsBus counts an event the server would not take and goes on",
  needs: ["nats-server"],
  async fn() {
    await using server = await startNatsServer({ maxPayload: 4096 });
    await using bus = await openWith(server.url);
    bus.publish("netmsg", new Uint8Array(5000));
    bus.publish("netmsg", new Uint8Array(5000));
    assertEquals(bus.stats(), { published: 0, unsent: 2, dropped: 0 });
    const complaints = bus.lines.filter((line) => line.includes("max_payload"));
    assertEquals(complaints.length, 1, "said once, not for every block");
    await assertCarries(bus);
  },
});

partTest({
  name: "NatsBus counts what is published while the server is away and carries on when it is back",
  needs: ["nats-server"],
  async fn() {
    await using server = await startNatsServer();
    await using bus = await openWith(server.url);
    using subscription = bus.subscribe(["rpc"]);
    await bus.flush();
    await server.stop();
    await until("the loss is noticed", () => bus.lines.some((line) => line.startsWith("Lost")));
    for (let i = 0; i < 5; i++) bus.publish("rpc", Uint8Array.of(i));
    assertEquals(bus.stats().unsent, 5);
    await server.start();
    await until("the server is back", () => bus.lines.some((line) => line.endsWith("again")));
    bus.publish("rpc", Uint8Array.of(9));
    await bus.flush();
    await subscription.ready();
    assertEquals(subscription.take(9).map(({ data }) => data[0]), [9], "the old subscription still listens");
  },
});

partTest({
  name: "NatsBus waits for a server that starts later",
  needs: ["nats-server"],
  async fn() {
    await using server = await startNatsServer();
    await server.stop();
    const opening = openWith(server.url);
    await server.start();
    await using bus = await opening;
    assertGreater(bus.lines.filter((line) => line.startsWith("Cannot reach")).length, 0);
    await assertCarries(bus);
  },
});
