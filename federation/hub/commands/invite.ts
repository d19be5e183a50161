import {
  invitationLink,
  invitationText,
  newInvitation,
  sponsor,
} from "../../../proto/federation/invitation.ts";
import { command } from "../../../runtime/command.ts";
import { integer, text } from "../../../runtime/options.ts";
import { openFolder } from "../folder.ts";
import { PLACE } from "../options.ts";

/** Makes invitations that the hub vouches for. */
export default command({
  summary: "Prints invitations for operators that the hub itself vouches for, one a line",
  example: "hub invite --hub.count 3 --hub.url wss://hub.example.org/uplink",
  options: {
    ...PLACE,
    count: integer("How many; each lets one operator in, once", 1, { min: 1, max: 1000 }),
    url: text(
      "Where uplinks reach this hub, to stand in the invitation; without it they look on their own machine",
    ),
    days: integer("Days until they are void", 7, { min: 1, max: 366 }),
  },
  async run({ options, log, signal, print }) {
    const { count, days } = options;
    const hub = parseUrl(options.url);
    const { key, store } = await openFolder(options, { log, signal });
    await store[Symbol.asyncDispose]();
    const expires = Math.floor(Date.now() / 1000) + days * 86_400;
    for (let i = 0; i < count; i++) {
      const invitation = await sponsor(newInvitation(key.publicKey, expires), key);
      print(`${hub === undefined ? invitationText(invitation) : invitationLink(hub, invitation)}\n`);
    }
  },
});

function parseUrl(url: string | undefined): URL | undefined {
  if (url === undefined) return undefined;
  const parsed = URL.parse(url);
  if (parsed !== null && /^wss?:$/.test(parsed.protocol)) return parsed;
  throw new TypeError(`Cannot invite to "${url}": expected wss://HOST/uplink`);
}
