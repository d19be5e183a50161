/**
 * The ebpf extractor: what a node's own tracepoints say, through bpftrace.
 *
 * @module
 */

import { component, type Context } from "../../runtime/component.ts";
import { pause } from "../../runtime/backoff.ts";
import { integer, list, path, text } from "../../runtime/options.ts";
import { splitCommand } from "./bpftrace.ts";
import { inputPermissions, parseInput, readInput } from "./input.ts";
import { Monitor } from "./monitor.ts";
import { obstacle, supervise } from "./supervise.ts";
import { type Group, GROUPS, MAX_PAYLOAD_BYTES } from "./tracepoints.ts";

const options = {
  bitcoind: path("The node's binary; what can be traced is read from it", "/usr/local/bin/bitcoind"),
  command: text("How bpftrace is started; words between spaces", "bpftrace"),
  input: path(
    "Read bpftrace's output from a FIFO, a socket (unix:PATH or PATH.sock) or - instead of starting it",
  ),
  groups: list("What is traced", GROUPS, { check: checkGroup }),
  maxPayload: integer("Longest payload in bytes that is read whole; of longer ones the beginning", 65_536, {
    max: MAX_PAYLOAD_BYTES,
  }),
  pid: text(
    "Trace only this process, where several nodes run one binary: its number, or the node's pid file",
  ),
};

export default component({
  summary: "Traces a node's messages, connections, mempool and blocks with bpftrace",
  example: "ebpf --ebpf.bitcoind /usr/local/bin/bitcoind",
  options,
  permissions({ bitcoind, command, input, pid }) {
    if (input !== undefined) return inputPermissions(parseInput(input));
    const pidFile = pid === undefined || /^\d+$/.test(pid) ? [] : [pid];
    return { run: [splitCommand(command)[0]], read: [bitcoind, ...pidFile] };
  },
  async missing({ bitcoind, command, input }) {
    return input === undefined ? (await obstacle({ bitcoind, command }))?.line : undefined;
  },
  async run(context) {
    const { input, bitcoind, command, maxPayload, pid } = context.options;
    const { log, signal, count } = context;
    const advice = input === undefined
      ? `check that a node with the binary "${bitcoind}" is running and connected`
      : "check that the unit that runs bpftrace is started, for the binary that the node runs";
    const monitor = new Monitor({ context, maxPayload, advice });
    if (input === undefined) {
      const groups = context.options.groups as readonly Group[];
      return await supervise({ bitcoind, command, groups, maxPayload, pid }, { log, signal, count, monitor });
    }
    await attach(input, context, monitor);
  },
});

async function attach(
  input: string,
  { log, signal }: Pick<Context, "log" | "signal">,
  monitor: Monitor,
): Promise<void> {
  const ended = new AbortController();
  const checking = checkEverySecond(monitor, AbortSignal.any([signal, ended.signal]));
  try {
    const tell = { chunk: (chunk: Uint8Array) => monitor.push(chunk), end: () => monitor.end() };
    await readInput(parseInput(input), { tell, log, signal });
  } finally {
    ended.abort();
    await checking;
  }
}

async function checkEverySecond(monitor: Monitor, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    monitor.check();
    await pause(1000, signal);
  }
}

function checkGroup(item: string): void {
  if ((GROUPS as readonly string[]).includes(item)) return;
  throw new SyntaxError(`expected some of ${GROUPS.join(", ")}`);
}
