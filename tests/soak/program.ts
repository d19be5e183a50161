/**
 * Waggle as an operator runs it: each component a process of its own on a NATS server, with the rights that deno.json
 * gives it and those that its documentation says for other places than the defaults.
 *
 * @module
 */

import { type Process, startProcess } from "../parts/process.ts";
import { runOrThrow } from "../parts/run.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** What a component needs besides its permission set and the bus. */
export interface Invocation {
  readonly name: string;
  /** More rights: `["--allow-read=/x"]`. */
  readonly rights?: readonly string[];
  /** Options of its own: `{ "rpc.url": "…" }`. */
  readonly options?: Readonly<Record<string, string>>;
  readonly v8Flags?: string;
  readonly onStdout?: (bytes: Uint8Array) => void;
}

/** A component that runs, and can be looked into. */
export interface Started {
  readonly process: Process;
  readonly inspectorPort: number;
}

/** Starts a component; it is ready when it has said that it started. */
export async function startComponent(bus: string, invocation: Invocation): Promise<Started> {
  const { name, rights = [], options = {}, v8Flags, onStdout } = invocation;
  const process = startProcess(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", ...v8Flags === undefined ? [] : [`--v8-flags=${v8Flags}`]],
      ...[
        "--inspect=127.0.0.1:0",
        `-P=${name}`,
        ...rights,
        `--allow-net=${nets(bus, options)}`,
        "mod.ts",
        name,
      ],
      ...["--bus", bus, "--log-json"],
      ...Object.entries(options).flatMap(([option, value]) => [`--${option}`, value]),
    ],
    cwd: ROOT,
    name,
    ...onStdout === undefined ? {} : { onStdout },
  });
  try {
    const [, port] = await process.waitForLine(/Debugger listening on ws:\/\/127\.0\.0\.1:(\d+)/);
    await process.waitForLine(`"component":"${name}","message":"Started`);
    return { process, inspectorPort: Number(port) };
  } catch (error) {
    await process.stop();
    throw error;
  }
}

/** Runs a command of the program to its end; what it printed. */
export async function runCommand(...args: string[]): Promise<string> {
  return await runOrThrow(Deno.execPath(), ["run", "--quiet", "-A", "mod.ts", ...args], { cwd: ROOT });
}

/** What a component said when it ended. */
export interface Ending {
  readonly in: number;
  readonly out: number;
  readonly dropped: number;
  readonly restarts: number;
  /** What it could not send. */
  readonly unsent: number;
  /** What it counted itself. */
  readonly counts: ReadonlyMap<string, number>;
  /** Lines that warn, or tell of an error. */
  readonly complaints: readonly string[];
}

/** Stops a component as its operator does, and reads what it says last. */
export async function endComponent(process: Process): Promise<Ending> {
  const { code, signal } = await process.stop();
  const lines = process.output.split("\n").filter((line) => line.startsWith('{"time"')).map((line) =>
    JSON.parse(line) as { level: string; component: string; message: string }
  );
  // To warn of the traffic is what the alerts are for.
  const levels = process.name === "alerts" ? ["error"] : ["error", "warn"];
  const complaints = lines.filter(({ level }) => levels.includes(level)).map(({ message }) => message);
  if (code !== 0) complaints.push(`ended with ${signal === null ? `code ${code}` : signal}`);
  const said = (component: string) =>
    lines.findLast((line) => line.component === component && line.message.startsWith("Ended: "))?.message ??
      "";
  const own = countsIn(said(process.name));
  if (own.size === 0) complaints.push("did not say how it ended");
  const take = (name: string) => {
    const count = own.get(name) ?? NaN;
    own.delete(name);
    return count;
  };
  return {
    ...{ in: take("events in"), out: take("out"), dropped: take("dropped"), restarts: take("restarts") },
    unsent: countsIn(said("bus")).get("not sent") ?? NaN,
    counts: own,
    complaints,
  };
}

/** "Ended: 3 events in, 0 out, 2 lines": what, and how many. */
function countsIn(text: string): Map<string, number> {
  return new Map([...text.matchAll(/(\d+) ([^,]+)/g)].map(([, count, what]) => [what!, Number(count)]));
}

function nets(bus: string, options: Readonly<Record<string, string>>): string {
  const hosts = [bus, ...Object.values(options)].map((value) => /(127\.0\.0\.1:\d+)/.exec(value)?.[1]);
  return hosts.filter((host) => host !== undefined).join(",");
}
