import type { Address, Metadata } from "../../../proto/schema.ts";
import { Band } from "../band.ts";
import { Novelty } from "../novelty.ts";
import { plural, readable, type Rule } from "../rule.ts";
import { KeyedWindow, Window } from "../window.ts";

const BAND = { side: "above", factor: 3 } as const;
const WINDOW_MS = 10 * 60_000;
/** Bitcoin Core relays addresses only from messages of at most ten; larger ones answer a question. */
const MOST_RELAYED = 10;
/** A single chatty peer is what the spam rules are for. */
const MANY_SENDERS = 8;
const SENDER_FROM = 10;

/** Addresses nobody knew, from many peers at once, in messages small enough to be relayed. */
export const addrFlood: Rule = {
  name: "addr-flood",
  fires: "new addresses in 10 min, in messages of at most 10, from at least 8 peers",
  attack:
    "flooding the network with made-up addresses, as in July 2021: fills address managers, maps topology",
  look: "peers by addresses sent (getpeerinfo addr_rate_limited), size of the new table, addr pages",
  severity: "warning",
  limit: 2000,
  unit: "addresses",
  band: BAND,
  watch(limit) {
    const band = new Band({ ...BAND, limit });
    const novelty = new Novelty();
    const fresh = new Window(WINDOW_MS);
    const senders = new KeyedWindow(WINDOW_MS);
    const see = ({ addresses }: { addresses: Address[] }, at: number, { peerId }: Metadata) => {
      if (addresses.length > MOST_RELAYED) return;
      const unknown = addresses.filter((address) => novelty.isNew(key(address))).length;
      if (unknown === 0) return;
      fresh.add(at, unknown);
      senders.add(String(peerId), at, unknown);
    };
    return {
      sees: { "received.addr": see, "received.addrv2": see },
      measure(now) {
        const value = fresh.sum(now);
        const many = senders.sums(now).values().filter((sent) => sent >= SENDER_FROM).toArray().length;
        const { level, limit, usual } = band.judge(now, value);
        const what = `${readable(value)} new addresses from ${plural(many, "peer")} in 10 min`;
        return [{ value, what, level: Math.min(level, many / MANY_SENDERS), limit, usual }];
      },
    };
  },
};

function key({ address, port }: Address): string {
  if (address === undefined) return "";
  return address.case === "unknown"
    ? `${address.value.id}:${address.value.address.toHex()}`
    : `${address.value}:${port}`;
}
