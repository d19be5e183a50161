/**
 * What the browser gets, kept in the module graph: reading it needs no right. TypeScript is served as it is, without
 * its types, under its own name.
 *
 * @module
 */

import feeRate from "../../proto/fee_rate.ts" with { type: "text" };
import { type Asset, moduleAsset, scriptAsset, sharedAssets, styleAsset } from "../../runtime/web/assets.ts";
import uplotStyle from "uplot/dist/uPlot.min.css" with { type: "text" };
import uplot from "uplot/dist/uPlot.esm.js" with { type: "text" };
import app from "./pages/app.ts" with { type: "text" };
import dom from "./pages/dom.ts" with { type: "text" };
import feed from "./pages/feed.ts" with { type: "text" };
import frames from "./pages/frames.ts" with { type: "text" };
import messageText from "./pages/message_text.ts" with { type: "text" };
import names from "./pages/names.ts" with { type: "text" };
import peersState from "./pages/peers_state.ts" with { type: "text" };
import pingsState from "./pages/pings_state.ts" with { type: "text" };
import plot from "./pages/plot.ts" with { type: "text" };
import relayState from "./pages/relay_state.ts" with { type: "text" };
import ring from "./pages/ring.ts" with { type: "text" };
import routes from "./pages/routes.ts" with { type: "text" };
import store from "./pages/store.ts" with { type: "text" };
import style from "./pages/style.css" with { type: "text" };
import view from "./pages/view.ts" with { type: "text" };
import addrman from "./pages/view_addrman.ts" with { type: "text" };
import connections from "./pages/view_connections.ts" with { type: "text" };
import logs from "./pages/view_logs.ts" with { type: "text" };
import overview from "./pages/view_overview.ts" with { type: "text" };
import peers from "./pages/view_peers.ts" with { type: "text" };
import pings from "./pages/view_pings.ts" with { type: "text" };
import relay from "./pages/view_relay.ts" with { type: "text" };

const MODULES: Readonly<Record<string, string>> = {
  "app.ts": app,
  "dom.ts": dom,
  "fee_rate.ts": feeRate,
  "feed.ts": feed,
  "frames.ts": frames,
  "message_text.ts": messageText,
  "names.ts": names,
  "peers_state.ts": peersState,
  "pings_state.ts": pingsState,
  "plot.ts": plot,
  "relay_state.ts": relayState,
  "ring.ts": ring,
  "routes.ts": routes,
  "store.ts": store,
  "view.ts": view,
  "view_addrman.ts": addrman,
  "view_connections.ts": connections,
  "view_logs.ts": logs,
  "view_overview.ts": overview,
  "view_peers.ts": peers,
  "view_pings.ts": pings,
  "view_relay.ts": relay,
};

/** All files by name. Types are taken out once, when the tool starts. */
export function makeAssets(): ReadonlyMap<string, Asset> {
  return new Map<string, Asset>([
    ...sharedAssets(),
    ["style.css", styleAsset(uplotStyle, style)],
    ["uplot.ts", scriptAsset(uplot)],
    ...Object.entries(MODULES).map(([name, source]): [string, Asset] => [name, moduleAsset(source)]),
  ]);
}
