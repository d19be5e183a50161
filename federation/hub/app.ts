/**
 * What the hub answers over HTTP.
 *
 * @module
 */

import { Hono } from "hono";
import { CONTRIBUTE_PATH, type Intake } from "../datasets/intake.ts";
import type { Hub } from "./hub.ts";
import { CONTENT_TYPE } from "./metrics.ts";

/** Health for whoever watches the process, numbers for Prometheus, pages for people, a way in for data sets. */
export function makeApp(hub: Hub, pages: Hono, intake?: Intake): Hono {
  const app = new Hono();
  app.get("/health", (c) => {
    const isUp = hub.full !== "draining";
    return c.json({ status: isUp ? "up" : "draining" }, isUp ? 200 : 503);
  });
  app.get("/metrics", async (c) => c.text(await hub.page(), 200, { "content-type": CONTENT_TYPE }));
  if (intake !== undefined) app.post(`${CONTRIBUTE_PATH}*`, (c) => intake.answer(c.req.raw));
  app.route("/", pages);
  app.notFound((c) => c.text("There is nothing here\n", 404));
  return app;
}
