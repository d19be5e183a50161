import { assert, assertEquals } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import { run } from "./parts/run.ts";
import { newContributionCode } from "../proto/federation/contribution.ts";
import { keyPair, newSeed } from "../proto/federation/keys.ts";
import { filesOf, ROOT } from "./parts/tree.ts";

/**
 * Every command in the documentation: its task or file exists, and the program takes its options. Many are also run by
 * tests of their own; this one sees to it that none of the others rots.
 */

const TASKS: Readonly<Record<string, { description: string; command?: string }>> = config.tasks;

/** A code as a hub makes it, where a page has a word that stands for one. */
const CODE = `https://hub.example.org#${await newContributionCode(
  await keyPair(newSeed("hub")),
  2_000_000_000,
)}`;

/** A command of deno in a page. */
interface Command {
  readonly page: string;
  /** What is set in front of it: secrets are only taken from variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** What follows `deno`. */
  readonly words: readonly string[];
}

const commands = filesOf(".md").flatMap((page) =>
  shellBlocks(Deno.readTextFileSync(ROOT + page)).flatMap((block) =>
    [...denoCommands(block)].map((command): Command => ({ page, ...command }))
  )
);

Deno.test("every command in the documentation names a task or a file that exists", () => {
  assert(commands.length > 100, "the pages were read");
  for (const { page, words: [verb, ...words] } of commands) {
    const what = `${page}: deno ${verb} ${words.join(" ")}`;
    if (verb === "task") {
      assert(TASKS[words[0]!] !== undefined, what);
      continue;
    }
    assert(["run", "test", "bench", "fmt", "lint", "check"].includes(verb!), what);
    const paths = words.filter((word) => /^[\w.-]+\/|^mod\.ts$/.test(word));
    assert(verb === "fmt" || paths.length > 0, what);
    // The tutorial makes what it names.
    if (page === "docs/adding-a-component.md") continue;
    for (const path of paths.slice(0, verb === "run" ? 1 : undefined)) assert(exists(path), what);
  }
});

Deno.test("every command in the documentation has options that the program takes", async () => {
  const asked = commands.flatMap((command) => {
    const words = wordsOfProgram(command.words);
    // Help ends before options are read; `pings` exists in the tutorial only.
    return words === undefined || words.includes("--help") || words[0] === "pings"
      ? []
      : [{ ...command, words }];
  });
  assert(asked.length > 80, "most commands are the program's own");
  const list = JSON.stringify(asked.map(({ variables, words }) => ({ variables, words })));
  const { code, stderr } = await run(Deno.execPath(), ["run", "-A", "tests/commands_probe.ts", list], {
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  });
  assertEquals(code, 0, stderr);
  const answers = stderr.split(/^@ \d+ (\d+)\n/m);
  const wrong = asked.flatMap(({ page, words }, i) =>
    answers[2 * i + 1] === "0" ? [] : [`${page}: ${words.join(" ")}\n${answers[2 * i]}`]
  );
  assertEquals(wrong, []);
});

/** What the program's command line gets, if the command starts the program. */
function wordsOfProgram([verb, ...words]: readonly string[]): string[] | undefined {
  if (verb === "task") {
    const [, name] = / mod\.ts ([\w-]+)$/.exec(TASKS[words[0]!]?.command ?? "") ?? [];
    return name === undefined ? undefined : [name, ...words.slice(1)];
  }
  const at = words.indexOf("mod.ts");
  return verb === "run" && at >= 0 ? words.slice(at + 1) : undefined;
}

function shellBlocks(text: string): string[] {
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block!);
}

/** The commands of deno in a script, as words: not a shell, but enough of one for a page. */
function* denoCommands(script: string): Generator<Omit<Command, "page">> {
  const verbs = /(?<=^|[\s($;])(?:npx --yes )?deno (?=task|run|test|bench|fmt|lint|check)(.*)/g;
  for (const line of script.replaceAll(/\\\n\s*/g, " ").split("\n")) {
    const variables = Object.fromEntries(
      [...line.matchAll(/(?<=^| )(WAGGLE_\w+)=(\S+)/g)].map((m) => [m[1]!, m[2]!]),
    );
    for (const [, command] of line.matchAll(verbs)) {
      const words = wordsOf(command!).filter((word) => word !== "-q");
      if (words.length > 1 || words[0] === "fmt") yield { variables, words };
    }
  }
}

/** Words up to the end of the command: a comment, a pipe, a parenthesis. */
function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (
    const [token, quoted1, quoted2] of text.matchAll(
      /'([^']*)'|"((?:\$\([^)]*\)|[^"])*)"|\$\([^)]*\)|[#|)&<>;]|[^\s'"|)&<>;]+/g,
    )
  ) {
    if (/^[#|)&<>;]/.test(token)) break;
    const word = quoted1 ?? quoted2 ?? token;
    words.push(/^\$code$|#waggle-contribution-…$/.test(word) ? CODE : word);
  }
  return words;
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(ROOT + path) !== undefined;
  } catch {
    return false;
  }
}
