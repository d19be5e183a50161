/**
 * A hub that runs: its folder is opened, bins are closed, releases made, pages and uplinks answered.
 *
 * @module
 */

import { keyText } from "../../proto/federation/keys.ts";
import type { Context } from "../../runtime/component.ts";
import { together } from "../../runtime/together.ts";
import { runPublic } from "../dashboard/public/mod.ts";
import { makeApp } from "./app.ts";
import { openOrMake } from "./folder.ts";
import { Hub, type HubLimits } from "./hub.ts";
import { CONTRIBUTE_PATH } from "../datasets/intake.ts";
import { makeIntake } from "./datasets.ts";
import type { options } from "./mod.ts";
import { LiveWriter } from "./live.ts";
import { makePages } from "./pages.ts";
import { releaseRules, runReleases, siteOf } from "./releases.ts";
import { serveHub } from "./server.ts";

/** Summaries under way: few while all come back at once, more when the store is seen to keep up. */
const CREDITS = { firstCredits: 2, mostCredits: 8 };
const BINS_PER_DAY = 144;

type Own = Pick<Context<typeof options>, "options" | "log" | "signal">;

/** How time goes for what operators saw; as always, unless nodes are made up and their time runs faster. */
export interface Pace {
  /** Milliseconds since 1970. */
  readonly binClock?: () => number;
  /** How often it is looked whether it is time to close a bin. */
  readonly closeEveryMs?: number;
}

/** Runs a hub until the signal is aborted. */
export async function runHub({ options, log, signal }: Own, pace: Pace = {}): Promise<void> {
  const { address, folder, closeAfterSeconds, keepDays, keepClosedDays, notice } = options;
  const { key, store: opened, isNew } = await openOrMake(options, { log, signal });
  await using store = opened;
  if (isNew) log.info(`Made a new hub in ${folder}; invite its first members with \`hub invite\``);
  log.info(`This hub is ${keyText("hub", key.publicKey)}`);
  const limits: HubLimits = {
    ...options,
    ...CREDITS,
    handshakeMs: options.handshakeSeconds * 1000,
    lateBins: keepDays * BINS_PER_DAY,
  };
  await using hub = await Hub.open({
    store,
    key,
    limits,
    closeAfterSeconds,
    keepDays,
    keepClosedDays,
    log,
    ...pace,
  });
  log.info(`Members: ${hub.members.size}`);
  const live = new LiveWriter({ hub, store, folder, spends: options.store === undefined, log });
  const intake = options.datasets ? makeIntake({ hub, key, folder, options, log }) : undefined;
  const mostBodyBytes = (url: URL, line: string | undefined) =>
    url.pathname.startsWith(CONTRIBUTE_PATH) ? intake?.mostBytes(url, line) : undefined;
  await together(signal, (signal) => {
    const pages = makePages({ hub, store, key, closeAfterSeconds, notice, log, signal });
    return [
      serveHub({ hub, handler: makeApp(hub, pages, intake).fetch, mostBodyBytes, address, log, signal }),
      intake?.run(signal),
      // With a store that several hubs share, only one place may spend: there `hub release` is run by whoever keeps it.
      options.store === undefined
        ? runReleases({ store, key, folder, now: () => hub.binNow(), log, signal })
        : undefined,
      live.run(signal, pace.closeEveryMs),
      runPublic({
        ...{ folder: siteOf(folder), hubKey: key.publicKey, address: options.public, notice, log, signal },
        clock: pace.binClock,
        rules: () => releaseRules(hub.rules.policy),
        flag: "--hub.public",
      }),
    ];
  });
}
