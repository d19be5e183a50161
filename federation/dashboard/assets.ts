/**
 * What the browser gets, under the names by which it asks.
 *
 * @module
 */

import { type Asset, moduleAsset, sharedAssets, styleAsset } from "../../runtime/web/assets.ts";
import exchange from "./browser/exchange.ts" with { type: "text" };
import live from "./browser/live.ts" with { type: "text" };
import readout from "./browser/readout.ts" with { type: "text" };
import style from "./style.css" with { type: "text" };

/** All files by name. */
export function makeAssets(): ReadonlyMap<string, Asset> {
  return new Map([
    ...sharedAssets(),
    ["style.css", styleAsset(style)],
    ["exchange.ts", moduleAsset(exchange)],
    ["live.ts", moduleAsset(live)],
    ["readout.ts", moduleAsset(readout)],
  ]);
}
