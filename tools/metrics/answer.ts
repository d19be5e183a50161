/**
 * What the tool answers over HTTP: the metrics at `/metrics` and everywhere else, a page for people at `/`, and
 * `/health`.
 *
 * @module
 */

import { Hono } from "hono";
import { html } from "hono/html";
import { KINDS } from "../../proto/subjects.ts";
import { CONTENT_TYPE, type Metrics } from "./metrics.ts";

/** What answering needs. */
export interface AnswerOptions {
  readonly metrics: Metrics;
  /** The metrics as text. */
  page(): Promise<string>;
  /** Unix milliseconds. */
  now?(): number;
}

const HEADERS = {
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

/** Answers requests. */
export function makeAnswer({ metrics, page, now = Date.now }: AnswerOptions): Hono {
  const app = new Hono();
  app.get("/health", (c) => {
    const seconds = ages(metrics, now()).map(({ age }) => age);
    const lastEventSecondsAgo = seconds.length === 0 ? null : Math.min(...seconds);
    return c.json({ status: "ok", lastEventSecondsAgo }, 200, HEADERS);
  });
  app.get("/", async (c, next) => {
    // The Rust tool answers with metrics on every path. Who asks for HTML is a person.
    if (!c.req.header("accept")?.includes("text/html")) return await next();
    return c.html(overview(metrics, now()), 200, HEADERS);
  });
  app.all("*", async (c) => c.body(await page(), 200, { ...HEADERS, "content-type": CONTENT_TYPE }));
  return app;
}

interface Age {
  readonly kind: string;
  readonly events: number;
  readonly age: number;
}

/** The kinds of events that came, how many, and how many seconds ago the last. */
function ages(metrics: Metrics, now: number): Age[] {
  return KINDS.map((kind) => ({ kind, events: metrics.events_total.at(kind).value }))
    .filter(({ events }) => events > 0)
    .map(({ kind, events }) => {
      const last = metrics.last_event_timestamp_seconds.at(kind).value;
      return { kind, events, age: Math.max(0, Math.round(now / 1000 - last)) };
    });
}

const COUNT = new Intl.NumberFormat("en");

function overview(metrics: Metrics, now: number) {
  const rows = ages(metrics, now);
  return html`
    <!DOCTYPE html>
    <html lang="en">
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <title>Waggle metrics</title>
          <style>
          :root { color-scheme: light dark }
          body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem }
          table { border-collapse: collapse; width: 100% }
          th, td { text-align: left; padding: .3rem .5rem; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent) }
          td + td, th + th { text-align: right; font-variant-numeric: tabular-nums }
          </style>
          <h1>Waggle metrics</h1>
          <p>Prometheus reads them at <a href="/metrics">/metrics</a>; <a href="/health">/health</a> is for whatever
          restarts services.</p>
          ${rows.length === 0
            ? html`<p>No event has come yet. Is the bus right, and does an extractor run?</p>`
            : html`
              <table>
                <thead>
                  <tr>
                    <th>Events<th>since the start<th>seconds since the last</thead>
                      <tbody>${rows.map(({ kind, events, age }) =>
                        html`
                          <tr>
                            <td>${kind}<td>${COUNT.format(events)}<td>${COUNT.format(age)}
                        `
                      )}</tbody></table>
            `}
        </html>
  `;
}
