// deno-lint-ignore-file jsx-key -- what is written once has nothing to be known again by

/**
 * A release: all its numbers, what protects them, and how to check it.
 *
 * @module
 */

import type { Release } from "../../release/document.ts";
import { Group } from "./figures.tsx";
import type { Checked, Published } from "./published.ts";
import { type PublicPage, Section, Title } from "./shell.tsx";
import { dateText, epochTitle, rightGuesses } from "./words.ts";

/** Where the page of a release is. */
export function releasePath({ epoch }: Release): string {
  return `releases/${epoch.name}.html`;
}

/** Its page. */
export function releasePage(checked: Checked, { hub, releases }: Published): PublicPage {
  const { release, file, checks } = checked;
  const title = epochTitle(release);
  const at = releases.indexOf(checked);
  return {
    path: releasePath(release),
    title,
    about: `What Bitcoin nodes saw together: ${title}. Noisy numbers with their intervals.`,
    body: (
      <>
        <Title over="Release" title={title}>
          <p>
            {release.note} Made on {dateText(release.released)}, at the time that the schedule says.
          </p>
        </Title>
        {release.figures.length > 0 && <HowToRead />}
        {release.figures.map((figures) => <Group figures={figures} release={release} />)}
        <Chain release={release} />
        <Protection release={release} />
        <Section
          title="Check it"
          id="check"
          about="The file below is the release; this page only draws it. Its name is its hash, and the hub has signed it. ADDRESS is where these pages are."
        >
          <p class="files">
            <a class="button" href={file} download={`waggle-${release.epoch.name}.json`}>Download JSON</a>
            <code class="hash">{file}</code>
          </p>
          <VerifyCommand file={file} hub={hub} />
          <details>
            <summary>What was checked when this page was written</summary>
            <ul class="checks">{checks.map((check) => <li>{check}</li>)}</ul>
          </details>
        </Section>
        <nav class="pager" aria-label="Releases">
          <Step to={releases[at + 1]?.release} word="Before" />
          <Step to={releases[at - 1]?.release} word="After" />
        </nav>
      </>
    ),
  };
}

/** What checks a release, wherever it lies. */
export function VerifyCommand({ file, hub }: { file: string; hub: string }) {
  return (
    <pre class="command" tabindex={0}>
      {`deno task verify-release ADDRESS/releases/${file} \\\n  --hub ${hub}`}
    </pre>
  );
}

function HowToRead() {
  return (
    <aside class="reading">
      <p>
        <b>How to read it.</b>{" "}
        The bar holds what the operators’ cut values say in 95 of 100 cases; the line in it is the published
        number. The grey mark is where the values were cut around: what was published last. A number moves
        away from there only so far in one release, so{" "}
        <em>the first releases of a federation lag behind the truth</em>.
      </p>
    </aside>
  );
}

function Step({ to, word }: { to: Release | undefined; word: string }) {
  if (to === undefined) return <span></span>;
  return (
    <a href={`../${releasePath(to)}`}>
      <span>{word}</span> {epochTitle(to)}
    </a>
  );
}

/** Facts: no noise, and nobody can be found by them. */
export function Chain({ release: { chain: { tips } } }: { release: Release }) {
  return (
    <Section
      title="The chain"
      id="chain"
      about="Ends of chains beside the one that nodes follow, as enough operators saw them. Facts: they have no noise."
    >
      {tips.length === 0
        ? <p class="calm">There was no fork and no invalid block that enough operators saw.</p>
        : (
          <div class="table">
            <table class="hashes">
              <caption>Ends of chains</caption>
              <thead>
                <tr>
                  <th scope="col">Height</th>
                  <th scope="col">What nodes say</th>
                  <th scope="col">Block</th>
                </tr>
              </thead>
              <tbody>
                {tips.map(({ hash, height, status }) => (
                  <tr>
                    <th scope="row">{height}</th>
                    <td>{status}</td>
                    <td class="hash">{hash}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
    </Section>
  );
}

function Protection({ release: { policy, privacy } }: { release: Release }) {
  return (
    <Section
      title="What protects the operators"
      id="protection"
      about={
        <>
          The rules when this was made. <a href="../how.html">How it works</a> says what they mean.
        </>
      }
    >
      <dl class="facts">
        <dt>Who guesses whether an operator takes part</dt>
        <dd>
          is right in at most {rightGuesses(privacy.advantagePerRelease)} after this release, and in at most
          {" "}
          {rightGuesses(privacy.advantagePerYear)}{" "}
          after a year of them; by tossing a coin, in 50 (an advantage of {privacy.advantagePerRelease},{" "}
          {privacy.advantagePerYear})
        </dd>
        <dt>Noise</dt>
        <dd>{policy.noiseMilli / 1000} times what one operator can move a group of numbers by</dd>
        <dt>Releases</dt>
        <dd>at most {policy.releasesPerYear} a year</dd>
        <dt>A behaviour is shown</dt>
        <dd>if at least {policy.kPublic} operators stand behind it, or more where there are many</dd>
        <dt>A node counts</dt>
        <dd>at most {policy.clip} of one behaviour</dd>
      </dl>
    </Section>
  );
}
