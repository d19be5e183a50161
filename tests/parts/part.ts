/**
 * The real programs that tests run against: where each one is looked for and where `deno task setup` takes it
 * from. One row per part.
 *
 * @module
 */
import { join } from "@std/path";

/** A program (or header) of somebody else's that tests run against. */
export interface Part {
  /** What the tests need it for, in a few words. */
  readonly use: string;
  /** Debian's packages that carry it; the first one names it. */
  readonly packages: readonly [string, ...string[]];
  /**
   * "install" hands the packages to the machine's apt. "unpack" needs no root and touches nothing outside the
   * cache folder: meant for daemons, which Debian would start as a service the moment they are installed.
   */
  readonly how: "install" | "unpack";
  /** The path of the part, if it is there. */
  find(): string | undefined;
  /** Arguments that make it print its version. */
  readonly version?: readonly string[];
}

const table = {
  "bitcoind": {
    use: "a real node on regtest (Bitcoin Knots; BITCOIND=/path takes another)",
    packages: ["bitcoin-knots"],
    how: "unpack",
    find: () => Deno.env.get("BITCOIND") ? named("BITCOIND") : program("bitcoind", "bitcoin-knots"),
    version: ["-version"],
  },
  "nats-server": {
    use: "the bus and the large hub on a real server",
    packages: ["nats-server"],
    how: "unpack",
    find: () => program("nats-server", "nats-server"),
    version: ["--version"],
  },
  "prometheus": {
    use: "scraping /metrics, running the rules",
    packages: ["prometheus"],
    how: "unpack",
    find: () => program("prometheus", "prometheus"),
    version: ["--version"],
  },
  "promtool": {
    use: "checking /metrics and the rules",
    packages: ["prometheus"],
    how: "unpack",
    find: () => program("promtool", "prometheus"),
    version: ["--version"],
  },
  "bpftrace": {
    use: "tracepoints (running it needs root)",
    packages: ["bpftrace"],
    how: "install",
    find: () => program("bpftrace"),
    version: ["--version"],
  },
  "gcc": {
    use: "compiling a small program with tracepoints",
    packages: ["gcc", "libc6-dev"],
    how: "install",
    find: () => file("/usr/include/stdio.h") && program("gcc"),
    version: ["-dumpfullversion"],
  },
  "sys/sdt.h": {
    use: "the header of those tracepoints",
    packages: ["systemtap-sdt-dev"],
    how: "install",
    find: () => file("/usr/include/sys/sdt.h") ?? file(`/usr/include/${triplet()}/sys/sdt.h`),
  },
  "chromium": {
    use: "the dashboard in a real browser",
    packages: ["chromium"],
    how: "install",
    find: () => program("chromium") ?? program("chromium-browser") ?? program("google-chrome-stable"),
    version: ["--version"],
  },
  "systemd-analyze": {
    use: "checking the units of deploy/systemd",
    packages: ["systemd"],
    how: "install",
    find: () => program("systemd-analyze"),
    version: ["--version"],
  },
  "ps": {
    use: "finding a node that runs",
    packages: ["procps"],
    how: "install",
    find: () => program("ps"),
    version: ["--version"],
  },
  "zstd": {
    use: "reading our archives with the reference program",
    packages: ["zstd"],
    how: "install",
    find: () => program("zstd"),
    version: ["--version"],
  },
  "nix-instantiate": {
    use: "evaluating the NixOS module",
    packages: ["nix-bin"],
    how: "install",
    find: () => program("nix-instantiate"),
    version: ["--version"],
  },
  "openssl": {
    use: "certificates made for one test",
    packages: ["openssl"],
    how: "install",
    find: () => program("openssl"),
    version: ["version"],
  },
} satisfies Record<string, Part>;

export type PartName = keyof typeof table;

export const parts: Readonly<Record<PartName, Part>> = table;

export const partNames = Object.keys(parts) as PartName[];

/**
 * The path of a part.
 *
 * @throws {Deno.errors.NotFound} If the part is not on this machine.
 */
export function requirePart(name: PartName): string {
  const path = parts[name].find();
  if (path !== undefined) return path;
  throw new Deno.errors.NotFound(`Cannot find "${name}" on this machine: run deno task setup`);
}

/** Where `deno task setup` keeps what it unpacked; a folder of the checkout if the user has no home. */
export function partsFolder(): string {
  const home = Deno.env.get("HOME");
  const cache = Deno.env.get("XDG_CACHE_HOME") || (home && join(home, ".cache"));
  return cache ? join(cache, "waggle", "parts") : join(import.meta.dirname!, "..", ".cache", "parts");
}

/** True where a missing part is an error: `CI=true`, as every CI service sets it. */
export function inCi(): boolean {
  return !["", "0", "false"].includes(Deno.env.get("CI") ?? "");
}

/** What Debian calls this machine's architecture in library paths. */
export function triplet(): string {
  return `${Deno.build.arch}-linux-gnu`;
}

/** Looks for a program on the PATH, then among what was unpacked from `bundle`. */
function program(name: string, bundle?: string): string | undefined {
  // Debian's user PATH lacks the sbin folders, where some of these programs live.
  const folders = [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/sbin", "/sbin"];
  if (bundle) folders.push(join(partsFolder(), bundle, "bin"));
  return folders.filter((folder) => folder !== "").map((folder) => join(folder, name)).find(isExecutable);
}

function named(variable: string): string {
  const path = Deno.env.get(variable) ?? "";
  if (isExecutable(path)) return path;
  throw new TypeError(
    `Cannot use ${variable}="${path}": not an executable file, correct or unset ${variable}`,
  );
}

function file(path: string): string | undefined {
  return modeOf(path) === undefined ? undefined : path;
}

function isExecutable(path: string): boolean {
  return ((modeOf(path) ?? 0) & 0o111) !== 0;
}

function modeOf(path: string): number | undefined {
  try {
    const { isFile, mode } = Deno.statSync(path);
    return isFile ? mode ?? undefined : undefined;
  } catch {
    return undefined;
  }
}
