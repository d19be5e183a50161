import { assert, assertEquals } from "@std/assert";
import { dirname } from "@std/path";
import { run } from "../parts/run.ts";
import { filesOf, ROOT } from "../parts/tree.ts";

const PAGE = Deno.readTextFileSync(`${ROOT}docs/adding-a-component.md`);

Deno.test("docs/adding-a-component.md, followed to the letter, adds a component that keeps the contract", async () => {
  const folder = await Deno.makeTempDir({ prefix: "waggle-component-" });
  const put = async (path: string, content: Uint8Array) => {
    await Deno.mkdir(dirname(`${folder}/${path}`), { recursive: true });
    await Deno.writeFile(`${folder}/${path}`, content);
  };
  try {
    for (const path of filesOf()) await put(path, await Deno.readFile(ROOT + path));
    for (const [path, text] of newFiles()) await put(path, new TextEncoder().encode(text));
    for (const { path, context, added } of changes()) {
      const file = `${folder}/${path}`;
      await Deno.writeTextFile(file, insertAfter(await Deno.readTextFile(file), context, added));
    }
    const PATH = `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}`;
    for (const command of commands()) {
      const { code, stdout, stderr } = await run("bash", ["-c", command], {
        cwd: folder,
        env: { NO_COLOR: "1", PATH },
      });
      assertEquals(code, 0, `${command}\n${stdout}${stderr}`);
      if (command.startsWith("deno test")) assert(/^ok \| [1-9]\d* passed/m.test(stdout), stdout);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Files that the page shows whole: the path in a line of its own, then a block. */
function newFiles(): [path: string, text: string][] {
  const files = [...PAGE.matchAll(/^`(tools\/\S+)`:\n\n(`{3,})[^\n]+\n(.*?)^\2$/gms)];
  assertEquals(files.length, 3);
  return files.map(([, path, , text]) => [path!, text!]);
}

/** Lines to add behind a line that is there. */
function changes(): { path: string; context: string; added: string[] }[] {
  const blocks = [...PAGE.matchAll(/^```diff\n--- (\S+)\n ([^\n]*)\n(.*?)^```$/gms)];
  assertEquals(blocks.length, 6);
  return blocks.map(([, path, context, added]) => ({
    path: path!,
    context: context!,
    added: added!.trimEnd().split("\n").map((line) => line.slice(1)),
  }));
}

function insertAfter(text: string, context: string, added: string[]): string {
  const lines = text.split("\n");
  // The formatter pads the columns of tables.
  const plain = (line: string) => line.replaceAll(/ +/g, " ").trim();
  const at = lines.findIndex((line) => plain(line) === plain(context));
  assert(at >= 0, `no line "${context}"`);
  return lines.toSpliced(at + 1, 0, ...added).join("\n");
}

function commands(): string[] {
  const [, block] = /^## 5\..*?^```sh\n(.*?)^```$/ms.exec(PAGE)!;
  return block!.trim().split("\n");
}
