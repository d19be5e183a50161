/**
 * Runs all tests in two halves at the same time: what is in `tests/`, which starts real programs at the addresses of
 * their defaults and so runs one after the other, and everything beside the code. The second half is shown when the
 * first has ended, so that what they say stays apart. Arguments go to both, such as `--filter`.
 *
 * @module
 */

import { ROOT } from "./parts/tree.ts";

const APART = [".git", "node_modules", "tests"];
const beside = [...Deno.readDirSync(ROOT)]
  .filter(({ name, isDirectory }) => isDirectory ? !APART.includes(name) : /\.(md|ts)$/.test(name))
  .map(({ name }) => name);

const first = start(["tests"], "inherit");
const second = start(beside, "piped");
const said = Promise.all([new Response(second.stdout).bytes(), new Response(second.stderr).bytes()]);
const codes = [await first.status, await second.status].map(({ code }) => code);
const [stdout, stderr] = await said;
await Deno.stderr.write(stderr);
for (let at = 0; at < stdout.length;) at += await Deno.stdout.write(stdout.subarray(at));
Deno.exit(codes.find((code) => code !== 0) ?? 0);

function start(paths: readonly string[], output: "inherit" | "piped"): Deno.ChildProcess {
  const args = ["test", "-A", "--doc", "--frozen", ...Deno.args, ...paths];
  return new Deno.Command(Deno.execPath(), { args, cwd: ROOT, stdin: "null", stdout: output, stderr: output })
    .spawn();
}
