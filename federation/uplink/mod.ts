/**
 * Tells a federation hub what the operator's nodes see, in summaries that say neither which nodes nor whom they met.
 *
 * @module
 */

import { DEFAULT_HUB } from "../../proto/federation/invitation.ts";
import { component } from "../../runtime/component.ts";
import { addressOf, proxy, proxyAddress } from "../../runtime/dial.ts";
import { flag, integer, list, type OptionTable, path, secret, text } from "../../runtime/options.ts";
import { GROUP_NAMES } from "../release/public.ts";
import { dialled } from "./dial.ts";
import { checkDisclosed, checkDisclosedUrl } from "./disclosures.ts";
import { UplinkFolder } from "./folder.ts";
import { FOLDER } from "./options.ts";
import { randomnessKey, randomnessUrl } from "./randomness.ts";
import { runUplink } from "./uplink.ts";

const MOST = 2 ** 31;

/** Options of the uplink. */
export const options = {
  ...FOLDER,
  proxy: proxy(
    "SOCKS5 proxy to the hub, such as Tor's; none to connect directly. A hub on this machine needs no proxy",
  ),
  acceptEgressLeak: flag("Connect directly although the hub sees the address of a node then"),
  ca: path("Certificate of the authority that signed the hub's, where it is not one that everybody knows"),
  nodeAddresses: list(
    "Addresses of the nodes, which must never leave; what the nodes say of themselves is added",
    [],
    {
      placeholder: "ADDRESS,…",
    },
  ),
  disclose: list(
    "Nodes that everybody may see, live and in full, each under a name for the public; all others stay hidden",
    [],
    { placeholder: "NAME=NODE,…", check: checkDisclosed },
  ),
  discloseUrls: list("Where there is more about a disclosed node", [], {
    placeholder: "NAME=https://…,…",
    check: checkDisclosedUrl,
  }),
  canaries: list("Names and other texts that must never leave; a summary that holds one is not sent", [], {
    placeholder: "TEXT,…",
  }),
  asmap: path(
    "File that maps addresses to autonomous systems, which count as one netgroup then; as Bitcoin Core's -asmap",
  ),
  lists: {
    ...list(
      "Files of addresses that are known to be bad, one per line; of how many netgroups there are peers is told",
      [],
      {
        placeholder: "PATH,…",
      },
    ),
    isPath: true,
  },
  servers: list(
    "NATS servers to listen on besides the bus, each with one node of a Rust deployment",
    [],
    { placeholder: "nats://HOST:PORT,…", check: checkServer },
  ),
  serverUser: text("User name at those servers"),
  serverPassword: secret("Password of that user"),
  serverCreds: path("Credentials file for those servers"),
  randomness: randomnessUrl,
  randomnessKey,
  sightings: flag(
    "Ask other members, sealed, about addresses that misbehave; needs a randomness service",
    true,
  ),
  minKMember: integer("Refuse a hub that shows members numbers of fewer operators", 3, { min: 1, max: MOST }),
  minKPublic: integer("Refuse a hub that publishes numbers of fewer operators", 5, { min: 1, max: MOST }),
  maxClip: integer("Refuse a hub that lets a node add more to a count", 64, { min: 1, max: 4096 }),
  maxKeysPerNode: integer("Refuse a hub that lets a node add to more counts", 64, { min: 1, max: 4096 }),
  minNoiseMilli: integer("Refuse a hub that publishes with less noise, in thousandths of the clip", 12_000, {
    max: MOST,
  }),
  maxReleasesPerYear: integer("Refuse a hub that publishes more often", 12, { max: 366 }),
  maxAlarmsPerYear: integer("Refuse a hub that raises more public alarms a year", 4, { max: 366 }),
  maxAdvantageMilli: integer(
    "Refuse a hub whose rules let others guess from a year of public numbers who takes part: the advantage, in thousandths",
    250,
    { max: 1000 },
  ),
  mayPublish: list("Refuse a hub that publishes other groups of numbers than these", GROUP_NAMES, {
    placeholder: "GROUP,…",
    check: checkGroup,
  }),
  eventTime: flag("Close bins by the time of the events instead of now, for a replay; ends with it"),
} satisfies OptionTable;

/** The uplink. */
export default component({
  summary: "Tells a federation hub what your nodes see, without telling which nodes or whom they met",
  example: "uplink --node alpha,beta",
  options,
  commands: {
    keygen: () => import("./commands/keygen.ts"),
    join: () => import("./commands/join.ts"),
    invite: () => import("./commands/invite.ts"),
    preview: () => import("./commands/preview.ts"),
    status: () => import("./commands/status.ts"),
    compare: () => import("./commands/compare.ts"),
    off: () => import("./commands/off.ts"),
    on: () => import("./commands/on.ts"),
    sign: () => import("./commands/sign.ts"),
    rotate: () => import("./commands/rotate.ts"),
  },
  check({ randomness, randomnessKey }) {
    return (randomness === undefined) === (randomnessKey === undefined)
      ? []
      : ["--uplink.randomness and --uplink.randomness-key belong together: name both"];
  },
  permissions({ folder, proxy, servers, serverCreds, ca, asmap, lists, randomness }) {
    return {
      net: [
        ...dialledFrom(folder, proxyAddress(proxy)),
        ...randomness === undefined
          ? []
          : [dialled({ hub: new URL(randomness), proxy: proxyAddress(proxy) })],
        ...servers.map((server) => addressOf(new URL(server))),
      ],
      read: [folder, ...[ca, serverCreds, asmap, ...lists].filter((file) => file !== undefined)],
      write: [folder],
    };
  },
  run: runUplink,
});

/** What may be dialled: once a hub has been joined its way only, before that the proxy and a hub on this machine. */
function dialledFrom(folder: string, proxy: string | undefined): string[] {
  const hub = membershipIn(folder)?.url;
  if (hub !== undefined) return [dialled({ hub, proxy })];
  return [...proxy === undefined ? [] : [proxy], addressOf(new URL(DEFAULT_HUB))];
}

/** Read by the process that makes the sandbox, where it may. */
function membershipIn(folder: string) {
  try {
    return new UplinkFolder(folder).readMembership();
  } catch {
    return undefined;
  }
}

function checkGroup(text: string): void {
  if (!(GROUP_NAMES as readonly string[]).includes(text)) {
    throw new SyntaxError(`expected some of ${GROUP_NAMES.join(",")}`);
  }
}

function checkServer(text: string): void {
  const url = URL.parse(text);
  if (url === null || !["nats:", "tls:"].includes(url.protocol) || url.username !== "") {
    throw new SyntaxError("expected nats://HOST:PORT");
  }
}
