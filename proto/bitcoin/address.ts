import type { Codec, OfType } from "./_codec.ts";
import { Reader } from "./_reader.ts";
import type { Writer } from "./_writer.ts";
import { LazySequence, type Sequence } from "./sequence.ts";

/** The networks that an address can belong to. */
export type Network = "ipv4" | "ipv6" | "torv2" | "torv3" | "i2p" | "cjdns" | "unknown";

/** An address without port, as the network's own bytes: 4 for IPv4, 10 for Tor v2, 32 for Tor v3 and I2P. */
export interface NetAddress {
  /** Which network the bytes belong to. */
  readonly network: Network;
  /** The id of BIP155; the only thing known about an address of network "unknown". */
  readonly networkId: number;
  /** The network's own bytes. */
  readonly bytes: Uint8Array;
}

/** An address with port and service bits, as the version message carries it. */
export interface Endpoint {
  /** Service bits. */
  readonly services: bigint;
  /** Where it is. */
  readonly address: NetAddress;
  /** TCP port; 0 on I2P. */
  readonly port: number;
}

/** An endpoint with the time it was last seen, in unix seconds. */
export interface GossipedAddress extends Endpoint {
  /** Unix seconds. */
  readonly time: number;
}

/** `addr`: addresses in the old form, which holds IPv4, IPv6 and Tor v2. */
export interface Addr extends OfType<"addr"> {
  /** In wire order. */
  readonly addresses: Sequence<GossipedAddress>;
}

/** `addrv2` (BIP155). */
export interface AddrV2 extends OfType<"addrv2"> {
  /** Absent if the payload has no byte at all, not even a count; Core's own tests send that. */
  readonly addresses?: Sequence<GossipedAddress>;
}

/** BIP155, and Core's MAX_ADDRV2_SIZE. */
const MAX_ADDRESS_BYTES = 512;

const MAPPED_PREFIX = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);
const ONIONCAT_PREFIX = Uint8Array.of(0xfd, 0x87, 0xd8, 0x7e, 0xeb, 0x43);

/** Time, services, 16 address bytes, port. */
const V1_ENTRY_BYTES = 30;
/** Time, services, network, an empty address of an unknown network, port. */
const V2_ENTRY_MIN_BYTES = 9;

const NETWORKS = new Map<number, { network: Network; length: number }>([
  [1, { network: "ipv4", length: 4 }],
  [2, { network: "ipv6", length: 16 }],
  [3, { network: "torv2", length: 10 }],
  [4, { network: "torv3", length: 32 }],
  [5, { network: "i2p", length: 32 }],
  [6, { network: "cjdns", length: 16 }],
]);
const TORV2_ID = 3;

/** Codec of `addr`. */
export const addr: Codec<Addr> = {
  decode(reader) {
    const count = reader.count(V1_ENTRY_BYTES);
    const { bytes } = reader;
    const start = reader.skip(count * V1_ENTRY_BYTES);
    const addresses = new LazySequence(count, (index) => {
      const entry = new Reader(bytes, start + index * V1_ENTRY_BYTES);
      return { time: entry.u32(), ...readEndpointV1(entry) };
    });
    return { type: "addr", addresses };
  },
  encode({ addresses }, writer) {
    writer.compactSize(addresses.length);
    for (const entry of addresses) {
      writer.u32(entry.time);
      writeEndpointV1(entry, writer);
    }
  },
};

/** Codec of `addrv2`. */
export const addrv2: Codec<AddrV2> = {
  decode(reader) {
    if (reader.bytes.length === 0) return { type: "addrv2" };
    const count = reader.count(V2_ENTRY_MIN_BYTES);
    const { bytes } = reader;
    const offsets = new Uint32Array(count);
    for (let index = 0; index < count; index++) {
      offsets[index] = reader.position;
      skipEntryV2(reader);
    }
    const addresses = new LazySequence(count, (index) => readEntryV2(new Reader(bytes, offsets[index]!)));
    return { type: "addrv2", addresses };
  },
  encode({ addresses }, writer) {
    if (addresses === undefined) return;
    writer.compactSize(addresses.length);
    for (const entry of addresses) {
      writer.u32(entry.time);
      writer.compactSize(entry.services);
      writer.u8(entry.address.networkId);
      writer.varBytes(entry.address.bytes);
      writer.u16BE(entry.port);
    }
  },
};

/** Services, 16 address bytes and port; the version message has it without a time. */
export function readEndpointV1(reader: Reader): Endpoint {
  const services = reader.u64();
  const address = fromV1Bytes(reader.slice(16));
  return { services, address, port: reader.u16BE() };
}

/** The counterpart of {@linkcode readEndpointV1}. */
export function writeEndpointV1({ services, address, port }: Endpoint, writer: Writer): void {
  writer.u64(services);
  if (address.network === "ipv4") writer.bytes(MAPPED_PREFIX);
  else if (address.network === "torv2") writer.bytes(ONIONCAT_PREFIX);
  else if (address.network !== "ipv6") {
    throw new RangeError(
      `Cannot encode an address of network "${address.network}" in the form before BIP155`,
    );
  }
  writer.bytes(address.bytes);
  writer.u16BE(port);
}

function fromV1Bytes(bytes: Uint8Array): NetAddress {
  if (startsWith(bytes, MAPPED_PREFIX)) {
    return { network: "ipv4", networkId: 1, bytes: bytes.subarray(MAPPED_PREFIX.length) };
  }
  if (startsWith(bytes, ONIONCAT_PREFIX)) {
    return { network: "torv2", networkId: TORV2_ID, bytes: bytes.subarray(ONIONCAT_PREFIX.length) };
  }
  return { network: "ipv6", networkId: 2, bytes };
}

function skipEntryV2(reader: Reader): void {
  reader.skip(4);
  reader.compactSize64();
  const networkId = reader.u8();
  const start = reader.position;
  const length = reader.compactSize();
  if (length > MAX_ADDRESS_BYTES) reader.refuse("too-long", start);
  if (lengthIsWrong(networkId, length)) reader.refuse("bad-length", start);
  reader.skip(length + 2);
}

/** Core stopped knowing Tor v2, so an odd length of it is an unknown address there and not a refusal. */
function lengthIsWrong(networkId: number, length: number): boolean {
  return networkId !== TORV2_ID && (NETWORKS.get(networkId)?.length ?? length) !== length;
}

function readEntryV2(reader: Reader): GossipedAddress {
  const time = reader.u32();
  const services = reader.compactSize64();
  const networkId = reader.u8();
  const bytes = reader.varBytes();
  const known = NETWORKS.get(networkId);
  const network = known?.length === bytes.length ? known.network : "unknown";
  return { time, services, address: { network, networkId, bytes }, port: reader.u16BE() };
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  for (let at = 0; at < prefix.length; at++) if (bytes[at] !== prefix[at]) return false;
  return true;
}
