import { assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { denoDir } from "../../tests/parts/deno_dir.ts";
import { partTest } from "../../tests/parts/needs.ts";
import { requirePart } from "../../tests/parts/part.ts";
import { run, runOrThrow } from "../../tests/parts/run.ts";

const REPOSITORY = new URL("../..", import.meta.url).pathname;
const INSTALL = join(REPOSITORY, "deploy/install.sh");
/** Everything but what runs bpftrace, which takes root. */
const UNPRIVILEGED = ["collector", "prune", "uplink", "hub"].map((name) => `waggle-${name}.service`);
const MOST_EXPOSED = 2;

partTest({
  name:
    "deploy/install.sh: installs into a folder, twice the same, what runs and is safe, and removes all of it",
  needs: ["systemd-analyze", "bpftrace"],
  fn: installAndRemove,
});

async function installAndRemove(t: Deno.TestContext): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "waggle-install-" });
  const datadir = await Deno.makeTempDir({ prefix: "waggle-install-node-" });
  const units = await Deno.makeTempDir({ prefix: "waggle-install-units-" });
  const install = async (...args: string[]) =>
    await runOrThrow("sh", [INSTALL, "--root", root, "--deno", Deno.execPath(), ...args]);
  try {
    await t.step("--dry-run says what it would do, and does nothing", async () => {
      const said = await install("--dry-run", "--with", "hub");
      assertStringIncludes(said, `write ${root}/etc/systemd/system/waggle-collector.service`);
      assertEquals(await tree(root), []);
    });

    await t.step("a second time nothing changes, and what was configured stays", async () => {
      await install("--cache", denoDir(), "--datadir", datadir);
      const config = join(root, "etc/waggle/collector.json");
      assertEquals(JSON.parse(await Deno.readTextFile(config)).datadir, datadir);
      assertEquals(Deno.statSync(config).mode! & 0o777, 0o600, "it may hold the password of an RPC user");
      await Deno.writeTextFile(config, '{ "chain": "signet" }');
      const stale = join(root, "opt/waggle/tools/of_an_old_version.ts");
      await Deno.writeTextFile(stale, "");
      const before = await tree(root);
      await install("--cache", denoDir(), "--datadir", datadir);
      assertEquals(await tree(root), before);
      assertEquals([isThere(stale), isThere(join(root, "opt/waggle/mod.ts"))], [false, true]);
      assertEquals(await Deno.readTextFile(config), '{ "chain": "signet" }');
    });

    await t.step("systemd finds no mistake in the units, and those without rights are safe", async () => {
      const names = await copyUnits(root, units);
      assertEquals(names.length, 7);
      const verified = await run(requirePart("systemd-analyze"), [
        "verify",
        "--man=no",
        ...names.map((name) => join(units, name)),
      ]);
      // Units of the machine itself are none of our business.
      assertEquals(verified.stderr.split("\n").filter((line) => line.includes("waggle")), []);
      for (const name of UNPRIVILEGED) assertLess(await exposure(join(units, name)), MOST_EXPOSED, name);
    });

    await t.step("what the units start understands its command line", async () => {
      for (const name of ["collector", "uplink", "hub"]) {
        const command = `${commandOf(join(units, `waggle-${name}.service`), "ExecStart")} --check`;
        const { code, stdout, stderr } = await inApp(root, command);
        assertEquals([code, stdout.startsWith("The options of ")], [0, true], stderr);
        assertEquals((await inApp(root, `${command} --no-such-option`)).code, 2);
      }
      const before = commandOf(join(units, "waggle-bpftrace@.service"), "ExecStartPre");
      const script = /^\/bin\/sh -c '(.*) > \/tmp\/ebpf\.bt'$/.exec(before)![1]!.replaceAll("$$", "$");
      // It has read the binary, which has no tracepoints, and found nothing wrong with the options before.
      const { code, stderr } = await inApp(root, `export BITCOIND=${requirePart("bpftrace")}; ${script}`);
      assertEquals(code, 1);
      assertStringIncludes(stderr, "has none of the tracepoints");
    });

    await t.step("--remove leaves configuration, --purge nothing", async () => {
      assertStringIncludes(await install("--remove"), "--purge removes them");
      assertEquals(
        (await tree(root)).map((line) => line.split(" ")[0]),
        [
          "archive.env",
          "collector.json",
          "feeder.env",
          "hub.json",
          "uplink.json",
        ].map((name) => `etc/waggle/${name}`),
      );
      await install("--remove", "--purge");
      assertEquals([...Deno.readDirSync(root)].length, 0);
      await install("--remove", "--purge");
    });
  } finally {
    for (const folder of [root, datadir, units]) await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("waggle-run: gives systemd a command that the program takes, on the folder of the unit", async () => {
  const folder = await Deno.makeTempDir({ prefix: "waggle-run-" });
  // It stands in for systemd, which does not run here, and prints what it was asked to run.
  await Deno.writeTextFile(join(folder, "systemd-run"), '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 });
  for (const words of [["hub", "invite", "--hub.count", "2"], ["uplink", "keygen"]]) {
    const env = { PATH: `${folder}:${Deno.env.get("PATH")}` };
    const asked = (await runOrThrow(join(REPOSITORY, "deploy/systemd/waggle-run"), words, { env })).trimEnd()
      .split("\n");
    const unit = await Deno.readTextFile(join(REPOSITORY, `deploy/systemd/waggle-${words[0]}.service`));
    assertStringIncludes(unit, `User=${asked.find((word) => word.startsWith("--uid="))!.slice(6)}\n`);
    assertStringIncludes(unit, `${asked.find((word) => word.startsWith("StateDirectory="))}\n`);
    const args = asked.slice(asked.indexOf("--") + 2);
    const { code, stderr } = await run(Deno.execPath(), [
      ...args.filter((arg) => arg !== "--cached-only"),
      "--check",
    ], {
      cwd: REPOSITORY,
    });
    assertEquals(code, 0, stderr);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("deploy/install.sh: a mistake on its command line is said, and nothing is done", async () => {
  for (
    const [args, what] of [[["--rot", "/x"], "--rot"], [["--with", "hbu"], "hbu"], [
      ["--purge"],
      "--remove",
    ]] as const
  ) {
    const { code, stderr } = await run("sh", [INSTALL, ...args]);
    assertEquals(code, 2);
    assertStringIncludes(stderr, what);
  }
  assertMatch((await run("sh", [INSTALL, "--help"])).stdout, /^Usage: sudo deploy\/install\.sh/);
});

Deno.test("deploy/install.sh: names no registry and no host", async () => {
  assertEquals(/https?:|registry/.exec(await Deno.readTextFile(INSTALL)), null);
});

Deno.test("prune-archives: deletes by age, then the oldest until it fits, and nothing else", async () => {
  const folder = await Deno.makeTempDir({ prefix: "waggle-prune-" });
  const write = async (name: string, daysAgo: number, mebibytes = 0) => {
    await Deno.writeFile(join(folder, name), new Uint8Array(mebibytes << 20).fill(1));
    const at = new Date(Date.now() - daysAgo * 86_400_000);
    await Deno.utime(join(folder, name), at, at);
  };
  const prune = async (days: string, gib: string) => {
    const outcome = await run("sh", [join(REPOSITORY, "deploy/systemd/prune-archives"), folder, days, gib]);
    return { ...outcome, left: [...Deno.readDirSync(folder)].map(({ name }) => name).sort() };
  };
  await write("archive.1.bin.zst", 40);
  await write("archive.2.bin", 20, 1);
  await write("archive.3.bin.zst", 10, 1);
  await write("notes.txt", 400);
  assertEquals((await prune("30", "1")).left, ["archive.2.bin", "archive.3.bin.zst", "notes.txt"]);
  assertEquals(
    (await prune("30", "0")).left,
    ["archive.3.bin.zst", "notes.txt"],
    "the newest is being written",
  );
  assertEquals((await prune("1", "0")).left, ["archive.3.bin.zst", "notes.txt"]);
  const misused = await prune("x", "1");
  assertEquals([misused.code, misused.stderr.startsWith('Cannot keep "x" days')], [2, true]);
  await Deno.remove(folder, { recursive: true });
});

/** Every file with its mode, but not the copy of this repository. */
async function tree(root: string): Promise<string[]> {
  const find = ["-type", "f", "-not", "-path", "*/opt/waggle/*", "-printf", "%P %m\n"];
  return (await runOrThrow("find", [root, ...find])).split("\n").filter((line) => line !== "").sort();
}

/** Copies the installed units, for programs in that folder; gives their names. */
async function copyUnits(root: string, into: string): Promise<string[]> {
  const from = join(root, "etc/systemd/system");
  const names = [...Deno.readDirSync(from)].filter(({ isFile }) => isFile).map(({ name }) => name);
  for (const name of names) {
    const text = await Deno.readTextFile(join(from, name));
    await Deno.writeTextFile(join(into, name), text.replaceAll("/opt/waggle/", `${root}/opt/waggle/`));
  }
  return names;
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

async function exposure(unit: string): Promise<number> {
  const said = await runOrThrow(requirePart("systemd-analyze"), [
    "security",
    "--offline=true",
    "--no-pager",
    unit,
  ]);
  return Number(/Overall exposure level for \S+: ([\d.]+)/.exec(said)![1]);
}

function commandOf(unit: string, key: string): string {
  return new RegExp(`^${key}=(.*)$`, "m").exec(Deno.readTextFileSync(unit))![1]!;
}

/** Runs a command as the unit does, in the folder that was installed and with nothing from outside of it. */
async function inApp(root: string, command: string) {
  const app = join(root, "opt/waggle");
  const script = command.replaceAll("%S", join(root, "var/lib")).replaceAll("%d", join(root, "etc/waggle"))
    .replaceAll("--allow-env=HOME,WAGGLE_*", "'--allow-env=HOME,WAGGLE_*'");
  const env = { DENO_DIR: join(app, "cache"), HOME: join(root, "var/lib"), NO_COLOR: "1" };
  return await run("sh", ["-c", script], { cwd: app, env });
}
