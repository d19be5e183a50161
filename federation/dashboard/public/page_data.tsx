// deno-lint-ignore-file jsx-key -- what is written once has nothing to be known again by

/**
 * What can be taken along: files, a feed, how to check them, and what may be done with them.
 *
 * @module
 */

import { bytes, count, short } from "../../../runtime/web/format.ts";
import { LISTED_FOLDER, type ListedDataSet } from "../../datasets/listed.ts";
import { fileOf } from "./files.ts";
import { List } from "./page_history.tsx";
import { VerifyCommand } from "./page_release.tsx";
import type { Published } from "./published.ts";
import { type PublicPage, Section, Title } from "./shell.tsx";

const FILES: readonly (readonly [name: string, what: string])[] = [
  ["index.json", "which release is of which time, the newest first"],
  ["keys.json", "keys that sign releases, each signed by the hub"],
  ["feed.xml", "an Atom feed of the releases"],
  ["live.json", "what is told between releases: written once a minute"],
  ["datasets.json", "contributed data sets, with the hashes of their files"],
];

/** The page. */
export function dataPage(published: Published): PublicPage {
  const { hub, releases, live, dataSets } = published;
  const has: Readonly<Record<string, boolean>> = {
    "live.json": live !== undefined,
    "datasets.json": dataSets.length > 0,
  };
  const files = FILES.filter(([name]) => has[name] ?? releases.length > 0);
  return {
    path: "data.html",
    title: "Data",
    about:
      "Releases as signed files under CC BY 4.0, contributed data sets, a feed, and a command that checks",
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
        {dataSets.length > 0 && <DataSets dataSets={dataSets} />}
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
              and the schedule. It takes a file or an address (ADDRESS is where these pages are), and looks
              for <code>keys.json</code> in the folder above.
            </p>
          </div>
          <VerifyCommand file={releases[0]?.file ?? "HASH.json"} hub={hub} />
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

/** What operators have redacted and given away. */
function DataSets({ dataSets }: { dataSets: readonly ListedDataSet[] }) {
  return (
    <Section
      title="Data sets"
      id="datasets"
      about={
        <>
          Recordings of single nodes, redacted by their operators, checked by a second program, and released
          by whoever runs this hub. Who contributed them is not said. Under{" "}
          <a href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>.
        </>
      }
    >
      <ul class="data-sets">
        {dataSets.map((dataSet) => <DataSet dataSet={dataSet} />)}
      </ul>
    </Section>
  );
}

function DataSet({ dataSet }: { dataSet: ListedDataSet }) {
  const { id, released, licence, policy, recordings, events, files } = dataSet;
  const kinds = Object.entries(events).filter(([, number]) => number > 0).sort((a, b) => b[1] - a[1]);
  return (
    <li data-set={id}>
      <h3>
        {count(kinds.reduce((sum, [, number]) => sum + number, 0))} events, {bytes(dataSet.bytes)}
      </h3>
      <p>
        {kinds.map(([kind, number]) => `${short(number)} ${kind}`).join(", ")}.{" "}
        {recordings === 1 ? "One recording" : `${count(recordings)} recordings`}, redacted by the policy
        “{policy}”, released on {released}, {licence}.
      </p>
      <details>
        <summary>{files.length} files</summary>
        <div class="table">
          <table class="hashes">
            <caption>Files</caption>
            <thead>
              <tr>
                <th scope="col">File</th>
                <th scope="col" class="num">Size</th>
                <th scope="col">SHA-256</th>
              </tr>
            </thead>
            <tbody>
              {files.map(({ name, bytes: size, sha256 }) => (
                <tr>
                  <th scope="row">
                    <FileLink path={`${LISTED_FOLDER}/${id}/${name}`} name={name} />
                  </th>
                  <td class="num">{bytes(size)}</td>
                  <td class="hash">{sha256}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </li>
  );
}

/** A link to what is served; what is not is named. */
function FileLink({ path, name }: { path: string; name: string }) {
  return fileOf(`/${path}`) === undefined ? <>{name}</> : <a href={path} download>{name}</a>;
}
