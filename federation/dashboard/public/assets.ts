/**
 * What browsers get besides pages. All of it lies in a folder that is named after what is in it, so that it may be kept
 * for ever.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { moduleAsset, sharedAssets, styleAsset } from "../../../runtime/web/assets.ts";
import exchange from "../browser/exchange.ts" with { type: "text" };
import shared from "../style.css" with { type: "text" };
import live from "./browser/live.ts" with { type: "text" };
import style from "./style.css" with { type: "text" };

/** Files by path below the public folder, and the folder that they are all in. */
export interface Assets {
  readonly folder: string;
  readonly files: ReadonlyMap<string, string>;
}

/** All files. */
export function makeAssets(): Assets {
  const texts: [name: string, text: string][] = [
    ...sharedAssets().map(([name, { text }]): [string, string] => [inJavaScript(name), text]),
    ["style.css", styleAsset(shared, style).text],
    ["exchange.js", moduleAsset(exchange).text],
    ["live.js", moduleAsset(live).text],
  ];
  const hash = createHash("sha256").update(JSON.stringify(texts)).digest("hex").slice(0, 16);
  const folder = `assets/${hash}`;
  return { folder, files: new Map(texts.map(([name, text]) => [`${folder}/${name}`, ownNames(text)])) };
}

/** Servers that know nothing of TypeScript take its ending for that of a film. */
function inJavaScript(name: string): string {
  return name.replace(/\.ts$/, ".js");
}

/** Modules are all in one folder here. */
function ownNames(text: string): string {
  return text.replace(/ from "\.[\w./]*\/(\w+)\.ts"/g, ' from "./$1.js"');
}
