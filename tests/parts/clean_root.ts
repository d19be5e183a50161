/**
 * Executes a stage of a Containerfile where no container engine is: in a folder that becomes the root, with the machine's
 * own programs and libraries below it, read-only, in the place of the base image. What runs there runs as the stage's user
 * on a file system that it cannot write, as compose.yaml says. Needs root.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import { type Process, startProcess } from "./process.ts";
import { lastLines, run, runOrThrow } from "./run.ts";
import type { Stage } from "./containerfile.ts";

const REPOSITORY = new URL("../..", import.meta.url).pathname;
const DENO = "/opt/deno";
/** Of the machine, where it has them; links stay links. */
const BASE = ["usr", "bin", "sbin", "lib", "lib64", "etc"];

/** What changes a stage's files, and what only describes it. */
const DESCRIBING = ["ENTRYPOINT", "CMD"];

/** Why this cannot be done here, if so. */
export async function obstacle(): Promise<string | undefined> {
  if (Deno.uid() !== 0) return "it needs root";
  const { code, stderr } = await run("unshare", ["--mount", "true"]).catch((error) => ({
    code: 1,
    stderr: String(error),
  }));
  return code === 0 ? undefined : lastLines(stderr, 1);
}

/** A root with a stage in it; gone when its scope is left. */
export class CleanRoot implements AsyncDisposable {
  readonly path: string;
  readonly #environment: Record<string, string> = {};
  /** Folders of the machine that are mounted. */
  readonly #own: string[] = [];
  #workdir = "/";
  #user = "0:0";

  private constructor(path: string) {
    this.path = path;
  }

  /** Executes a stage; packages of npm come from Deno's own cache, so that nothing is fetched twice. */
  static async build({ steps }: Stage): Promise<CleanRoot> {
    const root = new CleanRoot(await Deno.makeTempDir({ prefix: "waggle-root-" }));
    try {
      await root.#prepare();
      for (const { instruction, text } of steps) await root.#execute(instruction, text);
      return root;
    } catch (error) {
      await root[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts a program as a container would: as the stage's user, nothing to write but `/tmp` and these folders. */
  start(args: readonly string[], writable: readonly string[]): Process {
    return startProcess("unshare", {
      args: ["--mount", "sh", "-euc", this.#script(args, writable)],
      name: args[0]!,
    });
  }

  async #prepare(): Promise<void> {
    await Deno.chmod(this.path, 0o755);
    for (const name of BASE) {
      const there = await Deno.lstat(`/${name}`).catch(() => undefined);
      if (there?.isSymlink) await Deno.symlink(await Deno.readLink(`/${name}`), join(this.path, name));
      else if (there) {
        await Deno.mkdir(join(this.path, name));
        this.#own.push(name);
      }
    }
    for (const folder of ["proc", "dev", "tmp", DENO]) {
      await Deno.mkdir(join(this.path, folder), { recursive: true });
    }
  }

  async #execute(instruction: string, text: string): Promise<void> {
    const words = text.split(" ");
    if (instruction === "ENV") this.#environment[text.split("=")[0]!] = text.slice(text.indexOf("=") + 1);
    else if (instruction === "WORKDIR") this.#workdir = text;
    else if (instruction === "USER") this.#user = text;
    else if (instruction === "COPY") await this.#copy(words.slice(0, -1), words.at(-1)!);
    else if (instruction === "RUN") await this.#run(text);
    else if (!DESCRIBING.includes(instruction)) throw new Error(`Cannot execute "${instruction} ${text}"`);
  }

  async #copy(sources: readonly string[], target: string): Promise<void> {
    const to = join(this.path, this.#workdir, target);
    await Deno.mkdir(target.endsWith("/") ? to : dirname(to), { recursive: true });
    await runOrThrow("cp", ["-R", ...sources, to], { cwd: REPOSITORY });
  }

  async #run(command: string): Promise<void> {
    await this.#borrowPackages();
    const script = this.#script(["sh", "-euc", command], ["/"]);
    await runOrThrow("unshare", ["--mount", "sh", "-euc", script]);
  }

  /** As links to the same files. */
  async #borrowPackages(): Promise<void> {
    const to = join(this.path, this.#environment["DENO_DIR"] ?? "");
    if (await Deno.stat(to).then(() => true, () => false)) return;
    const info = JSON.parse(await runOrThrow(Deno.execPath(), ["info", "--json"]));
    await Deno.mkdir(to, { recursive: true });
    await run("cp", ["-R", "--link", "--no-clobber", info.npmCache, to]);
  }

  /** Mounts, becomes the user, and runs: as root where everything may be written, and that is our own files only. */
  #script(args: readonly string[], writable: readonly string[]): string {
    const { path } = this;
    const isBuilding = writable.includes("/");
    const environment = { PATH: `${DENO}:/usr/bin:/bin`, NO_COLOR: "1", ...this.#environment };
    const command = ["sh", "-euc", `cd ${this.#workdir}; exec "$@"`, "-", ...args];
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    return [
      `mount --bind ${path} ${path}`,
      ...this.#own.flatMap((name) => readOnly(`/${name}`, `${path}/${name}`)),
      ...readOnly(dirname(Deno.execPath()), `${path}${DENO}`),
      `mount --rbind /dev ${path}/dev`,
      `mount -t proc proc ${path}/proc`,
      `mount -t tmpfs tmpfs ${path}/tmp`,
      ...isBuilding ? [] : [
        ...writable.map((folder) => `mount --bind ${path}${folder} ${path}${folder}`),
        `mount -o remount,bind,ro ${path}`,
      ],
      [
        "exec",
        "chroot",
        ...isBuilding ? [] : [`--userspec=${this.#user}`],
        path,
        "env",
        "-i",
        ...variables,
        ...command,
      ]
        .map(quoted).join(" "),
    ].join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

function readOnly(from: string, to: string): string[] {
  return [`mount --bind ${from} ${to}`, `mount -o remount,bind,ro ${to}`];
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
