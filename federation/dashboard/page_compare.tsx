/**
 * How a member compares itself with the network: not here.
 *
 * @module
 */

import { Panel } from "./shell.tsx";
import type { Seen } from "./page_now.tsx";
import { view } from "./view.ts";

const COMMAND = "deno task uplink compare";

/** The page. */
export const comparePage = view<Seen, { command: string; computedBy: string }>({
  path: "/compare",
  title: "Me against the network",
  about: "Your own uplink works it out, so that this hub never learns it",
  load: () => Promise.resolve({ command: COMMAND, computedBy: "the member's own uplink" }),
  body: () => (
    <div class="grid">
      <Panel title="See it" class="half">
        <p>Where your uplink runs:</p>
        <pre class="command">{COMMAND}</pre>
        <p>
          It shows your number beside the median and the middle half of the network, for each number of the
          last bin, and which of yours are out of the ordinary.
        </p>
      </Panel>
      <Panel title="Why it is not on this page" class="half">
        <ul class="words">
          <li>
            After each bin this hub sends the same numbers to every member: those of{" "}
            <a href="/now">the network now</a>.
          </li>
          <li>
            Your uplink keeps the last summaries that it sent, and puts both side by side on your machine.
          </li>
          <li>
            If the page did it, the hub would have to look up your summary whenever you look at it, and
            whoever reads over its shoulder would see which one is yours.
          </li>
        </ul>
      </Panel>
    </div>
  ),
});
