import { assert, assertEquals } from "@std/assert";
import { filesOf, ROOT } from "../tests/parts/tree.ts";

const PAGE = await Deno.readTextFile(new URL("troubleshooting.md", import.meta.url));
const LEAST_ENTRIES = 20;

/** Code with `…` for what it puts into a text, and with texts in one piece that are written in several. */
function texts(code: string): string {
  return code.replaceAll(/["`] \+\n\s*["`]/g, "").replaceAll(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, "…").replaceAll(
    "\\`",
    "`",
  );
}

Deno.test("troubleshooting: every line that is quoted is one of the program's own", () => {
  const quotes = [...PAGE.matchAll(/^> (`+)(.*)\1$/gm)].map(([, , quote]) => quote!);
  assertEquals(quotes.length, PAGE.match(/^>/gm)!.length, "a quote is one line");
  assert(quotes.length >= LEAST_ENTRIES, `${quotes.length} entries`);
  const rooms = /^(runtime|extractors|tools|federation|collector)\/.*(?<!_test|_bench)\.ts$/;
  const code = filesOf(".ts").filter((path) => rooms.test(path)).map((path) =>
    texts(Deno.readTextFileSync(ROOT + path))
  );
  assertEquals(quotes.filter((quote) => !code.some((text) => text.includes(quote))), []);
});
