import { assertEquals } from "@std/assert";
import type { Permissions } from "../runtime/component.ts";
import { denoPermissions } from "../runtime/sandbox.ts";
import type { Attempt } from "./sandbox_probe.ts";

const HERE = import.meta.filename!;

/** Something to try, and whether Deno has to refuse it. */
export interface Expectation {
  attempt: Attempt;
  refused: boolean;
}

/** Runs the probe as a Worker with these permissions: everything else must be refused, everything listed must work. */
export async function assertConfined(permissions: Permissions): Promise<void> {
  const worker = new Worker(new URL("./sandbox_probe.ts", import.meta.url), {
    type: "module",
    deno: { permissions: denoPermissions(permissions) },
  } as WorkerOptions);
  const attempts = attemptsFor(permissions);
  const answer = new Promise<boolean[]>((done) => worker.onmessage = ({ data }) => done(data));
  worker.postMessage(attempts.map(({ attempt }) => attempt));
  try {
    assertRefusals(attempts, await answer);
  } finally {
    worker.terminate();
  }
}

/** Everything a component may be tempted to, and for each right it has, something just outside of it. */
export function attemptsFor(
  { run = [], net = [], read = [], write = [], env = [] }: Permissions,
): Expectation[] {
  const expected: Expectation[] = [];
  const expect = (refused: boolean, right: Attempt["right"], target: string) =>
    expected.push({ attempt: { right, target }, refused });
  // Deno looks a program up before it asks for the right: only what exists on every machine can be refused.
  for (const program of ["ls", "sh"]) expect(!run.includes(program), "run", program);
  for (const address of ["127.0.0.1:1", "127.0.0.1:4222", "192.0.2.1:8333"]) {
    expect(!net.includes(address), "net", address);
  }
  expect(true, "listen", "0.0.0.0:1");
  for (const path of ["/etc/passwd", "/proc/self/environ", HERE]) expect(true, "read", path);
  for (const path of ["/tmp/waggle-probe", HERE]) expect(true, "write", path);
  for (const variable of ["HOME", "PATH", "AWS_SECRET_ACCESS_KEY"]) {
    expect(!env.includes(variable), "env", variable);
  }
  expect(true, "sys", "hostname");
  expect(true, "ffi", "/lib/x86_64-linux-gnu/libc.so.6");
  for (const program of run) expect(false, "run", program);
  for (const address of net) expect(false, address.endsWith(":0") ? "listen" : "net", address);
  for (const path of read) expect(false, "read", path.replace(/^~/, Deno.env.get("HOME") ?? ""));
  for (const path of write) expect(false, "write", `${path}/probe`);
  return expected;
}

/** Compares what was refused with what had to be. */
export function assertRefusals(expected: readonly Expectation[], refused: readonly boolean[]): void {
  const told = (flags: readonly boolean[]) =>
    expected.map(({ attempt }, i) =>
      `${attempt.right} ${attempt.target}: ${flags[i] ? "refused" : "allowed"}`
    );
  assertEquals(told(refused), told(expected.map((e) => e.refused)));
}
