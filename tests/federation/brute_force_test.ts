import { assertEquals } from "@std/assert";
import { bruteForce } from "./brute_force.ts";

Deno.test("sightings: whoever has a hub's disk finds no address by trying them out, and with the service's key finds it", async () => {
  const { withHub, withKey } = await bruteForce(256);
  assertEquals([...new Set(Object.values(withHub).flat())], []);
  assertEquals(Object.keys(withHub).length, 4);
  assertEquals(withKey, ["203.1.0.77"]);
});
