import { assertStringIncludes } from "@std/assert";
import { makeApp } from "./app.tsx";

Deno.test("a notice stands on every page, as text", async () => {
  const app = makeApp({ notice: "Simulated <b>" });
  for (const path of ["/", "/peers", "/logs", "/nothing-here"]) {
    assertStringIncludes(await (await app.request(path)).text(), '<p class="banner">Simulated &lt;b&gt;</p>');
  }
});
