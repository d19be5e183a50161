import { assertEquals } from "@std/assert";
import { eventsPage } from "./events_page.ts";

Deno.test("docs/events.md is what the schema says", async () => {
  const written = await Deno.readTextFile(new URL("../docs/events.md", import.meta.url));
  // The formatter pads columns, breaks lines and spreads JSON.
  const plain = (text: string) => text.replaceAll(/-{3,}/g, "---").replaceAll(/\s/g, "");
  assertEquals(plain(written), plain(eventsPage()), "run `deno run -A proto/events_page.ts`");
});

Deno.test("docs/events.md: every link within the page leads to one heading", () => {
  const page = eventsPage();
  const anchors = [...page.matchAll(/^##+ (.*)$/gm)].map(([, text]) =>
    text!.toLowerCase().replaceAll(" ", "-")
  );
  assertEquals(anchors.length, new Set(anchors).size);
  const links = new Set([...page.matchAll(/\(#(.*?)\)/g)].map(([, anchor]) => anchor!));
  assertEquals([...links].filter((link) => !anchors.includes(link)), []);
});
