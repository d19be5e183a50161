/**
 * Alerts for Alertmanager, or for whatever else takes its format: sent at once, sent again while they go on (what is
 * not repeated, Alertmanager takes for over), and kept while nobody answers.
 *
 * @module
 */

import { backoff, sleep } from "../../runtime/backoff.ts";
import { HttpClient } from "../../runtime/http.ts";
import type { Log } from "../../runtime/log.ts";
import { reasonOf } from "../../runtime/reason.ts";
import { type Alert, identity } from "./alert.ts";

const REPEAT_MS = 60_000;
const TIMEOUT_MS = 10_000;
/** At the end there is time for one more attempt. */
const LAST_TIMEOUT_MS = 500;
const MOST_WAITING = 1000;
const BATCH = 64;
const MAX_ANSWER_BYTES = 64 * 1024;

/** What sending needs. */
export interface WebhookOptions {
  /** Where to. */
  readonly url: string;
  /** Sent as bearer token. */
  readonly token?: string | undefined;
  /** PEM of an authority to trust besides the usual ones. */
  readonly caCert?: string | undefined;
  /** Where lines go. */
  readonly log: Log;
  /** Counts what was sent, refused, dropped. */
  count(what: string, by?: number): void;
  /** How long an alert that goes on is silent. */
  readonly repeatMs?: number;
  /** The first wait after a failure. */
  readonly retryMs?: number;
}

/** A queue of the newest state of each alert. */
export class Webhook {
  readonly #options: WebhookOptions;
  readonly #waiting = new Map<string, Alert>();
  readonly #active = new Map<string, Alert>();
  #wake = Promise.withResolvers<void>();
  #isDown = false;

  /** Sends nothing before {@linkcode run}. */
  constructor(options: WebhookOptions) {
    this.#options = options;
  }

  /** Takes an alert; what cannot be kept is dropped and counted, the oldest first. */
  push(alert: Alert): void {
    if (alert.state === "report") return;
    const id = identity(alert);
    if (alert.state === "firing") this.#put(this.#active, id, alert);
    else this.#active.delete(id);
    this.#put(this.#waiting, id, alert);
    this.#wake.resolve();
  }

  /** Sends until the signal is aborted, then tries once more what still waits. */
  async run(signal: AbortSignal): Promise<void> {
    const { url, caCert, retryMs = 1000 } = this.#options;
    using client = new HttpClient({ url: new URL(url), caCert });
    for (let failures = 0; !signal.aborted;) {
      if (this.#waiting.size === 0) await this.#next(signal);
      if (this.#waiting.size === 0) continue;
      if (await this.#send(client, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]))) failures = 0;
      else await backoff(failures++, { firstMs: retryMs, signal }).catch(() => {});
    }
    const last = AbortSignal.timeout(LAST_TIMEOUT_MS);
    while (this.#waiting.size > 0 && await this.#send(client, last));
    if (this.#waiting.size > 0) this.#options.count("webhook: dropped", this.#waiting.size);
  }

  /** Resolves when something waits; after a while everything that goes on waits again. */
  async #next(signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const pause = sleep(this.#options.repeatMs ?? REPEAT_MS, AbortSignal.any([signal, stop.signal]));
    await Promise.race([this.#wake.promise, pause.catch(() => {})]);
    stop.abort();
    this.#wake = Promise.withResolvers<void>();
    if (this.#waiting.size === 0) { for (const [id, alert] of this.#active) this.#waiting.set(id, alert); }
  }

  /** Sends a batch; false when it should be tried again. */
  async #send(client: HttpClient, signal: AbortSignal): Promise<boolean> {
    const { token, log, count } = this.#options;
    const batch = [...this.#waiting].slice(0, BATCH);
    const headers = {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const body = JSON.stringify(batch.map(([, alert]) => forAlertmanager(alert)));
    try {
      const { status, text } = await client.post({ headers, body, maxBytes: MAX_ANSWER_BYTES, signal });
      if (status === 408 || status === 429 || status >= 500) throw new Error(`it answered ${status}`);
      for (const [id, alert] of batch) if (this.#waiting.get(id) === alert) this.#waiting.delete(id);
      if (status >= 200 && status < 300) count("webhook: sent", batch.length);
      else {
        count("webhook: refused", batch.length);
        log.error(
          `Cannot send alerts: the webhook answered ${status} ${text.slice(0, 200)}; check its address`,
        );
      }
      if (this.#isDown) log.info("The webhook answers again");
      this.#isDown = false;
      return true;
    } catch (error) {
      count("webhook: failed");
      const why = reasonOf(error);
      if (!this.#isDown && !signal.aborted) log.warn(`Cannot reach the webhook: ${why}; alerts wait for it`);
      this.#isDown ||= !signal.aborted;
      return false;
    }
  }

  #put(map: Map<string, Alert>, id: string, alert: Alert): void {
    map.delete(id);
    map.set(id, alert);
    if (map.size <= MOST_WAITING) return;
    map.delete(map.keys().next().value!);
    this.#options.count("webhook: dropped");
  }
}

/** An alert as Alertmanager's API v2 has it. */
export function forAlertmanager(
  { rule, node, severity, labels, state, since, at, text }: Alert,
): Record<string, unknown> {
  const ends = state === "resolved" ? { endsAt: new Date(at).toISOString() } : {};
  return {
    labels: { alertname: rule, severity, job: "waggle", ...(node === undefined ? {} : { node }), ...labels },
    annotations: { summary: text },
    startsAt: new Date(since).toISOString(),
    ...ends,
  };
}
