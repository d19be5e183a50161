/** Bytes that are no archive, or stop being one; what was read before is good. */
export class BrokenArchive extends Error {
  override readonly name = "BrokenArchive";
}
