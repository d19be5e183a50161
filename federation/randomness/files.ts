/**
 * Files that are there after a power cut, or not there any more.
 *
 * @module
 */

/** Writes a file that must not be there, for its owner alone; it is on the disk when this returns. */
export function create(path: string, bytes: Uint8Array): void {
  {
    using file = Deno.openSync(path, { write: true, createNew: true, mode: 0o600 });
    write(file, bytes);
    file.syncSync();
  }
  syncFolder(path);
}

/** Adds a line to a file, for its owner alone; it is on the disk when this returns. */
export function appendLine(path: string, line: string): void {
  using file = Deno.openSync(path, { append: true, create: true, mode: 0o600 });
  write(file, new TextEncoder().encode(`${line}\n`));
  file.syncSync();
}

/**
 * The lines of a file; none if there is no file. A last line without its end was not finished by a crash: it is cut
 * off, so that the next one has a line of its own.
 */
export function readLines(path: string): string[] {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole.length < text.length) Deno.truncateSync(path, new TextEncoder().encode(whole).length);
  return whole.split("\n").slice(0, -1);
}

/**
 * Overwrites a file and deletes it. What a file system or a disk keeps of the old bytes elsewhere (a journal, a
 * snapshot, a flash cell that was not reused) is out of reach.
 */
export function erase(path: string): void {
  {
    using file = Deno.openSync(path, { write: true });
    const { size } = file.statSync();
    write(file, crypto.getRandomValues(new Uint8Array(Math.min(size, 65_536))));
    file.syncSync();
  }
  Deno.removeSync(path);
  syncFolder(path);
}

/**
 * Takes a folder for this process.
 *
 * @throws {Error} If another process has it: two would make two keys for one epoch.
 */
export function lockFolder(folder: string): Disposable {
  const file = Deno.openSync(`${folder}/lock`, { write: true, create: true, mode: 0o600 });
  if (file.tryLockSync(true)) return file;
  file.close();
  throw new Error(`Cannot use "${folder}": another service does, stop that or set --randomness.folder`);
}

function write(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(file.writeSync(rest));
}

/** The name of a file is on the disk when its folder is. */
function syncFolder(path: string): void {
  if (Deno.build.os === "windows") return;
  using folder = Deno.openSync(path.slice(0, path.lastIndexOf("/")));
  folder.syncSync();
}
