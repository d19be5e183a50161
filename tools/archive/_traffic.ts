/**
 * Events as a node on the main network brings them, for measuring compression: what is random there is random here, and
 * what comes again, a transaction's id that a hundred peers announce, comes again after as long a time.
 *
 * @module
 */

import { encodeEvent, type Event } from "../../proto/event.ts";
import type { InventoryItem, MessageEvent, Transaction } from "../../proto/schema.ts";

const PEERS = 125;
const TRANSACTIONS_PER_SECOND = 7;
/** Bitcoin Core collects announcements for a few seconds, per peer. */
const ANNOUNCE_EVERY_S = 3;
const START = 1_780_140_481_000;

/** The same numbers on every machine. */
function seeded(seed: number): Random {
  let state = seed;
  return {
    below(limit) {
      state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0;
      const mixed = Math.imul(state ^ state >>> 13, 0x297a2d39);
      return Math.floor(((mixed ^ mixed >>> 16) >>> 0) / 2 ** 32 * limit);
    },
  };
}

interface Random {
  below(limit: number): number;
}

/** One second after the other, each as the events of that second. */
export function* secondsOfTraffic(seconds: number): Generator<Uint8Array[]> {
  const random = seeded(1);
  const known: Transaction[] = [];
  // How far each peer has announced what is known.
  const announced = new Array<number>(PEERS).fill(0);
  for (let second = 0; second < seconds; second++) {
    const events: Event[] = [];
    const at = () => START + second * 1000 + random.below(1000);
    const message = (
      peer: number,
      command: string,
      inbound: boolean,
      msg: MessageEvent["msg"],
      size: number,
    ) => {
      const connType = peer < 10 ? 2 : 1;
      const meta = {
        peerId: peer * 37 + 5,
        addr: `${addressOf(peer)}:8333`,
        connType,
        command,
        inbound,
        size,
      };
      events.push({ timestamp: at(), kind: "message", value: { meta, msg } });
    };
    for (let i = 0; i < TRANSACTIONS_PER_SECOND; i++) {
      const tx = transaction(random);
      known.push(tx);
      for (let copies = 1 + random.below(4); copies > 0; copies--) {
        const [peer, inbound] = [random.below(PEERS), copies === 1];
        const items = [wtx(tx)];
        message(peer, "getdata", !inbound, { case: "getdata", value: { items } }, 37);
        message(peer, "tx", inbound, { case: "tx", value: { tx } }, tx.raw!.length);
      }
      const added = { case: "added", value: { txid: tx.txid, vsize: 141, fee: random.below(5000) } } as const;
      events.push({ timestamp: at(), kind: "mempool", value: { event: added } });
    }
    for (let peer = 0; peer < PEERS; peer++) {
      if (random.below(ANNOUNCE_EVERY_S) === 0) {
        const items = known.slice(announced[peer]).filter(() => random.below(3) > 0).map(wtx);
        announced[peer] = known.length;
        const inbound = random.below(2) === 0;
        message(peer, "inv", inbound, { case: "inv", value: { items } }, 1 + 36 * items.length);
      }
      if (random.below(30) === 0) {
        const value = { value: BigInt(random.below(2 ** 31)) << 32n | BigInt(random.below(2 ** 31)) };
        message(peer, "ping", true, { case: "ping", value }, 8);
        message(peer, "pong", false, { case: "pong", value }, 8);
      }
      if (random.below(60) === 0) message(peer, "addrv2", true, addresses(random, second), 150);
    }
    yield events.toSorted((a, b) => a.timestamp - b.timestamp).map(encodeEvent);
  }
}

function addressOf(peer: number): string {
  return `${11 + peer}.${peer * 53 % 256}.${peer * 91 % 256}.${peer * 17 % 256}`;
}

function wtx({ wtxid }: Transaction): InventoryItem {
  return { item: { case: "wtx", value: wtxid } };
}

function addresses(random: Random, second: number): MessageEvent["msg"] {
  const list = Array.from({ length: 1 + random.below(10) }, () => {
    const value = [1, 2, 3, 4].map(() => random.below(256)).join(".");
    const timestamp = START / 1000 + second - random.below(86_400);
    return { timestamp, port: 8333, services: 1033n, address: { case: "ipv4", value } as const };
  });
  return { case: "addrv2", value: { addresses: list } };
}

/** One input, two outputs, one signature: of 222 bytes, 192 are hashes, keys and signatures. */
function transaction(random: Random): Transaction {
  const bytes = (count: number) => Uint8Array.from({ length: count }, () => random.below(256)).toHex();
  const raw = Uint8Array.fromHex(
    `02000000000101${bytes(32)}0${random.below(4)}00000000fdffffff02${bytes(3)}0000000000160014${bytes(20)}` +
      `${bytes(4)}00000000160014${bytes(20)}0247${bytes(71)}2102${bytes(32)}00000000`,
  );
  return { txid: Uint8Array.fromHex(bytes(32)), wtxid: Uint8Array.fromHex(bytes(32)), raw };
}
