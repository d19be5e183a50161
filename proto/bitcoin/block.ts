import type { Codec, OfType } from "./_codec.ts";
import { type BlockHeader, readHeader, writeHeader } from "./header.ts";
import type { Sequence } from "./sequence.ts";
import { readTransactions, type Transaction, writeTransactions } from "./transaction.ts";

/** `block`. */
export interface Block extends OfType<"block"> {
  /** The header. */
  readonly header: BlockHeader;
  /** All transactions, the coinbase first. */
  readonly transactions: Sequence<Transaction>;
}

/** Codec of `block`. */
export const block: Codec<Block> = {
  decode: (reader) => ({
    type: "block",
    header: readHeader(reader),
    transactions: readTransactions(reader),
  }),
  encode({ header, transactions }, writer) {
    writeHeader(header, writer);
    writeTransactions(transactions, writer);
  },
};
