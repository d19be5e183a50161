import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path";
import { run } from "../parts/run.ts";
import { startProcess } from "../parts/process.ts";
import { partTest } from "../parts/needs.ts";
import { until } from "../parts/until.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const HUB = "http://127.0.0.1:8790";

/** The blocks of commands below a heading of the README. */
function commandsBelow(heading: string): string[] {
  const [, section = ""] = Deno.readTextFileSync(`${ROOT}README.md`).split(`\n## ${heading}\n`);
  return [...section.split("\n## ")[0]!.matchAll(/```sh\n(.*?)```/gs)].map(([, commands]) => commands!);
}

partTest({
  name: "README: a federation on one machine, as it is written",
  needs: [],
  async fn() {
    const home = await Deno.makeTempDir({ prefix: "waggle-readme-" });
    const env = {
      HOME: home,
      DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
      PATH: `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}`,
      NO_COLOR: "1",
    };
    const [hubCommand, operators, sign, ...others] = commandsBelow("A federation on one machine");
    assertEquals(others, []);
    const hub = startProcess("bash", { args: ["-c", `exec ${hubCommand}`], name: "hub", cwd: ROOT, env });
    try {
      await until("the hub to answer", () => fetch(`${HUB}/health`).then((answer) => answer.text()));
      const joined = await run("bash", ["-euc", operators!], { cwd: ROOT, env });
      assertEquals(joined.code, 0, joined.stderr);
      assertEquals(joined.stderr.match(/The hub has stored everything/g)?.length, 2, joined.stderr);

      const cookie = await signIn(async (challenge) => {
        const command = sign!.replace(/waggle-sign-in-\S+/, challenge);
        return (await run("bash", ["-euc", command], { cwd: ROOT, env })).stdout.trim();
      });
      const page = async (path: string) => await (await fetch(HUB + path, { headers: { cookie } })).text();
      const incidents = () => page("/incidents.json");
      await until("the wave", async () => (await incidents()).includes("CONNECTION_CHURN"), {
        deadlineMs: 120_000,
      });
      assertStringIncludes(await page("/now"), "Core 29");
    } finally {
      await hub.stop();
      await Deno.remove(home, { recursive: true });
    }
  },
});

/** As a browser does: the cookies of a session. */
async function signIn(sign: (challenge: string) => Promise<string>): Promise<string> {
  const page = await fetch(`${HUB}/sign-in`);
  const form = await page.text();
  const [challenge] = /waggle-sign-in-[\w-]+/.exec(form) ?? [];
  assert(challenge !== undefined, form);
  const answer = await fetch(`${HUB}/sign-in`, {
    method: "POST",
    redirect: "manual",
    headers: { origin: HUB, cookie: cookiesOf(page) },
    body: new URLSearchParams({ challenge, answer: await sign(challenge), next: "" }),
  });
  assertEquals(answer.status, 303, await answer.text());
  return cookiesOf(page, answer);
}

function cookiesOf(...answers: readonly Response[]): string {
  return answers.flatMap(({ headers }) => headers.getSetCookie()).map((cookie) => cookie.split(";")[0]).join(
    "; ",
  );
}
