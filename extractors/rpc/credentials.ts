import { CallFailure } from "./failure.ts";

/** Where user and password come from: a user with a password or a file that holds it, else the node's cookie file. */
export interface CredentialOptions {
  /** The node's cookie file. */
  cookieFile: string;
  /** Name of a user. */
  user?: string | undefined;
  /** The user's password. */
  password?: string | undefined;
  /** File with the user's password. */
  passwordFile?: string | undefined;
}

/**
 * Says what is wrong with a combination of options; nothing is the answer if they fit together.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const cookieFile = "/home/a/.bitcoin/.cookie";
 * assertEquals(credentialsProblem({ cookieFile }), undefined);
 * assertEquals(
 *   credentialsProblem({ cookieFile, user: "a" }),
 *   'RPC user "a" has no password: set WAGGLE_RPC_PASSWORD or --rpc.password-file',
 * );
 * ```
 */
export function credentialsProblem({ user, password, passwordFile }: CredentialOptions): string | undefined {
  const hasPassword = password !== undefined || passwordFile !== undefined;
  if (user === undefined && hasPassword) return "RPC password without a user: set --rpc.user";
  if (user === undefined || hasPassword) return undefined;
  return `RPC user "${user}" has no password: set WAGGLE_RPC_PASSWORD or --rpc.password-file`;
}

/** Files that are read for these credentials. */
export function credentialFiles({ cookieFile, user, password, passwordFile }: CredentialOptions): string[] {
  if (user === undefined) return [cookieFile];
  return password === undefined && passwordFile !== undefined ? [passwordFile] : [];
}

/** Keeps the value of the `Authorization` header until it is told that the node has a new cookie. */
export class Credentials {
  readonly #options: CredentialOptions;
  #header: string | undefined;

  /** Credentials from these options. */
  constructor(options: CredentialOptions) {
    this.#options = options;
  }

  /**
   * The value of the `Authorization` header.
   *
   * @throws {CallFailure} If a file cannot be read: a node that is not running has no cookie.
   */
  async header(): Promise<string> {
    return this.#header ??= `Basic ${new TextEncoder().encode(await this.#userAndPassword()).toBase64()}`;
  }

  /** Reads the files again next time: each start of a node writes a new cookie. */
  forget(): void {
    this.#header = undefined;
  }

  /**
   * Reads the files again now and tells whether they say something else.
   *
   * @throws {CallFailure} If a file cannot be read.
   */
  async renew(): Promise<boolean> {
    const before = this.#header;
    this.forget();
    return await this.header() !== before;
  }

  async #userAndPassword(): Promise<string> {
    const { user, password } = this.#options;
    const [file] = credentialFiles(this.#options);
    if (file === undefined) return `${user ?? ""}:${password ?? ""}`;
    if (user === undefined) return await readSecret(file, "RPC cookie");
    return `${user}:${await readSecret(file, "RPC password")}`;
  }
}

async function readSecret(path: string, what: string): Promise<string> {
  try {
    return (await Deno.readTextFile(path)).trim();
  } catch (cause) {
    throw new CallFailure("credentials", `cannot read ${what} "${path}": ${reasonOf(cause)}`, { cause });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such file, start bitcoind or name another file";
  return error instanceof Error ? error.message : String(error);
}
