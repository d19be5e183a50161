import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { decodeFrame, encodeFrame } from "../../proto/federation/frame.ts";
import { ByeCode, NackCode } from "../../proto/federation/schema.ts";
import { examples, exampleText } from "./frame_examples.ts";

const page = Deno.readTextFileSync(new URL("../../docs/federation.md", import.meta.url));
const proto = Deno.readTextFileSync(new URL("../../proto/federation.proto", import.meta.url));

Deno.test("docs/federation.md shows each frame of the schema with an example, as the code says it", async () => {
  const all = await examples();
  for (const content of all) {
    assertStringIncludes(page, `### ${content.case}\n`);
    assertEquals(
      parts(page.split(`<!-- example: ${content.case} -->`)[1]!),
      parts(exampleText(content)),
      HOW,
    );
    const decoded = decodeFrame(encodeFrame(content));
    assert(decoded.ok);
    assertEquals(exampleText(decoded.content!), exampleText(content));
  }
  const oneof = /oneof frame \{([^}]*)\}/.exec(proto)![1]!;
  const names = [...oneof.matchAll(/(\w+) = \d+;/g)].map(([, name]) => name!);
  assertEquals(all.map(({ case: name }) => name as string).sort(), names.sort());
});

const HOW = "deno run -A tests/federation/frame_examples.ts docs/federation.md";

/** What an example says, however it is laid out. */
function parts(text: string) {
  const [, json, hex] = /```json\n([^]*?)```\s*```text\n([^]*?)```/.exec(text)!;
  return { says: JSON.parse(json!), bytes: hex!.replaceAll(/\s/g, "") };
}

Deno.test("docs/federation.md names every code", () => {
  for (const [name, code] of [...Object.entries(NackCode), ...Object.entries(ByeCode)]) {
    assert(new RegExp(`\\| ${code} +\\| \`${name}\``).test(page), `${code} ${name}`);
  }
});
