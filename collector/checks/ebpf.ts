import type { Check } from "../../runtime/preset.ts";
import { obstacle } from "../../extractors/ebpf/supervise.ts";
import { parseInput } from "../../extractors/ebpf/input.ts";
import { fine, messageOf, type Sight, wrong } from "./check.ts";

const TODO: Record<
  NonNullable<Awaited<ReturnType<typeof obstacle>>>["missing"],
  Pick<Check, "advice" | "paste">
> = {
  binary: { advice: "Or do without: --without ebpf" },
  tracepoints: { advice: "Or do without: --without ebpf" },
  bpftrace: { advice: "Install it", paste: "sudo apt-get install bpftrace" },
  rights: {
    advice: "Run it as root, apart from the collector (deploy/systemd) or, to try it out",
    paste: 'deno task collector --ebpf.command "sudo bpftrace"',
  },
  else: { advice: "Mount tracefs and debugfs, see extractors/ebpf/README.md, or do without: --without ebpf" },
};

/** Whether the node can be traced from here. */
export async function checkEbpf({ values }: Sight): Promise<Check[]> {
  const { bitcoind, command, input } = values["ebpf"] as {
    bitcoind: string;
    command: string;
    input?: string;
  };
  if (input !== undefined) return [await checkInput(input)];
  const found = await obstacle({ bitcoind, command });
  if (found === undefined) return [fine("ebpf", `"${command}" can trace "${bitcoind}"`)];
  return [wrong("fault", "ebpf", found.line, TODO[found.missing])];
}

/** A socket is not connected to: that would start a bpftrace. */
async function checkInput(text: string): Promise<Check> {
  const input = parseInput(text);
  if (input.type === "stdin") return fine("ebpf", "reads standard input");
  try {
    await Deno.stat(input.path);
    return fine("ebpf", `reads "${input.path}", where a bpftrace apart writes`);
  } catch (error) {
    return wrong("fault", "ebpf", `cannot read "${input.path}": ${messageOf(error)}`, {
      advice: "Start the unit that runs bpftrace",
      paste: "sudo systemctl enable --now waggle-bpftrace.socket",
    });
  }
}
