/**
 * The machine's own apt with folders of ours: it resolves, downloads and checks signatures, needs no root, and
 * neither sees nor changes what is installed.
 *
 * @module
 */
import { join } from "@std/path";
import { type AptSource, distributionSources, readAptSources, withSuite } from "./apt_source.ts";
import { lastLines, runOrThrow } from "./run.ts";

/** An apt-get that knows one suite and believes that nothing is installed. */
export interface OwnApt {
  /** The folder it runs in, where `download` leaves its packages. */
  readonly debs: string;
  /** Every package that installing the bundle would take. */
  readonly plan: readonly string[];
  run(...args: string[]): Promise<string>;
}

/**
 * Opens the first suite that has `bundle`: "sid", the only one for which Debian packages a node, then the
 * machine's own release. Where both fail, the error says why for each.
 */
export async function openAptWith(
  bundle: string,
  work: string,
  report: (text: string) => void,
): Promise<OwnApt> {
  const codename = readCodename();
  const sources = distributionSources(readAptSources(), codename);
  const problems: string[] = [];
  for (const suite of ["sid", codename]) {
    for (const [index, source] of sources.entries()) {
      report(`reading the package index of "${suite}"`);
      try {
        const apt = await openApt(join(work, `${suite}-${index}`), source, suite);
        const plan = await apt.run("install", "--simulate", bundle);
        return { ...apt, plan: [...plan.matchAll(/^Inst (\S+)/gm)].map((match) => match[1] ?? "") };
      } catch (error) {
        problems.push(`suite "${suite}" of ${source.get("uris")}: ${explain(error)}`);
      }
    }
  }
  if (sources.length === 0) problems.push(`no apt source for the release "${codename}" under /etc/apt`);
  throw new Error(`Cannot get package "${bundle}":\n  ${problems.join("\n  ")}`);
}

async function openApt(folder: string, source: AptSource, suite: string): Promise<Omit<OwnApt, "plan">> {
  const debs = join(folder, "debs");
  for (const path of [debs, `${folder}/lists/partial`, `${folder}/cache/archives/partial`]) {
    await Deno.mkdir(path, { recursive: true });
  }
  await Deno.writeTextFile(`${folder}/suite.sources`, withSuite(source, suite));
  await Deno.writeTextFile(`${folder}/status`, ""); // nothing is installed: every library is resolved, libc too
  await Deno.writeTextFile(`${folder}/apt.conf`, config(folder));
  const options = { cwd: debs, env: { LC_ALL: "C" } };
  const run = (...args: string[]) => runOrThrow("apt-get", ["-c", `${folder}/apt.conf`, ...args], options);
  await run("update");
  return { debs, run };
}

/** Read by apt after the machine's own settings, so that a proxy set there holds and its hooks do not. */
function config(folder: string): string {
  return `
Dir::State "${folder}";
Dir::State::status "${folder}/status";
Dir::State::lists "${folder}/lists";
Dir::Cache "${folder}/cache";
Dir::Cache::pkgcache "pkgcache.bin"; // container images switch these off, then every call parses 60 MB again
Dir::Cache::srcpkgcache "srcpkgcache.bin";
Dir::Etc::sourcelist "${folder}/suite.sources";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
#clear APT::Update;
APT::Update::Error-Mode "any";
APT::Sandbox::User "root"; // the user "_apt" may not enter a private folder, apt would warn about it
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "3";
`;
}

/** One line out of apt's many. */
function explain(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (/NO_PUBKEY|not signed/.test(text)) {
    return "its signing key is not in this machine's keyring, install a newer debian-archive-keyring";
  }
  if (/Unable to locate|no installation candidate/.test(text)) return "it has no such package";
  return lastLines(text.match(/^E: .*$/gm)?.join("\n") ?? text, 1);
}

function readCodename(): string {
  try {
    return Deno.readTextFileSync("/etc/os-release").match(/^VERSION_CODENAME="?(\w+)/m)?.[1] ?? "";
  } catch {
    return "";
  }
}
