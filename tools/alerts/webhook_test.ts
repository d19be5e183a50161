import { assert, assertEquals, assertLess } from "@std/assert";
import { logFor } from "../../runtime/log.ts";
import { until } from "../../tests/parts/until.ts";
import type { Alert } from "./alert.ts";
import { Webhook, type WebhookOptions } from "./webhook.ts";

const NOW = 1_750_939_200_000;

function alert(subject: string, state: Alert["state"] = "firing"): Alert {
  const labels = { peer_id: subject };
  const times = { since: NOW, at: NOW + 60_000 };
  return {
    rule: "PingSpammer",
    node: "alpha",
    subject,
    severity: "info",
    state,
    ...times,
    text: "A line",
    labels,
  };
}

interface Received {
  path: string;
  authorization: string | null;
  // deno-lint-ignore no-explicit-any -- another program's format
  alerts: any[];
}

/** A server that answers as it is told, in turn, then with 200. */
function receiver(...answers: number[]) {
  const received: Received[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname: path } = new URL(request.url);
    received.push({
      path,
      authorization: request.headers.get("authorization"),
      alerts: await request.json(),
    });
    return new Response("why", { status: answers.shift() ?? 200, headers: { connection: "close" } });
  });
  const url = `http://127.0.0.1:${server.addr.port}/api/v2/alerts`;
  return { received, url, [Symbol.asyncDispose]: () => server.shutdown() };
}

function sending(options: Pick<WebhookOptions, "url"> & Partial<WebhookOptions>) {
  const counts = new Map<string, number>();
  const lines: string[] = [];
  const webhook = new Webhook({
    log: logFor("alerts", ({ message }) => lines.push(message)),
    count: (what, by = 1) => counts.set(what, (counts.get(what) ?? 0) + by),
    retryMs: 1,
    ...options,
  });
  const stop = new AbortController();
  const ended = webhook.run(stop.signal);
  return {
    webhook,
    counts,
    lines,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await ended;
    },
  };
}

Deno.test("Webhook sends what Alertmanager's API takes, and the end with its time", async () => {
  await using server = receiver();
  await using sender = sending({ url: server.url, token: "secret" });
  sender.webhook.push(alert("7"));
  await until("the first", () => server.received.length === 1);
  sender.webhook.push(alert("7", "resolved"));
  sender.webhook.push(alert("8", "report"));
  await until("the second", () => server.received.length === 2);
  const sent = {
    labels: { alertname: "PingSpammer", severity: "info", job: "waggle", node: "alpha", peer_id: "7" },
    annotations: { summary: "A line" },
    startsAt: "2025-06-26T12:00:00.000Z",
  };
  const [path, authorization] = ["/api/v2/alerts", "Bearer secret"];
  assertEquals(server.received, [
    { path, authorization, alerts: [sent] },
    { path, authorization, alerts: [{ ...sent, endsAt: "2025-06-26T12:01:00.000Z" }] },
  ]);
});

Deno.test("Webhook repeats what goes on, and not what has ended", async () => {
  await using server = receiver();
  await using sender = sending({ url: server.url, repeatMs: 1 });
  sender.webhook.push(alert("7"));
  sender.webhook.push(alert("8"));
  sender.webhook.push(alert("8", "resolved"));
  await until("three repetitions", () => server.received.length >= 4);
  assertEquals(server.received[0]!.alerts.length, 2);
  for (const { alerts } of server.received.slice(1)) assertEquals(alerts.map((a) => a.labels.peer_id), ["7"]);
});

Deno.test("Webhook tries again what was not answered, and says so once", async () => {
  await using server = receiver(500, 503, 429);
  await using sender = sending({ url: server.url });
  sender.webhook.push(alert("7"));
  await until("it is sent", () => sender.counts.get("webhook: sent") === 1);
  assertEquals(server.received.length, 4);
  assertEquals(sender.counts.get("webhook: failed"), 3);
  assertEquals(sender.lines, [
    "Cannot reach the webhook: it answered 500; alerts wait for it",
    "The webhook answers again",
  ]);
});

Deno.test("Webhook does not try again what is refused", async () => {
  await using server = receiver(400);
  await using sender = sending({ url: server.url });
  sender.webhook.push(alert("7"));
  await until("it is refused", () => sender.counts.get("webhook: refused") === 1);
  assertEquals(sender.lines, ["Cannot send alerts: the webhook answered 400 why; check its address"]);
});

Deno.test("Webhook keeps 1,000 alerts while nobody listens, drops the oldest, and ends in time", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}/`;
  listener.close();
  const sender = sending({ url });
  for (let i = 0; i < 1500; i++) sender.webhook.push(alert(String(i)));
  await until("an attempt", () => (sender.counts.get("webhook: failed") ?? 0) > 0);
  const stoppedAt = performance.now();
  await sender[Symbol.asyncDispose]();
  assertLess(performance.now() - stoppedAt, 2000, "a refused connection takes no time");
  // 500 of those to send, 500 of those to repeat, and at the end what still waits.
  assertEquals(sender.counts.get("webhook: dropped"), 500 + 500 + 1000);
  assert(!sender.counts.has("webhook: sent"));
});

Deno.test("Webhook sends at the end what still waits", async () => {
  await using server = receiver();
  const sender = sending({ url: server.url });
  for (let i = 0; i < 200; i++) sender.webhook.push(alert(String(i)));
  await sender[Symbol.asyncDispose]();
  assertEquals(server.received.flatMap(({ alerts }) => alerts).length, 200);
});
