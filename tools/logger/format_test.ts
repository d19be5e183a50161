import { assert, assertEquals } from "@std/assert";
import { decodeEvent, type Event, type Payloads } from "../../proto/event.ts";
import { all } from "../../proto/golden/all.ts";
import type { Address, BlockHeader, Connection, Transaction } from "../../proto/schema.ts";
import type { Kind } from "../../proto/subjects.ts";
import { formatEvent } from "./format.ts";

// Every expected text below was written by hand from the formats of the Rust logger; none was printed by our code.

/** A hash whose first byte on the wire is this; people write it last. */
function hash(first: number): Uint8Array {
  const bytes = new Uint8Array(32);
  bytes[0] = first;
  return bytes;
}

const ZEROS = "00000000000000000000000000000000000000000000000000000000000000";
const H1 = `${ZEROS}01`;
const H2 = `${ZEROS}02`;
const H3 = `${ZEROS}03`;
const HA = `${ZEROS}0a`;

const header: BlockHeader = {
  version: -2,
  prevBlockhash: hash(1),
  merkleRoot: hash(2),
  time: 1231006505,
  bits: 486604799,
  nonce: 2083236893,
  hash: hash(3),
};
const HEADER =
  `BlockHeader(hash=${H3}, version=-2, prev_blockhash=${H1}, merkle_root=${H2}, time=1231006505, bits=486604799, nonce=2083236893)`;

const tx: Transaction = { txid: hash(1), wtxid: hash(2), raw: Uint8Array.of(1, 2, 3) };
const lowDataTx: Transaction = { txid: hash(3), wtxid: hash(10) };
const TX = `Transaction(txid=${H1}, wtxid=${H2})`;
const LOW_DATA_TX = `Transaction(txid=${H3}, wtxid=${HA})`;

const ipv4: Address = {
  timestamp: 1700000001,
  address: { case: "ipv4", value: "203.0.113.7" },
  services: 1033n,
  port: 8333,
};
const IPV4 = "Address(timestamp=1700000001, address=IPv4(203.0.113.7), port=8333, services=1033)";

const conn: Connection = { peerId: 7, addr: "[2001:db8::1]:8333", connType: 2, network: 2 };
const CONN = "Connection(id=7, addr=[2001:db8::1]:8333, conn_type=2, network=2)";

function event<K extends Kind>(kind: K, value: Payloads[K]): Event {
  return { timestamp: 0, kind, value } as Event;
}

function checkText(event: Event, group: string, text: string): void {
  assertEquals(formatEvent(event), { group, text });
}

type Body = NonNullable<Payloads["message"]["msg"]>;

const MESSAGES: readonly (readonly [Body, string])[] = [
  [{ case: "ping", value: { value: 18446744073709551613n } }, "Ping(18446744073709551613)"],
  [{ case: "pong", value: { value: 1n } }, "Pong(1)"],
  [{ case: "inv", value: { items: [] } }, "Inv([])"],
  [
    {
      case: "inv",
      value: {
        items: [
          { item: { case: "transaction", value: hash(1) } },
          { item: { case: "block", value: hash(2) } },
          { item: { case: "wtx", value: hash(3) } },
          { item: { case: "witnessTransaction", value: hash(10) } },
          { item: { case: "witnessBlock", value: hash(1) } },
          { item: { case: "compactBlock", value: hash(2) } },
          { item: { case: "unknown", value: { invType: 77, hash: hash(3) } } },
          { item: { case: "error", value: true } },
          { item: undefined },
        ],
      },
    },
    `Inv([Tx(${H1}), Block(${H2}), WTx(${H3}), WitnessTx(${HA}), WitnessBlock(${H1}), CompactBlock(${H2}), Unknown(type=77, hash=03${ZEROS}), Error, None])`,
  ],
  [
    { case: "getdata", value: { items: [{ item: { case: "witnessTransaction", value: hash(1) } }] } },
    `GetData([WitnessTx(${H1})])`,
  ],
  [
    { case: "notfound", value: { items: [{ item: { case: "wtx", value: hash(2) } }] } },
    `NotFound([WTx(${H2})])`,
  ],
  [{ case: "tx", value: { tx } }, `Tx(${TX})`],
  [{ case: "headers", value: { headers: [header, header] } }, `Headers([${HEADER}, ${HEADER}])`],
  [
    {
      case: "addr",
      value: {
        addresses: [
          ipv4,
          { timestamp: 2, address: { case: "ipv6", value: "2001:db8::7" }, services: 0n, port: 1 },
          {
            timestamp: 3,
            address: { case: "torv2", value: "expyuzz4wqqyqhjn.onion" },
            services: 1n,
            port: 2,
          },
        ],
      },
    },
    `Addr([${IPV4}, Address(timestamp=2, address=IPv6(2001:db8::7), port=1, services=0), Address(timestamp=3, address=TorV2(expyuzz4wqqyqhjn.onion), port=2, services=1)])`,
  ],
  [
    {
      case: "addrv2",
      value: {
        addresses: [
          { timestamp: 4, address: { case: "torv3", value: "aa.onion" }, services: 2n, port: 3 },
          { timestamp: 5, address: { case: "i2p", value: "bb.b32.i2p" }, services: 3n, port: 4 },
          { timestamp: 6, address: { case: "cjdns", value: "fc00::1" }, services: 4n, port: 5 },
          {
            timestamp: 7,
            address: { case: "unknown", value: { id: 200, address: Uint8Array.of(0xab, 1) } },
            services: 18446744073709551615n,
            port: 6,
          },
        ],
      },
    },
    "AddrV2([Address(timestamp=4, address=TorV3(aa.onion), port=3, services=2), Address(timestamp=5, address=I2p(bb.b32.i2p), port=4, services=3), Address(timestamp=6, address=Cjdns(fc00::1), port=5, services=4), Address(timestamp=7, address=Unknown(id=200, bytes=ab01), port=6, services=18446744073709551615)])",
  ],
  [{ case: "feefilter", value: { fee: -1000n } }, "FeeFilter(-1000)"],
  [
    { case: "getheaders", value: { version: 70016, locatorHashes: [hash(1), hash(2)], stopHash: hash(3) } },
    `GetHeaders(version=70016, locator_hashes=[${H1}, ${H2}], stop_hash=${H3})`,
  ],
  [
    { case: "getblocks", value: { version: 70015, locatorHashes: [], stopHash: hash(1) } },
    `GetBlocks(version=70015, locator_hashes=[], stop_hash=${H1})`,
  ],
  [
    {
      case: "version",
      value: {
        version: 70016,
        services: 3081n,
        timestamp: 1700000000n,
        receiver: ipv4,
        sender: ipv4,
        nonce: 9n,
        userAgent: "/Satoshi:30.0.0(Grüße 🐝)/",
        startHeight: -1,
        relay: true,
      },
    },
    `Version(version=70016, services=3081, timestamp=1700000000, receiver=${IPV4}, sender=${IPV4}, nonce=9, user_agent=/Satoshi:30.0.0(Grüße 🐝)/, start_height=-1, relay=true)`,
  ],
  [
    { case: "reject", value: { rejectedCommand: "tx", reason: 4, reasonDetails: "dust", hash: hash(1) } },
    `Reject(command=tx, reason=4, details=dust, hash=${H1})`,
  ],
  [
    {
      case: "compactblock",
      value: {
        header,
        nonce: 5n,
        shortIds: [Uint8Array.of(1, 2, 3, 4, 5, 6), Uint8Array.of(7, 8, 9, 10, 11, 12)],
        transactions: [{ diffIndex: 0, tx }, { diffIndex: 3, tx: lowDataTx }],
      },
    },
    `CmpctBlock(header=${HEADER}, nonce=5, short_ids=[010203040506, 0708090a0b0c], prefilled_transactions=[PrefilledTransaction(diff_index=0, tx=${TX}), PrefilledTransaction(diff_index=3, tx=${LOW_DATA_TX})])`,
  ],
  [
    { case: "sendcompact", value: { sendCompact: false, version: 2n } },
    "SendCompact(send_compact=false, version=2)",
  ],
  [
    { case: "block", value: { header, transactions: [tx, lowDataTx] } },
    `Block(header=${HEADER}, transactions=${TX}, ${LOW_DATA_TX})`,
  ],
  [
    { case: "getblocktxn", value: { blockHash: hash(1), txIndexes: [1, 300] } },
    `GetBlockTxn(hash=${H1}, tx_indexes=1, 300)`,
  ],
  [
    { case: "blocktxn", value: { blockHash: hash(1), transactions: [tx, lowDataTx] } },
    `BlockTxn(hash=${H1}, transactions=${TX}, ${LOW_DATA_TX})`,
  ],
  [{ case: "alert", value: { alert: Uint8Array.of(0xde, 0xad) } }, "Alert(alert=dead)"],
  [{ case: "filteradd", value: { filter: Uint8Array.of(0xbe, 0xef) } }, "FilterAdd(filter=beef)"],
  [
    { case: "filterload", value: { filter: Uint8Array.of(1), hashFuncs: 11, tweak: 4294967295, flags: 2 } },
    "FilterLoad(filter=01, hash_funcs=11, tweak=4294967295, flags=2)",
  ],
  [
    { case: "getcfcheckpt", value: { filterType: 0, stopHash: hash(1) } },
    `GetCFCheckpt(filter_type=0, stop_hash=${H1})`,
  ],
  [
    { case: "cfcheckpt", value: { filterType: 1, stopHash: hash(1), filterHeaders: [hash(2), hash(3)] } },
    `CFCheckpt(filter_type=1, stop_hash=${H1}, filter_headers=[${H2}, ${H3}])`,
  ],
  [
    { case: "getcfheaders", value: { filterType: 2, startHeight: 840000, stopHash: hash(1) } },
    `GetCFHeaders(filter_type=2, start_height=840000, stop_hash=${H1})`,
  ],
  [
    {
      case: "cfheaders",
      value: { filterType: 3, stopHash: hash(1), previousFilterHeader: hash(2), filterHashes: [hash(3)] },
    },
    `CFHeaders(filter_type=3, stop_hash=${H1}, prev_filter_header=${H2}, filter_hashes=[${H3}])`,
  ],
  [
    { case: "getcfilter", value: { filterType: 4, startHeight: 1, stopHash: hash(1) } },
    `GetCFilter(filter_type=4, start_height=1, stop_hash=${H1})`,
  ],
  [
    { case: "cfilter", value: { filterType: 5, blockHash: hash(1), filter: Uint8Array.of(1, 2) } },
    `CFilter(filter_type=5, block_hash=${H1}, filter=0102)`,
  ],
  [
    {
      case: "merkleblock",
      value: { header, numTransactions: 9, bits: [true, false, true], hashes: [hash(1), hash(2)] },
    },
    `MerkleBlock(header=${HEADER}, num_transactions=9, bits=[true,false,true], hashes=[${H1}, ${H2}])`,
  ],
  [
    { case: "unknown", value: { command: "getcfcheckp", payload: Uint8Array.of(0x0f, 0xf0) } },
    "FilterLoad(command=getcfcheckp, payload=0ff0)",
  ],
  [{ case: "verack", value: true }, "verack"],
  [{ case: "sendheaders", value: true }, "sendHeaders"],
  [{ case: "getaddr", value: true }, "getaddr"],
  [{ case: "mempool", value: true }, "mempool"],
  [{ case: "wtxidrelay", value: true }, "wtxidrelay"],
  [{ case: "sendaddrv2", value: true }, "sendaddrv2"],
  [{ case: "filterclear", value: true }, "filterclear"],
  [{ case: "emptyaddrv2", value: true }, "empty_addrv2"],
  [{ case: "oldping", value: true }, "old_ping"],
];

for (const [msg, text] of MESSAGES) {
  Deno.test(`formatEvent() prints a message "${msg.case}" as the Rust logger does: ${text.slice(0, 30)}`, () => {
    const meta = { peerId: 7, addr: "x:1", connType: 1, command: "any", inbound: true, size: 8 };
    checkText(event("message", { meta, msg }), "message", `inbound from id=7 (conn_type=1): ${text}`);
  });
}

Deno.test("formatEvent() says of a message that the node sent where it went", () => {
  const meta = { peerId: 4294967297, addr: "x:1", connType: 3, command: "ping", inbound: false, size: 8 };
  const msg = { case: "ping", value: { value: 4n } } as const;
  checkText(event("message", { meta, msg }), "message", "outbound to id=4294967297 (conn_type=3): Ping(4)");
});

const LOG_EVENT = {
  logTimestamp: 1759372281000001,
  category: 14,
  threadname: "msghand",
  logLevel: 3,
  logLineBytes: 64,
};
const LOG_HASH = "00000000000000000002a7c4c1e48d76c5a37902165a270156b7a8d72728a054";

const OTHERS: readonly (readonly [Event, group: string, text: string])[] = [
  [
    event("connection", { event: { case: "closed", value: { conn, timeEstablished: 1700000003 } } }),
    "connection",
    `ClosedConnection(conn=${CONN}, time_established=1700000003)`,
  ],
  [
    event("connection", { event: { case: "inboundEvicted", value: { conn, timeEstablished: 1700000004 } } }),
    "connection",
    `EvictedInboundConnection(conn=${CONN}, time_established=1700000004)`,
  ],
  [
    event("connection", { event: { case: "inbound", value: { conn, existingConnections: 123 } } }),
    "connection",
    `InboundConnection(conn=${CONN}, existing_connections=123)`,
  ],
  [
    event("connection", { event: { case: "outbound", value: { conn, existingConnections: 10 } } }),
    "connection",
    `OutboundConnection(conn=${CONN}, existing_connections=10)`,
  ],
  [
    event("connection", {
      event: { case: "misbehaving", value: { id: 5, message: "headers message size = 2001" } },
    }),
    "connection",
    "MisbehavingConnection(id=5, message=headers message size = 2001)",
  ],
  [
    event("mempool", { event: { case: "added", value: { txid: hash(1), vsize: 175, fee: 358 } } }),
    "mempool",
    `Added(${H1}, fee=358, vsize=175)`,
  ],
  [
    event("mempool", {
      event: {
        case: "removed",
        value: { txid: hash(1), reason: "sizelimi", vsize: 141, fee: 282, entryTime: 1700000005 },
      },
    }),
    "mempool",
    `Removed(${H1}, reason=sizelimi, vsize=141, fee=282, entry_time=1700000005)`,
  ],
  [
    event("mempool", {
      event: { case: "rejected", value: { txid: hash(2), reason: "min relay fee not met" } },
    }),
    "mempool",
    `Rejected(${H2}, reason=min relay fee not met)`,
  ],
  ...([[true, "txid"], [false, "package_hash"]] as const).map(([replacedByTransaction, word]) =>
    [
      event("mempool", {
        event: {
          case: "replaced",
          value: {
            replacedTxid: hash(1),
            replacedVsize: 141,
            replacedFee: 142,
            replacedEntryTime: 143,
            replacementId: hash(2),
            replacementVsize: 144,
            replacementFee: 145,
            replacedByTransaction,
          },
        },
      }),
      "mempool",
      `Replaced(old=(txid=${H1}, vsize=141, fee=142, entry_time=143) new=(${word}=${H2}, vsize=144, fee=145))`,
    ] as const
  ),
  [
    event("validation", {
      event: {
        case: "blockConnected",
        value: {
          hash: hash(1),
          height: 800000,
          transactions: 2500,
          inputs: 4000,
          sigops: 8000,
          connectionTime: 123456789,
        },
      },
    }),
    "validation",
    `BlockConnected(hash=${H1}, height=800000, transactions=2500, inputs=4000, sigops=8000, time=123456789ns)`,
  ],
  [
    event("addrman", {
      event: {
        case: "new",
        value: {
          inserted: true,
          bucket: 1,
          bucketPos: 2,
          addr: "198.51.100.1:8333",
          addrAS: 64500,
          source: "192.0.2.1:8333",
          sourceAS: 64501,
        },
      },
    }),
    "addrman",
    "InsertNew(inserted=true, bucket=1, bucket_pos=2, addr=198.51.100.1:8333, addr_AS=64500, source=192.0.2.1:8333, source_AS=64501)",
  ],
  [
    event("addrman", {
      event: {
        case: "tried",
        value: { bucket: 3, bucketPos: 4, addr: "a:1", addrAS: 5, source: "b:2", sourceAS: 6 },
      },
    }),
    "addrman",
    "InsertTried(bucket=3, bucket_pos=4, addr=a:1, addr_AS=5, source=b:2, source_AS=6)",
  ],
  [
    event("p2p", { p2pEvent: { case: "pingDuration", value: { duration: 1234567 } } }),
    "p2p event",
    "PingDuration(1234567ns)",
  ],
  [
    event("p2p", { p2pEvent: { case: "addressAnnouncement", value: { addresses: [ipv4, ipv4] } } }),
    "p2p event",
    `AddressAnnouncement: [${IPV4}, ${IPV4}]`,
  ],
  [
    event("p2p", {
      p2pEvent: {
        case: "inventoryAnnouncement",
        value: {
          inventory: [{ item: { case: "wtx", value: hash(1) } }, { item: { case: "error", value: true } }],
        },
      },
    }),
    "p2p event",
    `InventoryAnnouncement: [WTx(${H1}), Error]`,
  ],
  [
    event("p2p", { p2pEvent: { case: "feefilterAnnouncement", value: 1000n } }),
    "p2p event",
    "FeefilterAnnouncement(1000)",
  ],
  [
    event("log", { ...LOG_EVENT, logEvent: { case: "unknownLogMessage", value: { rawMessage: "hi" } } }),
    "log event",
    "1759372281000001 [net] UnknownLogMessage(hi)",
  ],
  [
    event("log", {
      ...LOG_EVENT,
      category: 26,
      logEvent: { case: "blockConnectedLog", value: { blockHash: LOG_HASH, blockHeight: 840000 } },
    }),
    "log event",
    `1759372281000001 [validation] BlockConnected(hash=${LOG_HASH}, height=840000)`,
  ],
  [
    event("log", {
      ...LOG_EVENT,
      category: 0,
      logEvent: {
        case: "blockCheckedLog",
        value: { blockHash: LOG_HASH, state: "bad-txnmrklroot", debugMessage: "hashMerkleRoot mismatch" },
      },
    }),
    "log event",
    `1759372281000001 [unknown] BlockChecked(hash=${LOG_HASH}, state=bad-txnmrklroot, debug_message=hashMerkleRoot mismatch)`,
  ],
  [
    event("log", {
      ...LOG_EVENT,
      category: 99,
      logEvent: {
        case: "sawNewHeaderLog",
        value: { blockHash: LOG_HASH, blockHeight: 1, peerId: 2, isCmpctblock: true },
      },
    }),
    "log event",
    `1759372281000001 [99] SawNewHeader(hash=${LOG_HASH}, height=1, peer_id=2, is_compact_block=true)`,
  ],
  [
    event("log", {
      ...LOG_EVENT,
      category: 4,
      logEvent: {
        case: "compactBlockReconstructedLog",
        value: {
          blockHash: LOG_HASH,
          prefilledTxnCount: 1,
          mempoolTxnCount: 3000,
          extraPoolTxnCount: 5,
          requestedTxnCount: 6,
          requestedTxnBytes: 700,
        },
      },
    }),
    "log event",
    `1759372281000001 [cmpctblock] CompactBlockReconstructed(hash=${LOG_HASH}, prefilled=1, mempool=3000, extra_pool=5, requested_count=6, requested_bytes=700)`,
  ],
  [
    event("ipc", { ipcEvent: { case: "blockTip", value: { height: 840000, hash: hash(1) } } }),
    "ipc",
    `BlockTip(height=840000, hash=${H1})`,
  ],
];

for (const [index, [each, group, text]] of OTHERS.entries()) {
  Deno.test(`formatEvent() prints a ${group} as the Rust logger does, row ${index}: ${text.slice(0, 40)}`, () => {
    checkText(each, group, text);
  });
}

Deno.test("formatEvent() prints the published test vectors of the schema", () => {
  const vectors: [hex: string, group: string, text: string][] = [
    [
      "0a2f0a2d0a20080712103230332e302e3131332e373a383333331801220470696e6728013008120909887766554433221150fbd095ffbc31",
      "message",
      "inbound from id=7 (conn_type=1): Ping(1234605616436508552)",
    ],
    [
      "0a290a270a1a08071203783a311801220b676574626c6f636b74786e280130089a01080a0101100110ac0250fbd095ffbc31",
      "message",
      "inbound from id=7 (conn_type=1): GetBlockTxn(hash=01, tx_indexes=1, 300)",
    ],
    [
      "0a1e121c1a1a0a160807120e3132372e302e302e313a3833333318012002107b50fbd095ffbc31",
      "connection",
      "InboundConnection(conn=Connection(id=7, addr=127.0.0.1:8333, conn_type=1, network=2), existing_connections=123)",
    ],
    ["120318b96050fbd095ffbc31", "rpc", "Uptime(12345s)"],
    [
      "221708c0e0d8bebc849003100e1a0022040a0268693803404050fbd095ffbc31",
      "log event",
      "1759372281000000 [net] UnknownLogMessage(hi)",
    ],
    [
      "221108c0e0d8bebc849003100e1a040a02686950fbd095ffbc31",
      "log event",
      "1759372281000000 [net] UnknownLogMessage(hi)",
    ],
    ["2a0a0a0808c0a2331202010250fbd095ffbc31", "ipc", "BlockTip(height=840000, hash=0201)"],
  ];
  for (const [hex, group, text] of vectors) {
    const decoded = decodeEvent(Uint8Array.fromHex(hex));
    assert(decoded.ok);
    checkText(decoded.event, group, text);
  }
});

Deno.test("formatEvent() prints every golden event on one line, except those without a member", () => {
  for (const { name, event } of all) {
    const formatted = formatEvent(event);
    assertEquals(formatted === undefined, / without a member$| with nothing set$/.test(name), name);
    // deno-lint-ignore no-control-regex
    assert(!/[\x00-\x1f\x7f-\x9f]/.test(formatted?.text ?? ""), name);
  }
});

Deno.test("formatEvent() gives no text for an event of a newer writer", () => {
  assertEquals(formatEvent({ timestamp: 1, kind: "none", value: undefined }), undefined);
});
