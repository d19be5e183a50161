/**
 * The hub's data sets: what federation/datasets/ needs of a hub.
 *
 * @module
 */

import type { KeyPair } from "../../proto/federation/keys.ts";
import type { Log } from "../../runtime/log.ts";
import { Intake } from "../datasets/intake.ts";
import { Shelf } from "../datasets/shelf.ts";
import type { Hub } from "./hub.ts";
import { siteOf } from "./releases.ts";
import { slotText } from "./slot_text.ts";

const MB = 1_000_000;

/** What is taken of data sets, as the options say. */
export interface DataSetOptions {
  /** Megabytes of a file. */
  readonly datasetFileMb: number;
  /** Megabytes of a data set. */
  readonly datasetMb: number;
  /** Megabytes of all. */
  readonly datasetsMb: number;
  /** Megabytes a minute of a contributor. */
  readonly datasetMbPerMinute: number;
}

/** The data sets in a hub's folder. */
export function shelfOf(folder: string, now: () => number = Date.now): Shelf {
  return new Shelf({ folder, site: siteOf(folder), now });
}

/** Takes data sets of members of the hub, and of whoever has a code. */
export function makeIntake(
  { hub, key, folder, options, log }: {
    readonly hub: Hub;
    readonly key: KeyPair;
    readonly folder: string;
    readonly options: DataSetOptions;
    readonly log: Log;
  },
): Intake {
  const now = () => hub.now();
  return new Intake({
    shelf: shelfOf(folder, now),
    limits: {
      file: options.datasetFileMb * MB,
      set: options.datasetMb * MB,
      total: options.datasetsMb * MB,
      bytesPerMinute: options.datasetMbPerMinute * MB,
    },
    hubKey: key.publicKey,
    async member(key) {
      const member = await hub.members.find(key, Math.floor(now() / 1000));
      return member === undefined ? undefined : `member ${slotText(member.slot)}`;
    },
    now,
    log,
  });
}
