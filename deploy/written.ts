/**
 * Files that are written from tables: `--check` compares instead.
 *
 * @module
 */

import { dirname, join } from "@std/path";

/** Writes the files below a folder; with `--check` says which are not what would be written, and fails. */
export async function writeOrCheck(
  folder: string,
  files: ReadonlyMap<string, string>,
  task: string,
): Promise<void> {
  const stale: string[] = [];
  for (const [file, text] of files) {
    const path = join(folder, file);
    if (await textOf(path) === text) continue;
    stale.push(file);
    if (Deno.args.includes("--check")) continue;
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, text);
  }
  if (!Deno.args.includes("--check")) {
    return console.log(`${files.size} files, ${stale.length} of them changed`);
  }
  if (stale.length === 0) return;
  console.error(`Not what the tables say: ${stale.join(", ")}; run ${task}`);
  Deno.exit(1);
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
