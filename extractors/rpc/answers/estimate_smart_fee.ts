import { FeeEstimateMode } from "../../../proto/schema.ts";
import { type Note, toFields } from "../json.ts";
import type { RpcEvent } from "./answer.ts";

const TARGETS = [1, 6, 144];
const MODES = { economical: FeeEstimateMode.ECONOMICAL, conservative: FeeEstimateMode.CONSERVATIVE };

/** What is asked in a round: each target in each mode. */
export const ESTIMATE_REQUESTS: readonly (readonly [number, string])[] = TARGETS.flatMap((target) =>
  Object.keys(MODES).map((mode) => [target, mode] as const)
);

/** `estimatesmartfee` with a target and a mode. */
export function estimateSmartFee(answer: unknown, note: Note, params: readonly unknown[]): RpcEvent {
  const [target, mode] = params as readonly [number, keyof typeof MODES];
  const estimate = toFields(answer, note);
  return {
    case: "estimateSmartFee",
    value: {
      feeRate: estimate.has("feerate") ? estimate.feeRate("feerate") : undefined,
      blocks: estimate.uint32("blocks"),
      requestedBlocks: target,
      mode: MODES[mode],
      errors: estimate.texts("errors"),
    },
  };
}
