/**
 * Tries what a component might be talked into, and says what was refused. Runs as a Worker or as a process with a
 * component's permissions; it does nothing but try.
 *
 * @module
 */

/** What to try, by name: each is a capability of Deno with an argument. */
export interface Attempt {
  /** Which right it needs. */
  right: "run" | "net" | "read" | "write" | "env" | "sys" | "ffi" | "listen";
  /** On what. */
  target: string;
}

const ATTEMPTS: Record<Attempt["right"], (target: string) => unknown> = {
  run: (program) => new Deno.Command(program, { stdout: "null", stderr: "null" }).outputSync(),
  net: async (address) => {
    const [hostname, port] = split(address);
    (await Deno.connect({ hostname, port })).close();
  },
  listen: (address) => {
    const [hostname, port] = split(address);
    Deno.listen({ hostname, port }).close();
  },
  read: (path) => Deno.openSync(path).close(),
  write: (path) => Deno.openSync(path, { write: true, create: true }).close(),
  env: (name) => Deno.env.get(name),
  sys: () => Deno.hostname(),
  ffi: (path) => Deno.dlopen(path, {}).close(),
};

/** Whether Deno refused; that a program or file does not exist is not a refusal. */
export async function isRefused({ right, target }: Attempt): Promise<boolean> {
  try {
    await ATTEMPTS[right](target);
    return false;
  } catch (error) {
    return error instanceof Deno.errors.NotCapable;
  }
}

function split(address: string): [string, number] {
  const colon = address.lastIndexOf(":");
  return [address.slice(0, colon), Number(address.slice(colon + 1))];
}

/** Each attempt, and whether it was refused. */
async function probe(attempts: readonly Attempt[]): Promise<boolean[]> {
  const results: boolean[] = [];
  for (const attempt of attempts) results.push(await isRefused(attempt));
  return results;
}

if (import.meta.main && Deno.args.length > 0) {
  console.log(JSON.stringify(await probe(JSON.parse(Deno.args[0]!))));
} else {
  const worker = self as unknown as {
    onmessage: (event: MessageEvent<Attempt[]>) => void;
    postMessage(results: boolean[]): void;
  };
  worker.onmessage = async ({ data }) => worker.postMessage(await probe(data));
}
