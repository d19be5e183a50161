/**
 * The pages on which one signs in.
 *
 * @module
 */

import { Notice, Panel } from "./shell.tsx";

/** What happened before; constant words for whatever was wrong with a key. */
export type Told = "refused" | "again" | "over" | undefined;

const WORDS = {
  refused:
    "That did not work. Look whether you signed the line below with the key of a member, and pasted all of it.",
  again: "That line was too old, or for another browser, or used before. Here is a new one.",
  over: "Your session is over. Sign in again to go on.",
} as const;

const TOKEN_WORDS = {
  refused: "That is no token of this hub. Make one where the hub runs.",
  again: "That token was too old, or used before. Make a new one.",
  over: WORDS.over,
} as const;

/** For members: a line to sign. */
export function MemberSignIn({ challenge, told, next }: { challenge: string; told: Told; next: string }) {
  return (
    <div class="stack sign-in">
      {told && <Notice tone={told === "refused" ? "bad" : ""}>{WORDS[told]}</Notice>}
      <Panel title="With your operator key">
        <form method="post" action="/sign-in">
          <ol>
            <li>
              Run this where your uplink is, within five minutes:
              <pre class="command" tabindex={0}>deno task uplink sign {challenge}</pre>
            </li>
            <li>
              <label for="answer">Paste the line that it prints:</label>
              <textarea
                id="answer"
                name="answer"
                required
                maxlength={512}
                autocomplete="off"
                spellcheck={false}
                placeholder="waggle-signed-…"
              >
              </textarea>
            </li>
          </ol>
          <input type="hidden" name="challenge" value={challenge} />
          <input type="hidden" name="next" value={next} />
          <button type="submit" class="main">Sign in</button>
        </form>
      </Panel>
      <p class="muted">
        Your key stays where it is. Sign only what stands on a page whose address you have checked. You are
        signed out after 30 minutes without a visit. Do you run this hub?{" "}
        <a href="/hub/sign-in">Sign in with a token</a>
      </p>
    </div>
  );
}

/** For those who run the hub: a token. */
export function HubSignIn({ visit, told, next }: { visit: string; told: Told; next: string }) {
  return (
    <div class="stack sign-in">
      {told && <Notice tone={told === "refused" ? "bad" : ""}>{TOKEN_WORDS[told]}</Notice>}
      <Panel title="With a token of the hub">
        <form method="post" action="/hub/sign-in">
          <ol>
            <li>
              Run this where the hub is:
              <pre class="command" tabindex={0}>deno task hub token</pre>
            </li>
            <li>
              <label for="token">Paste the line that it prints, within five minutes:</label>
              <textarea
                id="token"
                name="token"
                required
                maxlength={512}
                autocomplete="off"
                spellcheck={false}
                placeholder="waggle-hub-token-…"
              >
              </textarea>
            </li>
          </ol>
          <input type="hidden" name="visit" value={visit} />
          <input type="hidden" name="next" value={next} />
          <button type="submit" class="main">Sign in</button>
        </form>
      </Panel>
      <p class="muted">
        A token is good once. Whoever can make one can read the hub's folder anyway. Are you a member?{" "}
        <a href="/sign-in">Sign in with your key</a>
      </p>
    </div>
  );
}
