/**
 * Files for browsers, kept in the module graph: reading them needs no right.
 *
 * @module
 */

import { stripTypeScriptTypes } from "node:module";
import base from "./base.css" with { type: "text" };
import format from "./format.ts" with { type: "text" };
import icon from "./icon.svg" with { type: "text" };

/** A file. */
export interface Asset {
  /** Its media type. */
  readonly type: string;
  /** What is in it. */
  readonly text: string;
}

/** A style sheet behind the one that all pages share. */
export function styleAsset(...styles: readonly string[]): Asset {
  return { type: "text/css; charset=utf-8", text: [base, ...styles].join("\n") };
}

/** A module that is JavaScript already. */
export function scriptAsset(text: string): Asset {
  return { type: "text/javascript; charset=utf-8", text };
}

/** A module in TypeScript, as it is but without its types; it keeps its own name, which others import. */
export function moduleAsset(source: string): Asset {
  return scriptAsset(stripTypeScriptTypes(source));
}

/** What all pages share besides the style: the icon, numbers as people read them. */
export function sharedAssets(): [name: string, asset: Asset][] {
  return [["icon.svg", { type: "image/svg+xml", text: icon }], ["format.ts", moduleAsset(format)]];
}
