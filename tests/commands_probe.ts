/**
 * Asks the program whether the options of command lines are right, one after the other, and ends each with a line
 * `@ INDEX EXIT-CODE`. The command lines come as JSON, each with the variables that are set for it.
 *
 * @module
 */

import { program } from "../mod.ts";
import { main } from "../runtime/cli.ts";

interface Asked {
  variables: Record<string, string>;
  words: string[];
}

for (const [index, { variables, words }] of (JSON.parse(Deno.args[0]!) as Asked[]).entries()) {
  for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
  const code = await main(program, [...words, "--check"]);
  for (const name of Object.keys(variables)) Deno.env.delete(name);
  console.error(`@ ${index} ${code}`);
}
