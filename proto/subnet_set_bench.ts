/**
 * Question: what does it cost to ask whether an address is in one of many subnets, compared with asking each?
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { contains, parseSubnet } from "./subnet.ts";
import { SubnetSet } from "./subnet_set.ts";

const ADDRESSES = Array.from(
  { length: 256 },
  (_, i) => `${i}.${(i * 7) % 256}.${(i * 13) % 256}.${(i * 31) % 256}`,
);

for (const size of [1000, 50_000]) {
  const subnets = Array.from({ length: size }, (_, i) => {
    const place = Math.imul(i, 2_654_435_761) >>> 0;
    return parseSubnet(
      `${place >>> 24}.${place >>> 16 & 255}.${place >>> 8 & 255}.0/${i % 3 === 0 ? 24 : 28}`,
    );
  });
  const set = new SubnetSet(subnets);
  for (const address of ADDRESSES) assertEquals(set.has(address), contains(subnets, address));
  let next = 0;
  const address = () => ADDRESSES[next = (next + 1) & 255]!;
  const group = `an address in ${size} subnets`;
  Deno.bench("each subnet in turn", { group, baseline: true }, () => void contains(subnets, address()));
  Deno.bench("SubnetSet", { group }, () => void set.has(address()));
  Deno.bench(`making a SubnetSet of ${size}`, { group: "making" }, () => void new SubnetSet(subnets));
}
