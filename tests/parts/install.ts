/**
 * Hands packages to the machine's own apt, as root.
 *
 * @module
 */
import { lastLines, run } from "./run.ts";

/** Waits for another apt instead of failing, tries flaky downloads again, and reports in lines for programs. */
const OPTIONS = [
  "-y",
  "-q",
  "--no-install-recommends",
  "-o",
  "DPkg::Lock::Timeout=120",
  "-o",
  "Acquire::Retries=3",
];
const STATUS = ["-o", "APT::Status-Fd=3", "-o", "Dpkg::Use-Pty=0"];
/**
 * Lines for programs come through the pipe, everything else goes to a file: apt does not wait for who reads the pipe,
 * and a package's own script that prints into it may fail for that, and with it the whole installation.
 */
const APART = 'exec "$@" 3>&1 >"$0" 2>&1';

/** The one command that installs `packages`, as a user would type it. */
export function installCommand(packages: readonly string[]): string[] {
  return ["sudo", "apt-get", "install", "--no-install-recommends", ...packages];
}

/** Installs what of `packages` is missing. */
export async function installPackages(packages: string[], report: (text: string) => void): Promise<void> {
  const asRoot = await rootPrefix(packages);
  // A fresh index is only worth its minute if apt does not know the packages, or knows versions that are gone.
  if (await areKnown(packages) && (await apt(asRoot, ["install", ...packages], report)).code === 0) return;
  report("reading the package index");
  const update = await apt(asRoot, ["update"], report);
  const install = await apt(asRoot, ["install", ...packages], report);
  if (install.code === 0) return;
  const said = lastLines(`${update.said}\n${install.said}`, 8);
  throw new Error(`apt-get install ended with code ${install.code}:\n${said}`);
}

/** What to put before a command so that it runs as root. */
async function rootPrefix(packages: string[]): Promise<string[]> {
  if (!await succeeds("apt-get", ["--version"])) {
    throw new Error(`this system has no apt: install what corresponds to ${packages.join(", ")}`);
  }
  if (Deno.uid() === 0) return ["env"];
  if (await succeeds("sudo", ["-n", "true"])) return ["sudo", "-n", "env"];
  throw new Error(`this needs root: ${installCommand(packages).join(" ")}`);
}

async function areKnown(packages: string[]): Promise<boolean> {
  const { stdout } = await run("apt-cache", ["policy", ...packages], { env: { LC_ALL: "C" } });
  return stdout.match(/^ {2}Candidate: \d/gm)?.length === packages.length;
}

async function apt([command = "env", ...prefix]: string[], args: string[], report: (text: string) => void) {
  const env = ["DEBIAN_FRONTEND=noninteractive", "LC_ALL=C"];
  const folder = await Deno.makeTempDir();
  const log = `${folder}/log`;
  try {
    const apart = ["sh", "-c", APART, log, "apt-get", ...OPTIONS, ...STATUS, ...args];
    const { code, stderr } = await run(command, [...prefix, ...env, ...apart], {
      // "dlstatus:3:45.2:Retrieving file 3 of 25", "pmstatus:chromium:60.1:Unpacking chromium"
      onLine: (line) => {
        const [, percent, text] = line.match(/^(?:dl|pm)status:[^:]*:([\d.]+):(.*)/) ?? [];
        if (text) report(`${Math.round(Number(percent))} % ${text}`);
      },
    });
    return { code, said: stderr + await Deno.readTextFile(log).catch(() => "") };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function succeeds(command: string, args: string[]): Promise<boolean> {
  try {
    return (await run(command, args)).code === 0;
  } catch {
    return false; // no such program
  }
}
