/**
 * A real browser without a window, with a fresh profile, that reaches nothing but the loopback interface.
 *
 * @module
 */
import { CdpConnection } from "./cdp.ts";
import { openPage, type Page } from "./page.ts";
import { requirePart } from "./part.ts";
import { type Process, startProcess } from "./process.ts";
import { until } from "./until.ts";

export interface ChromiumOptions {
  /** More arguments, as on the command line. */
  readonly args?: readonly string[];
}

const ARGS = [
  "--headless",
  "--no-sandbox", // containers and root; every page is one of our own
  "--disable-gpu",
  "--hide-scrollbars", // they would take their width from the viewport that a test asked for
  "--disable-quic",
  "--disable-dev-shm-usage", // 64 MB in a container, too small for a page with charts
  "--no-first-run",
  "--no-default-browser-check",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-domain-reliability",
  "--disable-sync",
  "--remote-debugging-port=0",
  // A request to anybody else fails and is still seen in `page.requests`.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
];

/**
 * Starts a browser.
 *
 * @example Usage
 * ```ts ignore
 * await using browser = await startChromium();
 * const page = await browser.newPage();
 * await page.goto("http://127.0.0.1:8080/");
 * await page.waitFor("document.querySelectorAll('tr').length > 3");
 * ```
 */
export async function startChromium({ args = [] }: ChromiumOptions = {}): Promise<Chromium> {
  const profile = await Deno.makeTempDir({ prefix: "waggle-chromium-" });
  const process = startProcess(requirePart("chromium"), {
    args: [...ARGS, `--user-data-dir=${profile}`, ...args],
    name: "chromium",
  });
  try {
    const [, url = ""] = await process.waitForLine(/DevTools listening on (ws:\S+)/);
    return new Chromium(profile, process, await CdpConnection.open(url));
  } catch (error) {
    await process.stop();
    await removeProfile(profile);
    throw error;
  }
}

export class Chromium implements AsyncDisposable {
  readonly #profile: string;
  readonly #process: Process;
  readonly #connection: CdpConnection;

  /** @internal Use {@linkcode startChromium}. */
  constructor(profile: string, process: Process, connection: CdpConnection) {
    this.#profile = profile;
    this.#process = process;
    this.#connection = connection;
  }

  /** Opens an empty page that shares no cookies and no storage with the others. */
  async newPage(): Promise<Page> {
    return await openPage(this.#connection);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.send("Browser.close").catch(() => {}); // it may be gone before it answers
    await this.#connection[Symbol.asyncDispose]();
    await this.#process.stop();
    await removeProfile(this.#profile);
  }
}

/** The browser's own children write to the profile until they notice that it has ended. */
async function removeProfile(path: string): Promise<void> {
  await until(`"${path}" to be removed`, async () => {
    await Deno.remove(path, { recursive: true });
    return true;
  });
}
