/**
 * Clock and disk.
 *
 * @module
 */

import { statfsSync } from "node:fs";
import { format as formatBytes } from "@std/fmt/bytes";
import type { Check } from "../../runtime/preset.ts";
import { fine, quote, type Sight, wrong } from "./check.ts";

/** Bins of a federation have ten minutes, delays of blocks are told in seconds. */
const NOTICED_SECONDS = 5;
const WRONG_SECONDS = 60;
/** Fewer peers may be wrong together. */
const ENOUGH_PEERS = 4;
const SYNCHRONISED = "/run/systemd/timesync/synchronized";

/** Whether the clock is right: as the node's own peers see it, whom nobody but the node chose. */
export function checkClock({ answers, node }: Sight): Check[] {
  const peers = answers.get("getpeerinfo");
  const offsets = Array.isArray(peers)
    ? peers.filter((peer: { inbound?: unknown; timeoffset?: unknown }) =>
      peer?.inbound === false && typeof peer.timeoffset === "number"
    ).map(({ timeoffset }) => timeoffset as number).toSorted((a, b) => a - b)
    : [];
  const synchronised = isThere(SYNCHRONISED) || isThere("/run/chrony/chronyd.pid");
  if (offsets.length < ENOUGH_PEERS) {
    if (synchronised) return [fine("clock", "synchronised")];
    if (node?.chain.name === "regtest") return [fine("clock", "not compared: regtest has no strangers")];
    return [wrong("warning", "clock", "not known to be right: too few outbound peers to compare with", NTP)];
  }
  const off = Math.abs(offsets[Math.floor(offsets.length / 2)]!);
  if (off < NOTICED_SECONDS) return [fine("clock", `right, say ${offsets.length} outbound peers`)];
  const state = off < WRONG_SECONDS ? "warning" : "fault";
  return [wrong(state, "clock", `${off} s off, say ${offsets.length} outbound peers`, NTP)];
}

const NTP = { advice: "Let the system set it", paste: "sudo timedatectl set-ntp true" };

const GIB = 2 ** 30;
const LITTLE_BYTES = 10 * GIB;
/** The node itself stops soon below that. */
const LEAST_BYTES = GIB;

/** Whether there is room for what the node and the archive write. */
export function checkDisk({ node, values, machine }: Sight): Check[] {
  const archive = (values["archive"] as { dir?: string } | undefined)?.dir ??
    (machine.home === undefined ? undefined : machine.home);
  const folders = [...new Set([node?.datadir, archive].filter((folder) => folder !== undefined))];
  return folders.flatMap((folder) => {
    const free = freeBytes(folder);
    if (free === undefined) return [];
    const what = `${formatBytes(free, { binary: true })} free for "${folder}"`;
    if (free >= LITTLE_BYTES) return [fine("disk", what)];
    return [wrong(free < LEAST_BYTES ? "fault" : "warning", "disk", what, {
      advice: "Make room; this shows what is large",
      paste: `du -xh --max-depth=2 ${quote(folder)} | sort -h | tail`,
    })];
  });
}

function freeBytes(path: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return undefined; // not there yet, or not ours to see
  }
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
