/**
 * Prints the bpftrace script for a binary, for running bpftrace apart from the collector:
 *
 *     deno task ebpf:script --bpftrace 0.17 /usr/local/bin/bitcoind > ebpf.bt
 *
 * What is not traced, and why, is said on standard error.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { reasonOf } from "../../runtime/reason.ts";
import { readBinary } from "./binary.ts";
import { writeScript } from "./script.ts";
import { type Group, GROUPS, MAX_PAYLOAD_BYTES } from "./tracepoints.ts";
import { parseVersion } from "./version.ts";

const USAGE = `Usage: deno task ebpf:script --bpftrace VERSION [options] BINARY

Prints the bpftrace script for a node's binary.

  --bpftrace VERSION   Of the bpftrace that will run it, see bpftrace --version
  --groups A,B,…       What is traced [default ${GROUPS.join(",")}]
  --max-payload N      Longest payload in bytes that is carried whole [default 65536]
  --pid N              Trace only this process
`;

/** Runs with these arguments and returns the exit code. */
export async function main(
  args: string[],
  print: (text: string) => void,
  say: (text: string) => void,
): Promise<number> {
  const options = readOptions(args);
  if (typeof options === "string") {
    say(options);
    return 2;
  }
  const found = await readBinary(options.binary);
  if (!found.ok) {
    say(`Cannot read the tracepoints of "${options.binary}": ${found.problem}`);
    return 1;
  }
  const { text, traced, missing } = writeScript({ ...options, notes: found.notes, machine: found.machine });
  for (const { name, reason } of missing) say(`Not traced: ${name}: ${reason}`);
  if (traced.length === 0) {
    say(
      `"${options.binary}" has none of the tracepoints: use an official release, or build with -DWITH_USDT=ON`,
    );
    return 1;
  }
  print(text);
  return 0;
}

function readOptions(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        bpftrace: { type: "string", default: "" },
        groups: { type: "string", default: GROUPS.join(",") },
        "max-payload": { type: "string", default: "65536" },
        pid: { type: "string", default: "0" },
      },
    });
    const version = parseVersion(values.bpftrace);
    const [binary, ...others] = positionals;
    if (binary === undefined || others.length > 0 || version === undefined) return USAGE;
    const groups = values.groups.split(",").map((word) => {
      const group = GROUPS.find((group) => group === word);
      if (group === undefined) {
        throw new SyntaxError(`Cannot use group "${word}": there are ${GROUPS.join(", ")}`);
      }
      return group;
    });
    const maxPayload = whole("--max-payload", values["max-payload"], MAX_PAYLOAD_BYTES);
    const pid = whole("--pid", values.pid, 2 ** 31);
    return { binary, version, groups: groups satisfies Group[], maxPayload, pid };
  } catch (error) {
    return `${reasonOf(error)}\n\n${USAGE}`;
  }
}

function whole(name: string, text: string, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value <= max) return value;
  throw new RangeError(`Cannot use ${name} "${text}": expected a whole number up to ${max}`);
}

if (import.meta.main) {
  Deno.exit(await main(Deno.args, (text) => console.log(text), (text) => console.error(text)));
}
