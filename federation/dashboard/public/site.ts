/**
 * Writes the pages into the public folder: whole files, each replaced at once, and only those that changed.
 *
 * @module
 */

import { reasonOf } from "../../../runtime/reason.ts";
import { LIST_FILE } from "../../datasets/listed.ts";
import { LIVE_FILE } from "../../release/live.ts";
import { makeAssets } from "./assets.ts";
import { dataPage } from "./page_data.tsx";
import { HISTORY_PATH, historyPage } from "./page_history.tsx";
import { howPage } from "./page_how.tsx";
import { nodePages } from "./page_node.tsx";
import { nodesPage } from "./page_nodes.tsx";
import { overviewPage } from "./page_overview.tsx";
import { releasePage, releasePath } from "./page_release.tsx";
import { nothingKnown, type Published, type Reading, readPublished } from "./published.ts";
import { type Around, pageText } from "./shell.tsx";

/** Folders that hold pages of ours; in them, pages that are not ours any more are removed. */
const FOLDERS = ["nodes", "releases"];
/** Readable by whoever serves it. */
const PUBLIC_MODE = 0o644;

const ASSETS = makeAssets();

/** A file of ours. */
interface Page {
  /** Another one, another text. */
  readonly key: string;
  text(): string;
}

/** All pages by path. There can be thousands of releases, so their pages are made only when they are needed. */
function pagesOf(published: Published, around: Pick<Around, "notice" | "now">): Map<string, Page> {
  const { folder: assets, files } = ASSETS;
  const whole = { ...around, assets, hub: published.hub, hasFeed: published.releases.length > 0 };
  const made = (text: string): Page => ({ key: text, text: () => text });
  const pages = [
    overviewPage(published),
    nodesPage(published),
    howPage(published),
    dataPage(published),
    ...nodePages(published),
  ];
  const { releases } = published;
  const history = () => pageText(historyPage(published), whole);
  return new Map([
    ...[...files].map(([path, text]): [string, Page] => [path, made(text)]),
    ...pages.map((page): [string, Page] => [page.path, made(pageText(page, whole))]),
    [HISTORY_PATH, { key: releases.map(({ file }) => file).join(), text: history }],
    ...releases.map((release, i): [string, Page] => [releasePath(release.release), {
      key: [releases[i - 1]?.file, release.file, releases[i + 1]?.file].join(),
      text: () => pageText(releasePage(release, published), whole),
    }]),
  ]);
}

/** What pages are made from, and what stands on all of them. */
export interface SiteOptions extends Omit<Reading, "rules" | "known"> {
  readonly notice?: string | undefined;
  /** Milliseconds since 1970; only where the hub's time is another than its readers'. */
  readonly clock?: (() => number) | undefined;
}

/** Keeps the pages of a folder up to date. */
export class Site {
  readonly #reading: SiteOptions;
  readonly #known = nothingKnown();
  /** What was written, by path. */
  readonly #written = new Map<string, string>();

  /** Nothing is read or written yet. */
  constructor(reading: SiteOptions) {
    this.#reading = reading;
  }

  /** Writes what changed, and names it. */
  async write(rules: Reading["rules"]): Promise<string[]> {
    const { folder } = this.#reading;
    const pages = this.#pages(await readPublished({ ...this.#reading, rules, known: this.#known }));
    const changed: string[] = [];
    for (const [path, { key, text }] of pages) {
      if (this.#written.get(path) === key) continue;
      if (await writeChanged(`${folder}/${path}`, text())) changed.push(path);
      this.#written.set(path, key);
    }
    for (const path of this.#written.keys()) if (!pages.has(path)) this.#written.delete(path);
    // Last: until then a page may link to it.
    for (const name of FOLDERS) {
      await removeOthers(`${folder}/${name}`, (file) => pages.has(`${name}/${file}`));
    }
    return changed;
  }

  /** What others write shall not keep releases from being shown. */
  #pages(published: Published): Map<string, Page> {
    const { notice, clock } = this.#reading;
    const around = { notice, now: clock?.() };
    try {
      return pagesOf(published, around);
    } catch (error) {
      if (published.live === undefined && published.dataSets.length === 0) throw error;
      this.#reading.onWrong?.(`Not shown, ${LIVE_FILE} and ${LIST_FILE}: ${reasonOf(error)}`);
      return pagesOf({ ...published, live: undefined, dataSets: [] }, around);
    }
  }
}

async function writeChanged(path: string, text: string): Promise<boolean> {
  if (await Deno.readTextFile(path).catch(() => undefined) === text) return false;
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  // Whole or not at all for whoever reads it. After a power cut it may be empty, and is written again.
  await Deno.writeTextFile(`${path}.new`, text, { mode: PUBLIC_MODE });
  await Deno.rename(`${path}.new`, path);
  return true;
}

/** A node that is shown no longer, a release that cannot be verified any more. */
async function removeOthers(folder: string, isOurs: (file: string) => boolean): Promise<void> {
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (name.endsWith(".html") && !isOurs(name)) await Deno.remove(`${folder}/${name}`);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
