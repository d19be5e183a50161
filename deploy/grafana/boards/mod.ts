/**
 * All boards, in the order of the home board.
 *
 * @module
 */

import type { Board } from "../panel.ts";
import { addressManagerBoard, addressRelayBoard, gossipBoard } from "./addresses.ts";
import { blocksBoard, feesBoard, mempoolBoard, nodeBoard } from "./chain.ts";
import { asBoard, connectionsBoard } from "./connections.ts";
import { linkingLionBoard, messagesBoard, pingsBoard, relayBoard } from "./messages.ts";
import { alertsBoard, anomaliesBoard, bandsBoard, homeBoard } from "./overview.ts";
import { collectorBoard, connectivityBoard, hubBoard, logsBoard } from "./own.ts";
import { peersBoard } from "./peers.ts";

/** All of them. */
export const BOARDS: readonly Board[] = [
  homeBoard,
  anomaliesBoard,
  bandsBoard,
  alertsBoard,
  peersBoard,
  connectionsBoard,
  asBoard,
  messagesBoard,
  linkingLionBoard,
  relayBoard,
  pingsBoard,
  gossipBoard,
  addressRelayBoard,
  addressManagerBoard,
  mempoolBoard,
  feesBoard,
  blocksBoard,
  nodeBoard,
  logsBoard,
  collectorBoard,
  connectivityBoard,
  hubBoard,
];
