import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import {
  compileNode,
  Extractor,
  FakeNode,
  tracingCommand,
  tracingTest,
} from "../../tests/integration/ebpf_fixture.ts";
import { denoDir } from "../../tests/parts/deno_dir.ts";
import { startProcess } from "../../tests/parts/process.ts";
import { until } from "../../tests/parts/until.ts";

const REPOSITORY = new URL("../..", import.meta.url).pathname;
const UNIT = await Deno.readTextFile(new URL("waggle-bpftrace@.service", import.meta.url));

await tracingTest(
  "waggle-bpftrace: what the unit runs, with its rights and for each connection, is what the extractor reads",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "waggle-feeder-" });
    const socket = join(folder, "ebpf.sock");
    await using program = await compileNode();
    await using node = new FakeNode(program.path);
    const script = join(folder, "unit.sh");
    await Deno.writeTextFile(script, unitAsScript(program.path, folder));
    const [, ...asRoot] = (await tracingCommand()).split(" ").toReversed();
    const [command, ...args] = [...asRoot.toReversed(), "systemd-socket-activate"];
    await using _feeder = startProcess(command!, {
      args: [...args, "--accept", "--inetd", "--listen", socket, "sh", script],
      cwd: REPOSITORY,
    });
    await until("the socket", () => Deno.statSync(socket).isSocket);
    await using extractor = new Extractor({ input: socket });
    await extractor.attached();
    await node.fire("same in ping 8 3 0");
    const events = await extractor.received(3);
    assertEquals(events.map(({ kind }) => kind), ["message", "message", "message"]);
    await extractor.stop();
    await Deno.remove(folder, { recursive: true });
  },
  ["systemd-analyze"],
);

/** What systemd would do with the unit. */
function unitAsScript(binary: string, folder: string): string {
  const value = (key: string) => new RegExp(`^${key}=(.*)$`, "m").exec(UNIT)![1]!;
  const rights = value("CapabilityBoundingSet").split(" ").map((name) => `+${name.slice(4).toLowerCase()}`);
  const here = (command: string) =>
    command.replaceAll("/opt/waggle/bin/deno", Deno.execPath()).replaceAll(
      "/tmp/ebpf.bt",
      `${folder}/ebpf.bt`,
    )
      .replaceAll("$$", "$");
  return [
    `export BITCOIND=${binary} DENO_DIR=${denoDir()} PATH=${Deno.env.get("PATH")} HOME=${folder}`,
    `export ${/^Environment=(BPFTRACE_\S+)$/m.exec(UNIT)![1]}`,
    here(value("ExecStartPre")),
    `exec setpriv --bounding-set=-all,${rights} ${here(value("ExecStart"))}`,
  ].join("\n");
}
