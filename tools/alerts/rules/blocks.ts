import { hashToHex } from "../../../proto/bitcoin/hash.ts";
import { isMutated } from "../../../proto/mutated_states.ts";
import { Band, fixed } from "../band.ts";
import { duration, percent, plural, type Rule } from "../rule.ts";
import { Window } from "../window.ts";

const HOUR_MS = 60 * 60_000;
const REMEMBERED_BLOCKS = 12;
const ENOUGH_BLOCKS = 6;
const FAILURES = { side: "above", factor: 2, sigmas: 0, most: 1 } as const;
const MOST_HEIGHTS = 1024;

/** No block for too long. */
export const staleTip: Rule = {
  name: "stale-tip",
  fires: "time since the last new block; 90 min happen by luck alone about six times a year",
  attack: "an eclipse or partition that hides blocks, a node that is stuck, a loss of hash rate",
  look: "other explorers' tip, getchaintips, getpeerinfo synced_headers, debug=validation",
  severity: "critical",
  limit: 5400,
  unit: "s",
  show: (seconds) => duration(seconds * 1000),
  watch(limit) {
    let since: number | undefined;
    let height = 0;
    let mined = true;
    const reached = (tip: number, at: number) => {
      if (tip <= height) return;
      height = tip;
      since = at;
    };
    return {
      sees: {
        "validation.blockConnected": (_, at) => since = at,
        "log.blockConnectedLog": (_, at) => since = at,
        "ipc.blockTip": ({ height }, at) => reached(height, at),
        "rpc.blockchainInfo"({ blocks, chain }, at) {
          mined = chain !== "regtest";
          reached(blocks, at);
        },
      },
      measure(now) {
        since ??= now;
        if (!mined) return [];
        const value = (now - since) / 1000;
        return [{
          value,
          what: `last new block ${duration(value * 1000)} ago`,
          ...fixed({ side: "above", limit }, value),
        }];
      },
    };
  },
};

/** A block is known and does not come. */
export const blockStall: Rule = {
  name: "block-stall",
  fires: "time that a known block is missing: asked for and not sent, or a header without its block",
  attack: "peers that announce blocks and withhold them; a slow disk or CPU",
  look: "getpeerinfo inflight, getblockchaininfo headers and blocks, debug=net,validation",
  severity: "critical",
  limit: 300,
  unit: "s",
  show: (seconds) => duration(seconds * 1000),
  watch(limit) {
    const inflight = new Map<number, number>();
    let behindSince: number | undefined;
    let syncing = false;
    return {
      sees: {
        "rpc.peerInfos"({ infos }, at) {
          const asked = new Set(infos.flatMap((peer) => peer.inflight).slice(0, MOST_HEIGHTS));
          for (const height of inflight.keys()) if (!asked.has(height)) inflight.delete(height);
          for (const height of asked) if (!inflight.has(height)) inflight.set(height, at);
        },
        "rpc.blockchainInfo"({ headers, blocks, initialblockdownload }, at) {
          syncing = initialblockdownload;
          behindSince = headers > blocks ? behindSince ?? at : undefined;
        },
      },
      measure(now) {
        if (syncing) return [];
        const oldest = inflight.values().reduce((a, b) => Math.min(a, b), behindSince ?? now);
        const value = (now - oldest) / 1000;
        const what = value === 0
          ? "no block is missing"
          : `a known block is missing for ${duration(value * 1000)}`;
        return [{ value, what, ...fixed({ side: "above", limit }, value) }];
      },
    };
  },
};

/** Compact blocks do not suffice. */
export const compactBlockFailures: Rule = {
  name: "compact-block-failures",
  fires: "share of the last 12 blocks (at least 6) for which transactions had to be requested",
  attack:
    "blocks with transactions that were withheld from the network, or mempools driven apart: slow block relay",
  look:
    "log lines of reconstructed blocks (debug=cmpctblock), mempool policy, transactions seen first in blocks",
  severity: "warning",
  limit: 0.75,
  unit: "share",
  show: percent,
  band: FAILURES,
  watch(limit) {
    const band = new Band({ ...FAILURES, limit });
    const failed = new Map<string, boolean>();
    const note = (hash: string, needed: boolean) => {
      failed.set(hash, needed || (failed.get(hash) ?? false));
      if (failed.size > REMEMBERED_BLOCKS) failed.delete(failed.keys().next().value!);
    };
    return {
      sees: {
        "received.compactblock": ({ header }) => note(hashToHex(header.hash), false),
        "sent.getblocktxn": ({ blockHash }) => note(hashToHex(blockHash), true),
        "log.compactBlockReconstructedLog": ({ blockHash, requestedTxnCount }) =>
          note(blockHash, requestedTxnCount > 0),
      },
      measure(now) {
        if (failed.size < ENOUGH_BLOCKS) return [];
        const value = failed.values().filter((needed) => needed).toArray().length / failed.size;
        const what = `${percent(value)} of the last ${failed.size} blocks needed more than the mempool had`;
        return [{ value, what, ...band.judge(now, value) }];
      },
    };
  },
};

/** Blocks that somebody changed on the way. */
export const mutatedBlocks: Rule = {
  name: "mutated-blocks",
  fires: "blocks in 1 h whose transactions do not belong to their header (log lines BlockChecked)",
  attack:
    "hindering block relay with changed copies of valid blocks (CVE-2012-2459, disclosed cases up to 2024)",
  look: "log lines with the block's hash (debug=validation,net), which peer sent it, misbehaving peers",
  severity: "critical",
  limit: 1,
  unit: "blocks",
  watch(limit) {
    const mutated = new Window(HOUR_MS);
    let last = "";
    return {
      sees: {
        "log.blockCheckedLog"({ blockHash, state }, at) {
          if (!isMutated(state)) return;
          mutated.add(at);
          last = `, last ${blockHash.slice(0, 64)} (${state})`;
        },
      },
      measure(now) {
        const value = mutated.sum(now);
        const what = `${plural(value, "mutated block")} in 1 h${value === 0 ? "" : last}`;
        return [{ value, what, ...fixed({ side: "above", limit }, value) }];
      },
    };
  },
};
