/**
 * Lint plugin: which room may import which. Imports go one way,
 * `proto <- runtime <- extractors, tools <- federation <- mod.ts <- demo`, components never import each other, and
 * each npm package has one room. Tests and benchmarks may look everywhere; nothing but they may look into `tests/`.
 *
 * @module
 */

/** Rooms in the order of imports; those of one rank are siblings. */
const RANKS: Record<string, number> = {
  proto: 0,
  runtime: 1,
  extractors: 2,
  tools: 2,
  federation: 3,
  demo: 5,
};
/** The rank of what is not listed: `mod.ts`, `deploy/`, and so on. */
const TOP = 4;
/** What runs in federation/; the other folders there are libraries for these. */
const FEDERATION_COMPONENTS = ["contribute", "uplink", "hub", "randomness"];

/** The room a package may be imported in. */
const PACKAGES: Record<string, string> = {
  "@grafana/grafana-foundation-sdk": "deploy/grafana/",
  "@noble/ciphers": "proto/bitcoin/",
  "@noble/curves": "federation/sightings/",
  "@scure/btc-signer": "proto/bitcoin/",
  "bitcoinjs-lib": "proto/bitcoin/",
  hono: "demo/ federation/ tools/",
  "hyparquet-writer": "tools/export/",
  nats: "runtime/bus/nats.ts federation/hub/",
  "prom-client": "tools/metrics/ federation/hub/",
  protobufjs: "proto/",
  ws: "federation/hub/session/socket.ts",
  uplot: "tools/websocket/ federation/",
};

/** Why the import is against the rules, or `undefined` where it is fine. Paths are relative to the repository. */
export function complaint(from: string, specifier: string): string | undefined {
  if (isTest(from)) return undefined;
  if (!specifier.startsWith(".")) return packageComplaint(from, specifier);
  const to = new URL(specifier, `file:///${from}`).pathname.slice(1);
  if (isTest(to)) return `${from} may not import ${to}: only tests may look into tests`;
  if (rank(to) > rank(from)) {
    return `${from} may not import ${to}: imports go from the rooms below to those above`;
  }
  // A folder inside extractors/ or tools/ is a component: an island. Those of federation/ stand on its libraries.
  const [fromRoom, fromPart] = parts(from);
  const [toRoom, toPart] = parts(to);
  const islands = rank(from) === rank(to) && rank(from) >= 2 && rank(from) < TOP;
  const isOther = fromRoom !== toRoom || fromPart !== undefined && fromPart !== toPart;
  if (islands && isOther && (fromRoom !== "federation" || FEDERATION_COMPONENTS.includes(toPart ?? ""))) {
    return `${from} may not import ${to}: siblings share through proto/ or runtime/`;
  }
  return undefined;
}

function packageComplaint(from: string, specifier: string): string | undefined {
  const name = Object.keys(PACKAGES).find((name) => specifier === name || specifier.startsWith(`${name}/`));
  if (name === undefined || PACKAGES[name]!.split(" ").some((room) => from.startsWith(room))) {
    return undefined;
  }
  return `${from} may not import ${specifier}: that package belongs to ${PACKAGES[name]}`;
}

function isTest(path: string): boolean {
  return path.startsWith("tests/") || /_(test|bench)\.tsx?$/.test(path) || path.startsWith("proto/golden/");
}

function rank(path: string): number {
  return RANKS[path.split("/")[0]!] ?? TOP;
}

/** Room and component of a path; the room's own files belong to no component. */
function parts(path: string): [string, string | undefined] {
  const [room, part, file] = path.split("/");
  return [room!, file === undefined ? undefined : part];
}

const root = new URL("../", import.meta.url).pathname;

function check(context: Deno.lint.RuleContext, node: { source: Deno.lint.Node | null }): void {
  const source = node.source;
  if (source?.type !== "Literal" || typeof source.value !== "string") return;
  if (!context.filename.startsWith(root)) return;
  const message = complaint(context.filename.slice(root.length), source.value);
  if (message !== undefined) context.report({ node: source, message });
}

const plugin: Deno.lint.Plugin = {
  name: "waggle",
  rules: {
    layers: {
      create: (context) => ({
        ImportDeclaration: (node) => check(context, node),
        ImportExpression: (node) => check(context, node),
        ExportNamedDeclaration: (node) => check(context, node),
        ExportAllDeclaration: (node) => check(context, node),
      }),
    },
  },
};
export default plugin;
