import { type Note, toFieldsList } from "../json.ts";

/** The last block of a branch that the node knows. */
export interface ChainTip {
  /** Display hex. */
  hash: string;
  /** Height of the tip. */
  height: number;
  /** Blocks since the branch left the active chain; 0 for the active chain itself. */
  branchLength: number;
  /** `active`, `valid-fork`, `valid-headers`, `headers-only` or `invalid`. */
  status: string;
}

/** `getchaintips`. */
export function chainTips(answer: unknown, note: Note): ChainTip[] {
  return toFieldsList(answer, note).map((tip) => ({
    hash: tip.text("hash"),
    height: tip.uint32("height"),
    branchLength: tip.uint32("branchlen"),
    status: tip.text("status"),
  }));
}
