/**
 * Standard output, for components whose result goes there.
 *
 * @module
 */

/** Writes all of it; false when nobody reads any more, as with `… | head`. */
export async function writeOut(data: string | Uint8Array): Promise<boolean> {
  let rest = typeof data === "string" ? new TextEncoder().encode(data) : data;
  try {
    while (rest.length > 0) rest = rest.subarray(await Deno.stdout.write(rest));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return false;
    throw error;
  }
}
