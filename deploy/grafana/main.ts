/**
 * Writes the boards: `deno task grafana`, or with `--check` compares.
 *
 * @module
 */

import { writeOrCheck } from "../written.ts";
import { BOARDS } from "./boards/mod.ts";
import { dashboardOf, wallPlaylist } from "./build.ts";

/** Texts by path inside this folder. */
export async function files(): Promise<Map<string, string>> {
  const json = (value: unknown) => JSON.stringify(value, undefined, 2) + "\n";
  const texts = new Map<string, string>();
  for (const board of BOARDS) texts.set(`dashboards/${board.name}.json`, json(await dashboardOf(board)));
  return texts.set("playlist.json", json(wallPlaylist()));
}

if (import.meta.main) await writeOrCheck(import.meta.dirname!, await files(), "deno task grafana");
