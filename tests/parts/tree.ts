/**
 * The files of the repository, for tests about all of them.
 *
 * @module
 */

/** Where the repository is, with a slash at its end. */
export const ROOT: string = new URL("../../", import.meta.url).pathname;

/** Folders that are nobody's work. */
const SKIPPED = new Set([".git", "node_modules"]);

/** Paths relative to the root of all files whose name ends so. */
export function filesOf(ending = "", folder = ""): string[] {
  return [...Deno.readDirSync(ROOT + folder)].flatMap(({ name, isDirectory }) => {
    if (isDirectory) return SKIPPED.has(name) ? [] : filesOf(ending, `${folder}${name}/`);
    return name.endsWith(ending) ? [folder + name] : [];
  }).sort();
}
