/**
 * What of the public folder may be asked for, and what it is. Everything else is not there.
 *
 * @module
 */

/** A file that may be asked for. */
export interface PublicFile {
  /** Below the public folder. */
  readonly path: string;
  /** Its media type. */
  readonly type: string;
  /** Named after what is in it, so it never changes. */
  readonly isForever: boolean;
}

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
  json: "application/json",
  xml: "application/atom+xml; charset=utf-8",
};

/** Names that there are. No name has a way up in it. */
const NAMES: readonly (readonly [name: RegExp, isForever: boolean])[] = [
  [/^(index|history|nodes|how|data)\.html$/, false],
  [/^(index|keys|live|datasets)\.json$/, false],
  [/^feed\.xml$/, false],
  [/^releases\/[0-9-]{7,24}\.html$/, false],
  [/^nodes\/[a-z0-9.-]{1,32}\.html$/, false],
  [/^releases\/[0-9a-f]{64}\.json$/, true],
  [/^assets\/[0-9a-f]{16}\/[a-z]+\.(css|js|svg)$/, true],
  [/^datasets\/[0-9a-f]{32}\/[\w-][\w.-]{0,127}$/, true],
];

/** The file behind the path of a request, as it stands in the request. */
export function fileOf(target: string): PublicFile | undefined {
  const path = target.split("?")[0] === "/" ? "index.html" : target.split("?")[0]!.slice(1);
  const found = NAMES.find(([name]) => name.test(path));
  if (found === undefined) return undefined;
  // What others contributed is never opened by a browser.
  const type = path.startsWith("datasets/") ? undefined : TYPES[path.slice(path.lastIndexOf(".") + 1)];
  return { path, type: type ?? "application/octet-stream", isForever: found[1] };
}
