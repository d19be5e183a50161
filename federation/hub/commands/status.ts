import { format as formatBytes } from "@std/fmt/bytes";
import { Anomaly } from "../../../proto/federation/schema.ts";
import { BIN_SECONDS } from "../../../proto/federation/check.ts";
import { keyText } from "../../../proto/federation/keys.ts";
import { command } from "../../../runtime/command.ts";
import { flag } from "../../../runtime/options.ts";
import { openFolder } from "../folder.ts";
import { PLACE } from "../options.ts";

/** Says how much a hub has. */
export default command({
  summary: "Says how much the hub keeps, and what it sees just now",
  example: "hub status",
  options: { ...PLACE, json: flag("As a JSON object") },
  async run({ options, log, signal, print }) {
    const { json } = options;
    const { key, store: opened } = await openFolder(options, { log, signal });
    await using store = opened;
    const hub = keyText("hub", key.publicKey);
    const status = await store.status();
    const incidents = (await store.incidents(Number.MAX_SAFE_INTEGER)).map(({ anomaly, opened }) => {
      const name = Object.entries(Anomaly).find(([, number]) => number === anomaly)?.[0] ?? "unknown";
      return { anomaly: name, since: new Date(opened * 1000).toISOString() };
    });
    if (json) return print(`${JSON.stringify({ hub, ...status, incidents })}\n`);
    const closed = status.closedThrough === 0
      ? "never"
      : new Date((status.closedThrough + 1) * BIN_SECONDS * 1000).toISOString();
    const lines = [
      ["hub", hub],
      ["members", `${status.members}, and ${status.revoked} revoked`],
      ["summaries", `${status.summaries}, ${status.late} of them late`],
      ["closed bins", `${status.bins}, up to ${closed}`],
      ["on disk", formatBytes(status.bytes)],
      ["open incidents", `${status.openIncidents}`],
      ...incidents.map(({ anomaly, since }) => ["", `${anomaly} since ${since}`]),
    ];
    for (const [name, value] of lines) print(`${name!.padEnd(15)} ${value}\n`);
  },
});
