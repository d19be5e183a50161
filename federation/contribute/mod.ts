/**
 * Uploads a redacted data set to a hub that takes them: looked at before, shown before, and gone on with after whatever
 * came in between.
 *
 * @module
 */

import { DEFAULT_HUB } from "../../proto/federation/invitation.ts";
import { component } from "../../runtime/component.ts";
import { addressOf, dialled, proxy, proxyAddress } from "../../runtime/dial.ts";
import { files, flag, type OptionTable, path, text } from "../../runtime/options.ts";
import { contribute } from "./contribute.ts";
import { hubOfMember, parseOrigin, splitCode } from "./target.ts";

/** Options of contribute. */
export const options = {
  dataSet: files("Folder of the data set, as `deno task redact` wrote it with a licence"),
  code: text(
    "What the hub's operator gave you, https://HOST#waggle-contribution-…; without it you contribute as a member",
  ),
  folder: path("Folder of a member's uplink, with the operator's key and the hub", "~/.waggle/uplink"),
  hub: text("Address of the hub, https://HOST, where it is not that of the code or the membership"),
  proxy: proxy("SOCKS5 proxy to the hub, such as Tor's; none to connect directly. A hub here needs none"),
  acceptEgressLeak: flag("Connect directly although the hub sees the address of this machine then"),
  ca: path("Certificate of the authority that signed the hub's, where it is not one that everybody knows"),
  yes: flag("Do not ask before sending"),
} satisfies OptionTable;

/** Uploads a data set. */
export default component({
  summary: "Uploads a redacted data set to a hub, which may publish it",
  example: "contribute --contribute.code https://hub.example.org#waggle-contribution-… /tmp/data-set",
  options,
  job: true,
  offBus: true,
  check: ({ dataSet, code, hub }) => [
    ...dataSet.length === 1 ? [] : ["contribute: name one folder, that of the data set"],
    ...problemsOf(() => code === undefined ? undefined : splitCode(code)),
    ...problemsOf(() => hub === undefined ? undefined : parseOrigin(hub)),
  ],
  permissions({ dataSet, code, folder, hub, proxy, ca }) {
    const isMember = code === undefined;
    const to = hub ?? (code === undefined ? hubOfMember(folder) : splitCode(code).hub);
    const way = { to: new URL(to ?? DEFAULT_HUB), proxy: proxyAddress(proxy) };
    return {
      // A member's hub is known only when its folder has been read.
      net: to === undefined
        ? [...new Set([...way.proxy === undefined ? [] : [way.proxy], addressOf(way.to)])]
        : [dialled(way)],
      read: dataSet.length === 0
        ? []
        : [...dataSet, ...isMember ? [folder] : [], ...ca === undefined ? [] : [ca]],
    };
  },
  run: contribute,
});

function problemsOf(parse: () => unknown): string[] {
  try {
    parse();
    return [];
  } catch (error) {
    return [`contribute: ${(error as Error).message}`];
  }
}
