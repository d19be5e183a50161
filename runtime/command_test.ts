import { assertEquals } from "@std/assert";
import { EXIT, main, type Program } from "./cli.ts";
import { command } from "./command.ts";
import { component } from "./component.ts";
import { integer, text } from "./options.ts";

function programWith(said: unknown[]): Program {
  const hello = command({
    summary: "Greets",
    example: "it hello --it.name you",
    options: { name: text("Whom", "world") },
    run({ options }) {
      said.push(options);
      if (options.name === "nobody") throw new Error("Cannot greet nobody");
      return Promise.resolve();
    },
  });
  const it = component({
    summary: "Does something",
    example: "it",
    options: { size: integer("How large", 1) },
    commands: { hello: () => Promise.resolve({ default: hello }) },
    run: () => Promise.resolve(said.push("ran")).then(() => {}),
  });
  return {
    version: "0",
    components: { it: () => Promise.resolve({ default: it }) },
    sources: [],
    presets: {},
    worker: new URL("./none.ts", import.meta.url),
  };
}

Deno.test("a command runs with its options instead of its component, and without a bus", async () => {
  const said: unknown[] = [];
  assertEquals(await main(programWith(said), ["it", "hello", "--it.name", "you"]), EXIT.done);
  assertEquals(said, [{ size: 1, name: "you" }]);
});

Deno.test("a command that throws has failed, and one that is misused does not run", async () => {
  const said: unknown[] = [];
  assertEquals(await main(programWith(said), ["it", "hello", "--it.name", "nobody"]), EXIT.failed);
  assertEquals(await main(programWith(said), ["it", "hello", "--it.colour", "red"]), EXIT.misused);
  assertEquals(await main(programWith(said), ["it", "hullo"]), EXIT.misused);
  assertEquals(said.length, 1);
});
