/**
 * What several rooms ask of the file system.
 *
 * @module
 */

/**
 * Whether there is something at a path, a broken link too.
 *
 * @throws {Error} If that cannot be told, for want of rights: "no" would be a guess.
 *
 * @example Usage
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 *
 * assert(isThere("/"));
 * assertFalse(isThere("/nothing here"));
 * ```
 */
export function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Replaces a file at once: it is the old one or the new one, also after a power cut. */
export async function writeWhole(path: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
  const draft = `${path}.new`;
  {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    using file = await Deno.open(draft, { write: true, create: true, truncate: true, mode });
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    await file.sync();
  }
  await Deno.rename(draft, path);
  using folder = await Deno.open(path.replace(/[^/]*$/, "") || ".");
  await folder.sync();
}
