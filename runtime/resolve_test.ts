import { assertEquals } from "@std/assert";
import {
  address,
  choice,
  files,
  flag,
  integer,
  list,
  type OptionTable,
  path,
  secret,
  text,
} from "./options.ts";
import { resolve } from "./resolve.ts";

const TABLES: Record<string, OptionTable> = {
  "": { node: list("Nodes"), logLevel: choice("Level", "info", ["info", "debug"]) },
  rpc: {
    url: text("Address", "http://127.0.0.1:8332"),
    cookieFile: path("Cookie"),
    intervalMs: integer("Interval", 10_000, { min: 100, max: 60_000 }),
    raw: flag("Raw answers"),
    password: secret("Password"),
  },
  metrics: { listen: address("Where to listen", "127.0.0.1:8282") },
};

function run(args: string[], env: Record<string, string> = {}, file?: unknown) {
  return resolve(TABLES, { args, env: (name) => env[name], file }, ["logger"]);
}

Deno.test("resolve() gives every option its default", () => {
  assertEquals(run([]), {
    problems: [],
    given: new Set<string>(),
    values: {
      "": { node: [], logLevel: "info" },
      rpc: {
        url: "http://127.0.0.1:8332",
        cookieFile: undefined,
        intervalMs: 10_000,
        raw: false,
        password: undefined,
      },
      metrics: { listen: "127.0.0.1:8282" },
    },
  });
});

Deno.test("resolve() prefers flag to variable to file", () => {
  const file = { rpc: { intervalMs: 300, cookieFile: "/file", url: "http://file:1" } };
  const env = { WAGGLE_RPC_INTERVAL_MS: "200", WAGGLE_RPC_COOKIE_FILE: "/variable" };
  const { values, problems } = run(["--rpc.interval-ms", "100"], env, file);
  assertEquals(problems, []);
  assertEquals(values.rpc!.intervalMs, 100);
  assertEquals(values.rpc!.cookieFile, "/variable");
  assertEquals(values.rpc!.url, "http://file:1");
});

Deno.test("resolve() takes what was found only where nobody said anything, and only if it makes sense", () => {
  const found = { rpc: { url: "http://found:1", cookieFile: "/found", intervalMs: "never" } };
  const sources = { args: ["--rpc.cookie-file", "/flag"], env: () => undefined, file: undefined, found };
  const { values, problems, given } = resolve(TABLES, sources);
  assertEquals(problems, []);
  assertEquals(values.rpc!.url, "http://found:1");
  assertEquals(values.rpc!.cookieFile, "/flag");
  assertEquals(values.rpc!.intervalMs, 10_000);
  assertEquals(given, new Set(["--rpc.cookie-file"]));
});

Deno.test("resolve() reads --name=value, bare flags, lists and their forms in the file", () => {
  assertEquals(run(["--rpc.raw", "--node=a,b", "--rpc.url=http://x?a=b"]).values.rpc!.raw, true);
  assertEquals(run(["--rpc.url=http://x?a=b"]).values.rpc!.url, "http://x?a=b");
  assertEquals(run(["--node", "a, b"]).values[""]!.node, ["a", "b"]);
  assertEquals(run([], {}, { node: ["a", "b"], rpc: { raw: true } }).values[""]!.node, ["a", "b"]);
});

Deno.test("resolve() takes secrets from the variable or the file, never from the command line", () => {
  assertEquals(run([], { WAGGLE_RPC_PASSWORD: "p" }).values.rpc!.password, "p");
  assertEquals(run([], {}, { rpc: { password: "q" } }).values.rpc!.password, "q");
  assertEquals(run(["--rpc.password", "p"]).problems, [
    "--rpc.password: a secret does not belong on a command line, use its variable or the configuration file",
  ]);
});

Deno.test("resolve() reports all problems at once, with the value and what was expected", () => {
  const { problems } = run(
    ["--rpc.intervall-ms", "5", "--metrics.listen", "nowhere", "--logger.only", "x", "--node"],
    { WAGGLE_RPC_INTERVAL_MS: "99", WAGGLE_LOG_LEVEL: "loud" },
    { rcp: {}, rpc: { cokieFile: "x", raw: "maybe", url: { a: 1 } }, logger: { only: ["x"] } },
  );
  assertEquals(problems, [
    "Unknown option --rpc.intervall-ms: did you mean --rpc.interval-ms?",
    "--logger.only: logger is not started here, add it to the command or remove the option",
    "--node: needs a value, A,B,…",
    'Unknown configuration key "rcp": did you mean rpc?',
    'Unknown configuration key "rpc.cokieFile": did you mean cookieFile?',
    'Configuration key "rpc.url": expected a text, number, boolean or list of them',
    'WAGGLE_LOG_LEVEL "loud": expected one of info, debug',
    'WAGGLE_RPC_INTERVAL_MS "99": expected a number from 100 to 60000',
    'configuration key rpc.raw "maybe": expected true or false',
    '--metrics.listen "nowhere": expected host:port, with IPv6 as [::1]:port',
  ]);
});

Deno.test("resolve() does not show a secret in a problem", () => {
  const { problems } = run([], { WAGGLE_RPC_PASSWORD: "" });
  assertEquals(problems, ["WAGGLE_RPC_PASSWORD (secret): expected some text"]);
});

Deno.test("resolve() refuses an option given twice, and words that belong to nothing", () => {
  assertEquals(run(["--rpc.url", "a", "--rpc.url", "b"]).problems, ["--rpc.url: given twice"]);
  assertEquals(run(["--rpc.raw", "yes"]).problems, ['Unknown word "yes"']);
});

Deno.test("resolve() is not fooled by keys that every object has", () => {
  assertEquals(run(["--constructor"]).problems.length, 1);
  assertEquals(run([], {}, { constructor: {}, rpc: JSON.parse('{"__proto__": 1}') }).problems.length, 2);
  assertEquals(run([], {}, [1]).problems.length, 1);
});

Deno.test("resolve() puts the home folder in place of ~/, in paths only", () => {
  const sources = {
    args: ["--rpc.url", "~/x"],
    env: () => undefined,
    file: { rpc: { cookieFile: "~/.cookie" } },
  };
  assertEquals(resolve(TABLES, { ...sources, home: "/home/u" }).values.rpc!.cookieFile, "/home/u/.cookie");
  assertEquals(resolve(TABLES, { ...sources, home: "/home/u" }).values.rpc!.url, "~/x");
  assertEquals(resolve(TABLES, sources).values.rpc!.cookieFile, "~/.cookie");
});

Deno.test("resolve() gives words to the option that takes some, as they are", () => {
  const tables = { replay: { files: files("Files"), speed: integer("Speed", 1) }, logger: {} };
  const values = (args: string[], env: Record<string, string> = {}) => {
    const { values, problems } = resolve(tables, {
      args,
      env: (name) => env[name],
      file: undefined,
      home: "/h",
    });
    return problems.length > 0 ? problems : values.replay;
  };
  assertEquals(values(["a,b", "--replay.speed", "2", "~/c"]), { files: ["a,b", "/h/c"], speed: 2 });
  assertEquals(values(["--replay.speed=2", "--", "--odd"]), { files: ["--odd"], speed: 2 });
  assertEquals(values(["--replay.files", "a,~/b"]), { files: ["a", "/h/b"], speed: 1 });
  assertEquals(values(["x"], { WAGGLE_REPLAY_FILES: "a,b" }), { files: ["x"], speed: 1 });
  assertEquals(values(["--replay.files", "a", "b"]), ['--replay.files: "b" is given besides it']);
});

Deno.test("resolve() does not guess whom a word is for", () => {
  const tables = { replay: { files: files("Files") }, export: { files: files("Files") } };
  const { problems } = resolve(tables, { args: ["a"], env: () => undefined, file: undefined });
  assertEquals(problems, ['"a": for which of them? Use --replay.files and --export.files']);
});
