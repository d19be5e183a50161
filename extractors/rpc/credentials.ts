import { CallFailure } from "./failure.ts";

/** Where user and password come from: a cookie file, or a user with a password or a file that holds it. */
export interface CredentialOptions {
  /** The node's cookie file. */
  cookieFile?: string | undefined;
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
 * assertEquals(credentialsProblem({ cookieFile: "/home/a/.bitcoin/.cookie" }), undefined);
 * assertEquals(credentialsProblem({ user: "a" }), 'RPC user "a" has no password: set WAGGLE_RPC_PASSWORD or --rpc.password-file');
 * ```
 */
export function credentialsProblem(options: CredentialOptions): string | undefined {
  const { cookieFile, user, password, passwordFile } = options;
  const hasPassword = password !== undefined || passwordFile !== undefined;
  if (cookieFile !== undefined && (user !== undefined || hasPassword)) {
    return "Two kinds of RPC credentials: set either --rpc.cookie-file, or --rpc.user and its password";
  }
  if (cookieFile !== undefined) return undefined;
  if (user === undefined) {
    return "No RPC credentials: set --rpc.cookie-file, such as ~/.bitcoin/.cookie, or --rpc.user and its password";
  }
  if (hasPassword) return undefined;
  return `RPC user "${user}" has no password: set WAGGLE_RPC_PASSWORD or --rpc.password-file`;
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
    const { cookieFile, user, password, passwordFile } = this.#options;
    if (cookieFile !== undefined) return await readSecret(cookieFile, "RPC cookie", "start bitcoind");
    return `${user ?? ""}:${
      password ?? await readSecret(passwordFile ?? "", "RPC password", "write the password into it")
    }`;
  }
}

async function readSecret(path: string, what: string, advice: string): Promise<string> {
  try {
    return (await Deno.readTextFile(path)).trim();
  } catch (cause) {
    const reason = cause instanceof Deno.errors.NotFound
      ? `no such file, ${advice} or name another file`
      : reasonOf(cause);
    throw new CallFailure("credentials", `cannot read ${what} "${path}": ${reason}`, { cause });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
