/**
 * `deno task setup`: finds or fetches the real programs that the tests run against.
 *
 * @module
 */
import { bold, cyan, dim, green, red, setColorEnabled, yellow } from "@std/fmt/colors";
import { installCommand, installPackages } from "./parts/install.ts";
import { inCi, type PartName, partNames, parts, partsFolder } from "./parts/part.ts";
import { Progress } from "./parts/progress.ts";
import { run } from "./parts/run.ts";
import { unpackPackages } from "./parts/unpack.ts";

if (import.meta.main) {
  setColorEnabled(Deno.stdout.isTerminal() && !Deno.env.get("NO_COLOR"));
  Deno.exit(await main(Deno.args).catch(misused));
}

async function main(args: string[]): Promise<number> {
  const unknown = args.find((arg) => !["--check", "--help"].includes(arg));
  if (unknown !== undefined) {
    console.error(`Cannot understand "${unknown}": see deno task setup --help`);
    return 2;
  }
  if (args.includes("--help")) {
    console.log(help());
    return 0;
  }
  let missing = await reportFound(partNames);
  if (missing.length === 0) return 0;
  if (!args.includes("--check")) {
    await fetchParts(missing);
    missing = await reportFound(missing);
  }
  for (const name of missing) line(red("missing"), name, parts[name].use);
  if (missing.length > 0) console.log(`\n${advice(missing, args.includes("--check"))}`);
  return missing.length > 0 && (args.includes("--check") || inCi()) ? 1 : 0;
}

function help(): string {
  return `${bold("deno task setup")}              fetch what the tests need and this machine lacks
${bold("deno task setup --check")}      only say what is there; exits with 1 if something is missing

Daemons (bitcoind, nats-server, prometheus) are unpacked into ${partsFolder()},
without root and without a service; the rest is installed with apt. To use your own node instead:

  ${cyan("BITCOIND=/opt/bitcoin/bin/bitcoind deno task test")}
`;
}

/** Prints a line about each part that is there; returns those that are not. */
async function reportFound(names: readonly PartName[]): Promise<PartName[]> {
  const versions = await Promise.all(names.map(readVersion));
  for (const [index, name] of names.entries()) {
    const path = parts[name].find();
    if (path) line(green("found"), name, (versions[index] ?? "").padEnd(24) + dim(path));
  }
  return names.filter((name) => parts[name].find() === undefined);
}

async function readVersion(name: PartName): Promise<string> {
  const { version } = parts[name];
  const path = parts[name].find();
  if (!path || !version) return "";
  const { stdout, stderr } = await run(path, [...version]);
  return `${stdout} ${stderr}`.match(/\d+\.\d+[\w.]*/)?.[0] ?? "";
}

/** Fetches each way; a part that cannot be had is said and does not stop the others. */
async function fetchParts(missing: PartName[]): Promise<void> {
  using progress = new Progress();
  const unpacked = missing.filter((name) => parts[name].how === "unpack");
  for (const [bundle, names] of Map.groupBy(unpacked, (name) => parts[name].packages[0])) {
    await attempt(names, (report) => unpackPackages(bundle, names, report), progress);
  }
  const installed = missing.filter((name) => parts[name].how === "install");
  const packages = installed.flatMap((name) => parts[name].packages);
  if (installed.length > 0) await attempt(installed, (report) => installPackages(packages, report), progress);
}

type Report = (text: string) => void;

async function attempt(names: PartName[], get: (report: Report) => Promise<void>, progress: Progress) {
  const label = names.join(", ");
  try {
    await get((text) => progress.show(`${yellow("getting")}  ${label}: ${text}`));
    progress.clear();
  } catch (error) {
    progress.clear();
    line(red("failed"), label, error instanceof Error ? error.message : String(error));
  }
}

/** A BITCOIND that is no program is the user's to correct, not a bug of ours to trace. */
function misused(error: unknown): number {
  if (!(error instanceof TypeError && error.message.includes("BITCOIND"))) throw error;
  console.error(error.message);
  return 2;
}

function advice(missing: PartName[], checking: boolean): string {
  if (checking) return `To get them: ${cyan("deno task setup")}`;
  const packages = missing.filter((name) => parts[name].how === "install").flatMap((name) =>
    parts[name].packages
  );
  const fate = inCi() ? "fail" : "be shown as ignored";
  const hints = [`Tests that need these parts will ${fate}.`];
  if (packages.length > 0) hints.push(`To install them: ${cyan(installCommand(packages).join(" "))}`);
  if (missing.includes("bitcoind")) hints.push(`To use your own node: ${cyan("BITCOIND=/path/to/bitcoind")}`);
  return hints.join("\n");
}

function line(word: string, name: string, rest: string): void {
  console.log(`${word.padEnd(8)} ${name.padEnd(16)} ${rest}`);
}
