/**
 * What can be taken along: files, a feed, how to check them, and what may be done with them.
 *
 * @module
 */

import { List } from "./page_history.tsx";
import type { Published } from "./published.ts";
import { type PublicPage, Section, Title } from "./shell.tsx";

const FILES: readonly (readonly [name: string, what: string])[] = [
  ["index.json", "which release is of which time, the newest first"],
  ["keys.json", "keys that sign releases, each signed by the hub"],
  ["feed.xml", "an Atom feed of the releases"],
  ["live.json", "what is told between releases: written once a minute"],
];

/** The page. */
export function dataPage(published: Published): PublicPage {
  const { hub, releases, live } = published;
  const files = FILES.filter(([name]) => name !== "live.json" || live !== undefined)
    .filter(([name]) => name === "live.json" || releases.length > 0);
  return {
    path: "data.html",
    title: "Data",
    about: "Releases as signed files under CC BY 4.0, a feed, and a command that checks them",
    body: (
      <>
        <Title title="Data">
          <p>
            All that these pages show, as files. Releases are under{" "}
            <a href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>: do with them what you like,
            and say where they are from.
          </p>
        </Title>
        <Section
          title="Releases"
          id="releases"
          about="A release never changes: its name is the hash of what is in it."
        >
          <List releases={releases} />
        </Section>
        {files.length > 0 && (
          <Section title="Around them" id="files">
            <dl class="facts files">
              {files.map(([name, what]) => (
                <>
                  <dt>
                    <a href={name}>{name}</a>
                  </dt>
                  <dd>{what}</dd>
                </>
              ))}
            </dl>
          </Section>
        )}
        <Section title="Check a release" id="check">
          <div class="prose">
            <p>
              Waggle’s own command checks name, spelling, signature, that the hub gave its key to who signed,
              and the schedule. It takes a file or an address, and looks for <code>keys.json</code>{" "}
              in the folder above.
            </p>
          </div>
          <pre
            class="command"
            tabindex={0}
          >deno task verify-release {releases[0]?.file ?? "HASH.json"} --hub {hub}</pre>
          <div class="prose">
            <p>
              The key behind <code>--hub</code>{" "}
              is this hub’s, as this page says. Get it from somebody you trust as well: a page that lies about
              the numbers would lie about the key, too.
            </p>
          </div>
        </Section>
        {live !== undefined && (
          <Section title="Live" id="live">
            <div class="prose">
              <p>
                <code>live</code>{" "}
                is a stream of Server-Sent Events where a hub serves these pages itself: an event named{" "}
                <code>live</code>, without content, says that <code>live.json</code> is new.
              </p>
            </div>
          </Section>
        )}
      </>
    ),
  };
}
