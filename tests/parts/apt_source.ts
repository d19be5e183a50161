/**
 * Derives, from the machine's own apt sources, a source for another suite of the same distribution: the same
 * mirror, the same key, no address of ours. Reading is apart from parsing, so that the parser is tested on text.
 *
 * @module
 */

/** The fields of one apt source in deb822 names, in lower case. */
export type AptSource = ReadonlyMap<string, string>;

/** What must stay as the machine has it for another suite of the same archive to be trusted and reachable. */
const KEPT = ["uris", "signed-by", "trusted", "check-valid-until"];

/** Every source of the machine, in apt's own order. */
export function readAptSources(root = "/etc/apt"): AptSource[] {
  const parts = `${root}/sources.list.d`;
  const names = listNames(parts).filter((name) => /\.(list|sources)$/.test(name)).sort();
  return [`${root}/sources.list`, ...names.map((name) => `${parts}/${name}`)].flatMap((path) =>
    parseAptSources(readText(path), path.endsWith(".sources") ? "deb822" : "one-line")
  );
}

/** Parses either of apt's two formats (sources.list(5)); what is switched off is left out. */
export function parseAptSources(text: string, format: "deb822" | "one-line"): AptSource[] {
  const sources = format === "deb822"
    ? text.split(/\n\s*\n/).map(parseStanza)
    : text.split("\n").map(parseLine).filter((source) => source !== undefined);
  return sources.filter((source) =>
    source.has("uris") && words(source.get("types")).includes("deb") && source.get("enabled") !== "no"
  );
}

/**
 * The sources that may serve the distribution itself, best guess first: they offer the running release (or an
 * alias of it) under component "main". A third party's repository can look the same, hence the ranking.
 */
export function distributionSources(sources: AptSource[], codename: string): AptSource[] {
  const suites = [codename, "stable", "oldstable", "testing", "unstable", "sid"];
  return sources
    .filter((source) => words(source.get("components")).includes("main"))
    .filter((source) => words(source.get("suites")).some((suite) => suites.includes(suite)))
    .map((source) => ({ source, rank: words(source.get("uris")).some(isDistributionRoot) ? 0 : 1 }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ source }) => source);
}

/** The text of a .sources file for `suite`, served by the archive that serves `source`. */
export function withSuite(source: AptSource, suite: string): string {
  const kept = KEPT.flatMap((field) => source.has(field) ? [`${field}: ${source.get(field)}`] : []);
  // Only the package index: the same archive offers as much again in descriptions and icons.
  return ["types: deb", `suites: ${suite}`, "components: main", "targets: Packages", ...kept, ""].join("\n");
}

function parseStanza(stanza: string): AptSource {
  const fields = new Map<string, string>();
  let field = "";
  for (const line of stanza.split("\n")) {
    if (line.startsWith("#")) continue;
    const colon = line.indexOf(":");
    if (/^\s/.test(line)) fields.set(field, `${fields.get(field) ?? ""}\n${line}`); // a key block, a folded list
    else if (colon > 0) fields.set(field = line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return fields;
}

function parseLine(line: string): AptSource | undefined {
  const match = line.replace(/#.*/, "").trim().match(
    /^(deb|deb-src)\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s*(.*)$/,
  );
  if (!match) return undefined;
  const [, types = "", options = "", uris = "", suites = "", components = ""] = match;
  const named = words(options).map((option) => option.split("=", 2) as [string, string]);
  const fields = Object.entries({ types, uris, suites, components });
  return new Map([...fields, ...named.map(([name, value]) => [name, value.replaceAll(",", " ")] as const)]);
}

/** Mirrors keep the archive's own folder name; "mirror+file:" lists are written by whoever made the machine. */
function isDistributionRoot(uri: string): boolean {
  return uri.startsWith("mirror+") || /\/(debian|ubuntu|ubuntu-ports)\/?$/.test(uri);
}

function words(text = ""): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

function listNames(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map((entry) => entry.name);
  } catch {
    return [];
  }
}

function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return ""; // no such file, or one that only root may read: then another source has to do
  }
}
