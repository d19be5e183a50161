/**
 * Tells when something is wrong on the network a node sees: the spam rules of the Rust tool, and anomalies that attacks
 * leave behind. It looks and tells; it never acts on the node.
 *
 * ```sh
 * deno task alerts --alerts.webhook http://127.0.0.1:9093
 * ```
 *
 * @module
 */

import { component, type Context, type Permissions } from "../../runtime/component.ts";
import { address, integer, list, type OptionTable, path, secret } from "../../runtime/options.ts";
import { reasonOf } from "../../runtime/reason.ts";
import { serveMetrics } from "../../runtime/serve.ts";
import { together } from "../../runtime/together.ts";
import type { Alert } from "./alert.ts";
import { Gauges } from "./gauges.ts";
import { checkLimit, checkRule, decimal, limitsOf, webhookUrl } from "./option_types.ts";
import { RULES } from "./rules/mod.ts";
import { SPAM_RULES } from "./spam.ts";
import { Watcher } from "./watcher.ts";
import { Webhook } from "./webhook.ts";

const COUNT = { max: 100_000 };
const SECONDS = { min: 1, max: 86_400 };

const options = {
  pingThreshold: integer("Pings of a peer within the window that are still fine", 3, COUNT),
  pingWindowSecs: integer("Length of that window", 120, SECONDS),
  addrThreshold: integer(
    "Messages with addresses (addr, addrv2) of a peer within the window that are still fine",
    6,
    COUNT,
  ),
  addrWindowSecs: integer("Length of that window", 60, SECONDS),
  addrEntriesInitialTokens: integer("Addresses a new peer may send at once", 1, { min: 1, max: 1e9 }),
  addrEntriesBucketCapacity: integer(
    "Addresses a peer may save up; each getaddr that the node sends it adds as many",
    1000,
    { min: 1, max: 1e9 },
  ),
  addrEntriesRatePerSec: decimal("Addresses a peer may send per second in the long run", 0.1),
  addrEntriesThreshold: integer("Addresses beyond that which are still fine", 20, { max: 1e9 }),
  peerStaleSecs: integer("A peer that sends nothing for so long is gone", 300, SECONDS),
  limits: list("Other limits for anomalies, such as stale-tip=7200,inv-to-send=5000", [], {
    placeholder: "RULE=N,…",
    check: checkLimit,
  }),
  off: list("Rules that are switched off", [], { placeholder: "RULE,…", check: checkRule }),
  cooldownSecs: integer("For how long a rule rests after its alert has ended", 900, { max: 86_400 }),
  webhook: webhookUrl("Where to send alerts in Alertmanager's format, such as http://127.0.0.1:9093"),
  webhookToken: secret("Token for the webhook, sent as Authorization: Bearer"),
  webhookCa: path("Certificate of the authority that signed the certificate of an https webhook"),
  address: address("Where to serve metrics about alerts, such as 127.0.0.1:8285"),
} satisfies OptionTable;

/** The alerts tool. */
export default component({
  summary: "Tells when events look like an attack or an anomaly",
  example: "alerts --alerts.webhook http://127.0.0.1:9093",
  options,
  permissions({ webhook, webhookCa, address }): Permissions {
    const given = <T>(...items: (T | undefined)[]) => items.filter((item) => item !== undefined);
    return { net: given(webhook && hostAndPort(webhook), address), read: given(webhookCa) };
  },
  async run(context) {
    const { address } = context.options;
    const gauges = new Gauges();
    const count = (what: string, by = 1) => {
      context.count(what, by);
      gauges.count(what, by);
    };
    const webhook = await makeWebhook(context, count);
    const watcher = makeWatcher(context, gauges, count, (alert) => webhook?.push(alert));
    const serve = async (signal: AbortSignal) => {
      if (address === undefined) return;
      const text = () => gauges.text(watcher.times());
      await serveMetrics({ address, flag: "--alerts.address", log: context.log, signal, text });
    };
    const watch = async () => {
      for await (const delivery of context.subscribe()) watcher.take(delivery);
    };
    // What the last events gave is sent, too.
    const done = new AbortController();
    await together(context.signal, (signal) => [
      Promise.all([serve(signal), watch()]).finally(() => done.abort()),
      webhook?.run(done.signal),
    ]);
  },
});

type Own = Context<typeof options>;
type Count = (what: string, by?: number) => void;

function makeWatcher(
  { options, log, announce }: Own,
  gauges: Gauges,
  count: Count,
  send: (alert: Alert) => void,
): Watcher {
  return new Watcher({
    limits: options,
    rules: RULES,
    ruleLimits: limitsOf(options.limits),
    off: new Set(options.off),
    cooldownMs: options.cooldownSecs * 1000,
    count,
    gauge: (rule, node, measured) => gauges.measure(rule, node, measured),
    tell(alert) {
      const { text, state, rule, node } = alert;
      const isSpam = SPAM_RULES.includes(rule);
      // When a spammer goes, the report has said it.
      if (!isSpam || state !== "resolved") {
        log[isSpam || state === "resolved" ? "info" : "warn"](
          node === undefined ? text : `${text} | node=${node}`,
        );
      }
      announce(alert, node);
      gauges.note(alert);
      send(alert);
    },
  });
}

async function makeWebhook({ options, log }: Own, count: Count): Promise<Webhook | undefined> {
  const { webhook: url, webhookToken: token, webhookCa } = options;
  if (url === undefined) return undefined;
  const caCert = webhookCa === undefined ? undefined : await readCertificate(webhookCa);
  return new Webhook({ url, token, caCert, log, count });
}

async function readCertificate(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (cause) {
    const why = reasonOf(cause);
    throw new TypeError(`Cannot read certificate "${file}": ${why}; set --alerts.webhook-ca`, { cause });
  }
}

function hostAndPort(address: string): string {
  const { protocol, hostname, port } = new URL(address);
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}
