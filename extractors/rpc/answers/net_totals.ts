import { type Note, toFields } from "../json.ts";
import type { RpcEvent } from "./answer.ts";

/** `getnettotals`. */
export function netTotals(answer: unknown, note: Note): RpcEvent {
  const totals = toFields(answer, note);
  const target = totals.object("uploadtarget");
  return {
    case: "netTotals",
    value: {
      totalBytesReceived: totals.unsigned("totalbytesrecv"),
      totalBytesSent: totals.unsigned("totalbytessent"),
      timeMillis: totals.unsigned("timemillis"),
      uploadTarget: {
        timeframe: target.unsigned("timeframe"),
        target: target.unsigned("target"),
        targetReached: target.bool("target_reached"),
        serveHistoricalBlocks: target.bool("serve_historical_blocks"),
        bytesLeftInCycle: target.unsigned("bytes_left_in_cycle"),
        timeLeftInCycle: target.unsigned("time_left_in_cycle"),
      },
    },
  };
}
