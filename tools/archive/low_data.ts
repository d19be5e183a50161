/**
 * Events without what makes them large and can be had from any node: the raw bytes of transactions.
 *
 * @module
 */

import { encodeEvent, type Event } from "../../proto/event.ts";
import type { MessageEvent, Transaction } from "../../proto/schema.ts";

/** The bytes of an event without raw transactions, as the Rust archiver leaves them out; `undefined` where it has none. */
export function lowData(event: Event): Uint8Array | undefined {
  if (event.kind !== "message") return undefined;
  const msg = strip(event.value.msg);
  return msg === undefined ? undefined : encodeEvent({ ...event, value: { ...event.value, msg } });
}

function strip(msg: MessageEvent["msg"]): MessageEvent["msg"] {
  switch (msg?.case) {
    case "tx":
      return { case: "tx", value: { tx: ids(msg.value.tx) } };
    case "blocktxn":
      return {
        case: "blocktxn",
        value: { ...msg.value, transactions: msg.value.transactions.map(ids) },
      };
    case "compactblock": {
      const transactions = msg.value.transactions.map((each) => ({ ...each, tx: ids(each.tx) }));
      return { case: "compactblock", value: { ...msg.value, transactions } };
    }
    case "block":
      return { case: "block", value: { ...msg.value, transactions: [] } };
  }
  return undefined;
}

function ids({ txid, wtxid }: Transaction): Transaction {
  return { txid, wtxid };
}
