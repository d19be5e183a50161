/**
 * Takes a program with all its libraries out of Debian's packages, into a folder of the user's: no root, no
 * service started, nothing of the machine's changed.
 *
 * @module
 */
import { join } from "@std/path";
import { openAptWith } from "./own_apt.ts";
import { partsFolder, triplet } from "./part.ts";
import { runOrThrow } from "./run.ts";

/** How the C library of each architecture names its dynamic loader. */
const LOADERS: Record<string, string> = { x86_64: "ld-linux-x86-64.so.2", aarch64: "ld-linux-aarch64.so.1" };

/** Unpacks `bundle` and its libraries and writes a launcher for each of its commands. */
export async function unpackPackages(
  bundle: string,
  commands: readonly string[],
  report: (text: string) => void,
): Promise<void> {
  const folder = partsFolder();
  await Deno.mkdir(folder, { recursive: true });
  const work = await Deno.makeTempDir({ dir: folder, prefix: ".unpacking-" });
  const done = join(work, "done");
  try {
    const apt = await openAptWith(bundle, work, report);
    // The bundle, its commands where packaged apart, and libraries: not what makes users or manages services.
    const packages = apt.plan.filter((name) =>
      name === bundle || commands.includes(name) || /^z?lib/.test(name)
    );
    report(`downloading ${packages.length} packages`);
    await apt.run("download", ...packages);
    await Deno.mkdir(join(done, "root"), { recursive: true });
    for await (const { name } of Deno.readDir(apt.debs)) {
      report(`unpacking ${name}`);
      await runOrThrow("dpkg-deb", ["--extract", join(apt.debs, name), join(done, "root")]);
    }
    await writeLaunchers(done, commands);
    for (const command of commands) await runOrThrow(join(done, "bin", command), ["--version"]);
    // Whole or not at all: what is under its final name is complete, and was started once.
    await Deno.remove(join(folder, bundle), { recursive: true }).catch(() => {});
    await Deno.rename(done, join(folder, bundle));
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** A launcher starts its program with the libraries it was built for, the dynamic loader included. */
async function writeLaunchers(folder: string, commands: readonly string[]): Promise<void> {
  await Deno.mkdir(join(folder, "bin"));
  const root = join(folder, "root");
  const libraries = [`usr/lib/${triplet()}`, `lib/${triplet()}`];
  const loader = find(root, libraries, LOADERS[Deno.build.arch] ?? `loader for ${Deno.build.arch}`);
  for (const command of commands) {
    const script = `#!/bin/sh
# Written by deno task setup.
root="\${0%/*}/../root"
exec "$root/${loader}" --library-path "${libraries.map((path) => `$root/${path}`).join(":")}" \\
  "$root/${find(root, ["usr/bin", "usr/sbin"], command)}" "$@"
`;
    await Deno.writeTextFile(join(folder, "bin", command), script, { mode: 0o755 });
  }
}

/** Where below `root` a file lies: it differs between packages and releases. */
function find(root: string, places: string[], name: string): string {
  for (const place of places) {
    if ([...list(join(root, place))].includes(name)) return `${place}/${name}`;
  }
  throw new Error(`Cannot find "${name}" among the unpacked files: looked in ${places.join(", ")}`);
}

function list(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map((entry) => entry.name);
  } catch {
    return []; // no such folder
  }
}
