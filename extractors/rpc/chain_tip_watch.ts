import type { Watch, WatchContext } from "./answers/answer.ts";
import { type ChainTip, chainTips } from "./answers/chain_tips.ts";

const MEANING: Readonly<Record<string, string>> = {
  "valid-fork": "a fork, fully valid",
  "valid-headers": "a fork whose blocks were not checked",
  "headers-only": "a fork of which only headers are here",
  invalid: "an invalid branch",
};
const MAX_LINES = 10;

/**
 * The event schema has no place for chain tips, yet a fork, an invalid block and a block that was replaced are what an
 * observer is there for: each is logged and counted when it appears. What is there at the start is only summed up.
 */
export function watchChainTips(): Watch {
  let known: Map<string, string> | undefined;
  return (answer, note, context) => {
    const tips = chainTips(answer, note);
    if (known === undefined) context.log.info(`Chain tips: ${summary(tips)}`);
    else tell(tips.filter((tip) => isNews(tip, known!)), known, context);
    known = new Map(tips.map((tip) => [tip.hash, tip.status]));
  };
}

/** A new active tip is just the next block. */
function isNews({ hash, status }: ChainTip, known: ReadonlyMap<string, string>): boolean {
  return status !== "active" && known.get(hash) !== status;
}

function tell(news: readonly ChainTip[], known: ReadonlyMap<string, string>, context: WatchContext): void {
  news.forEach((tip, i) => {
    const replaced = known.get(tip.hash) === "active";
    context.count(`chain tips (${Object.hasOwn(MEANING, tip.status) ? tip.status : "other"})`);
    if (replaced) context.count("reorganisations");
    if (i < MAX_LINES) {
      context.log[replaced || tip.status === "invalid" ? "warn" : "info"](line(tip, replaced));
    }
  });
  if (news.length > MAX_LINES) context.log.info(`Chain tips: ${news.length - MAX_LINES} more new ones`);
}

function line({ hash, height, status, branchLength }: ChainTip, replaced: boolean): string {
  const meaning = Object.hasOwn(MEANING, status) ? MEANING[status] : status;
  const what = replaced ? "no longer active, the node went over to another branch" : meaning;
  return `Chain tip ${hash} at height ${height}: ${what}, ${branchLength} blocks off the active chain`;
}

function summary(tips: readonly ChainTip[]): string {
  const counts = new Map<string, number>();
  for (const { status } of tips) counts.set(status, (counts.get(status) ?? 0) + 1);
  const parts = [...counts].map(([status, count]) => `${count} ${status}`);
  return parts.slice(0, MAX_LINES).join(", ") || "none";
}
