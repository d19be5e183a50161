import { encodeEvent } from "../../proto/event.ts";
import { all } from "../../proto/golden/all.ts";
import { watching } from "../../tools/alerts/_watching.ts";
import { eventsOf, SCENARIOS } from "../../demo/scenarios/mod.ts";
import type { Target } from "./target.ts";

/** What a person might be told in one go: more would be a flood. */
const MOST_ALERTS_PER_EVENT = 2000;

/** Events of attacks, damaged: no rule may fail, forget its bounds, or flood. */
export const alertsEvents: Target = {
  name: "alerts-events",
  seeds: () => [...all.map(({ bytes }) => bytes), ...attacks()],
  run(input) {
    // Half of the inputs name a node, so that there are several.
    const subject = input.length % 2 === 0 ? "netmsg" : `waggle.n${input.length % 5}.netmsg`;
    state.told.length = 0;
    state.watcher.take({ subject, data: input });
    return () => {
      if (state.told.length > MOST_ALERTS_PER_EVENT) {
        throw new Error(`Told ${state.told.length} alerts at once`);
      }
      for (const { text, since, at } of state.told) {
        if (!(since <= at)) throw new Error(`Ended before it began: ${text}`);
        if (text.length > 2000) throw new Error(`A line of ${text.length} characters`);
      }
    };
  },
};

// One for all inputs: what an event leaves behind must stay within bounds.
const state = watching();

/** Every tenth second around the beginning of each attack. */
function attacks(): Uint8Array[] {
  return SCENARIOS.filter(({ name }) => name !== "quiet").flatMap((scenario) => {
    const short = { ...scenario, fromMinute: 1, toMinute: 2, minutes: 3 };
    return [...eventsOf(short)].filter((_, i) => i % 29 === 0).map(encodeEvent);
  });
}
