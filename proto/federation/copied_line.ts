/**
 * Lines of text that people copy from one place to another: a word that says what it is, and bytes in base 64.
 *
 * @module
 */

/** Longer ones are none, whatever they are. */
const MOST_LETTERS = 512;

/** The line that holds these bytes, one after the other. */
export function copiedLine(prefix: string, ...parts: readonly Uint8Array[]): string {
  const bytes = new Uint8Array(parts.flatMap((part) => [...part]));
  return prefix + bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** So many bytes in a line; `undefined` if it is another. A terminal may have broken it: white space means nothing. */
export function bytesOfLine(
  prefix: string,
  line: string,
  length: number,
): Uint8Array<ArrayBuffer> | undefined {
  if (line.length > MOST_LETTERS) return undefined;
  const letters = line.replaceAll(/\s/g, "");
  if (!letters.startsWith(prefix)) return undefined;
  try {
    const bytes = Uint8Array.fromBase64(letters.slice(prefix.length), { alphabet: "base64url" });
    return bytes.length === length ? new Uint8Array(bytes) : undefined;
  } catch {
    return undefined; // no base 64
  }
}
