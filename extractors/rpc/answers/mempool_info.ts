import { type Note, toFields } from "../json.ts";
import type { RpcEvent } from "./answer.ts";

/** `getmempoolinfo`; the fee rates in sat/vB, the sum of the fees in bitcoin. */
export function mempoolInfo(answer: unknown, note: Note): RpcEvent {
  const mempool = toFields(answer, note);
  return {
    case: "mempoolInfo",
    value: {
      loaded: mempool.bool("loaded"),
      size: mempool.unsigned("size"),
      bytes: mempool.unsigned("bytes"),
      usage: mempool.unsigned("usage"),
      totalFee: mempool.double("total_fee"),
      maxMempool: mempool.unsigned("maxmempool"),
      mempoolminfee: mempool.feeRate("mempoolminfee"),
      minrelaytxfee: mempool.feeRate("minrelaytxfee"),
      incrementalrelayfee: mempool.feeRate("incrementalrelayfee"),
      unbroadcastcount: mempool.unsigned("unbroadcastcount"),
      // Gone after Core 31, where it is always on; the schema says false if absent.
      fullrbf: mempool.bool("fullrbf"),
    },
  };
}
