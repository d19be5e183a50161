import type { Floor } from "../../federation/uplink/floor.ts";
import { options } from "../../federation/uplink/mod.ts";

/** What an uplink asks of a policy unless its operator says otherwise. */
export const FLOOR = Object.fromEntries(
  Object.entries(options).map(([name, { default: value }]) => [name, value]),
) as unknown as Floor;
