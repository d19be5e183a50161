import { decodeMessage, txid, wtxid } from "../../../proto/bitcoin/mod.ts";
import type { OrphanTx, Transaction } from "../../../proto/schema.ts";
import { type Fields, type Note, toFieldsList } from "../json.ts";
import type { RpcEvent } from "./answer.ts";

const HEX = /^(?:[0-9a-f]{2})+$/i;

/** `getorphantxs` with verbosity 2; an orphan that does not decode is noted and left out. */
export function orphanTxs(answer: unknown, note: Note): RpcEvent {
  const orphans = toFieldsList(answer, note).flatMap((orphan) => orphanTx(orphan, note) ?? []);
  return { case: "orphanTxs", value: { orphans } };
}

function orphanTx(orphan: Fields, note: Note): OrphanTx | undefined {
  const transaction = decode(orphan.text("hex"));
  if (transaction === undefined) {
    note("hex");
    return undefined;
  }
  return {
    txid: orphan.text("txid"),
    wtxid: orphan.text("wtxid"),
    bytes: orphan.unsigned("bytes"),
    vsize: orphan.unsigned("vsize"),
    weight: orphan.unsigned("weight"),
    from: orphan.unsignedList("from"),
    transaction,
  };
}

function decode(hex: string): Transaction | undefined {
  if (!HEX.test(hex)) return undefined;
  const raw = Uint8Array.fromHex(hex);
  const decoded = decodeMessage("tx", raw);
  if (!decoded.ok || decoded.message.type !== "tx" || decoded.trailingBytes > 0) return undefined;
  const { transaction } = decoded.message;
  return { txid: txid(transaction), wtxid: wtxid(transaction), raw };
}
