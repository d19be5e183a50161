/**
 * The hub of a federation: takes the summaries of many operators and tells all of them what they see together.
 *
 * @module
 */

import { component } from "../../runtime/component.ts";
import { address, flag, integer, type OptionTable } from "../../runtime/options.ts";
import { notice } from "../../runtime/web/notice.ts";
import { loginFiles, PLACE, storeHosts } from "./options.ts";
import { runHub } from "./run.ts";

const MOST = 2 ** 31;

/** Options of the hub. */
export const options = {
  address: address("Where to listen; uplinks connect to ws://HOST:PORT/uplink", "127.0.0.1:8790"),
  public: address("Where to serve the public pages; they are written into the folder in any case"),
  ...PLACE,
  notice,
  closeAfterSeconds: integer("Seconds after the end of a bin at which it is closed", 300, {
    min: 1,
    max: 86_400,
  }),
  keepDays: integer("Days for which summaries are taken and kept", 7, { min: 1, max: 366 }),
  keepClosedDays: integer("Days for which closed bins and incidents are kept", 400, { min: 1, max: 36_600 }),
  sessions: integer("Most connections at once", 12_000, { min: 1, max: 1_000_000 }),
  handshakes: integer(
    "Most connections at once that have not proved who they are; a newer one takes the place of the oldest",
    2000,
    {
      min: 1,
      max: 1_000_000,
    },
  ),
  handshakeSeconds: integer("Seconds they have for it", 10, { min: 1, max: 600 }),
  sessionsPerOperator: integer("Sessions of an operator; a newer one takes the place of the oldest", 4, {
    min: 1,
    max: 1000,
  }),
  framesPerMinute: integer("Frames a minute of a session", 600, { min: 1, max: MOST }),
  bytesPerMinute: integer("Bytes a minute of a session", 10_485_760, { min: 65_536, max: MOST }),
  datasets: flag("Take contributed data sets; they are public after `hub datasets release`"),
  datasetFileMb: integer("Most megabytes of a file of a data set", 4000, { min: 1, max: MOST }),
  datasetMb: integer("Most megabytes of a data set", 20_000, { min: 1, max: MOST }),
  datasetsMb: integer("Most megabytes of all data sets, public ones included", 100_000, {
    min: 1,
    max: MOST,
  }),
  datasetMbPerMinute: integer("Most megabytes a minute of a contributor", 600, { min: 1, max: MOST }),
} satisfies OptionTable;

/** The hub. */
export default component({
  summary: "Takes summaries of many operators and tells them what they see together",
  example: "hub --hub.folder /var/lib/waggle/hub",
  options,
  offBus: true,
  commands: {
    init: () => import("./commands/init.ts"),
    invite: () => import("./commands/invite.ts"),
    members: () => import("./commands/members.ts"),
    revoke: () => import("./commands/revoke.ts"),
    token: () => import("./commands/token.ts"),
    datasets: () => import("./commands/datasets.ts"),
    policy: () => import("./commands/policy.ts"),
    sightings: () => import("./commands/sightings.ts"),
    release: () => import("./commands/release.ts"),
    backup: () => import("./commands/backup.ts"),
    status: () => import("./commands/status.ts"),
  },
  permissions: (options) => ({
    net: [options.address, ...options.public === undefined ? [] : [options.public], ...storeHosts(options)],
    read: [options.folder, ...loginFiles(options)],
    write: [options.folder],
    // The WebSocket library asks for them when it is loaded.
    env: ["WS_NO_BUFFER_UTIL", "WS_NO_UTF_8_VALIDATE"],
  }),
  run: (context) => runHub(context),
});
