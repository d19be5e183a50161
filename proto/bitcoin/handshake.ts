import type { Codec, OfType } from "./_codec.ts";
import { type Endpoint, readEndpointV1, writeEndpointV1 } from "./address.ts";

/**
 * `version`. Everything after `receiver` came with later protocol versions, and Core still reads a payload
 * that ends at one of those places (`net_processing.cpp`, ProcessMessage). What the payload did not have is
 * absent here; a part can only be present if all parts before it are.
 */
export interface Version extends OfType<"version"> {
  /** Protocol version, signed as Core reads it. */
  readonly version: number;
  /** Service bits of the sender. */
  readonly services: bigint;
  /** Unix seconds, signed. */
  readonly timestamp: bigint;
  /** Whom the sender believes to talk to. */
  readonly receiver: Endpoint;
  /** Present together with `nonce`. */
  readonly sender?: Endpoint;
  /** Tells a node that it has connected to itself. */
  readonly nonce?: bigint;
  /** BIP14. */
  readonly userAgent?: string;
  /** Height of the sender's best chain. */
  readonly startHeight?: number;
  /** BIP37; Core takes an absent one as true. */
  readonly relay?: boolean;
}

/** `sendtxrcncl` (BIP330): offers transaction reconciliation. */
export interface SendTxRcncl extends OfType<"sendtxrcncl"> {
  /** Protocol version, signed as Core reads it. */
  readonly version: number;
  /** Half of the salt of the short ids. */
  readonly salt: bigint;
}

/** `feature` (BIP434): offers a feature by its name. */
export interface Feature extends OfType<"feature"> {
  /** Name of the feature, 4 to 80 bytes. */
  readonly id: string;
  /** What the feature's own specification says, up to 512 bytes. */
  readonly payload: Uint8Array;
}

/** `feefilter` (BIP133). */
export interface FeeFilter extends OfType<"feefilter"> {
  /** Satoshi per 1,000 virtual bytes, signed as Core reads it. */
  readonly feeRate: bigint;
}

/** Core's MAX_SUBVERSION_LENGTH. */
const MAX_USER_AGENT_BYTES = 256;
/** The three limits of BIP434. */
const MIN_FEATURE_ID_BYTES = 4;
const MAX_FEATURE_ID_BYTES = 80;
const MAX_FEATURE_PAYLOAD_BYTES = 512;

/** Codec of `version`. */
export const version: Codec<Version> = {
  decode(reader) {
    const message: { -readonly [K in keyof Version]: Version[K] } = {
      type: "version",
      version: reader.i32(),
      services: reader.u64(),
      timestamp: reader.i64(),
      receiver: readEndpointV1(reader),
    };
    if (reader.remaining === 0) return message;
    message.sender = readEndpointV1(reader);
    message.nonce = reader.u64();
    if (reader.remaining === 0) return message;
    message.userAgent = reader.varText(MAX_USER_AGENT_BYTES);
    if (reader.remaining === 0) return message;
    message.startHeight = reader.i32();
    if (reader.remaining === 0) return message;
    message.relay = reader.bool();
    return message;
  },
  encode(message, writer) {
    writer.u32(message.version);
    writer.u64(message.services);
    writer.u64(message.timestamp);
    writeEndpointV1(message.receiver, writer);
    if (message.sender === undefined || message.nonce === undefined) return;
    writeEndpointV1(message.sender, writer);
    writer.u64(message.nonce);
    if (message.userAgent === undefined) return;
    writer.varText(message.userAgent);
    if (message.startHeight === undefined) return;
    writer.u32(message.startHeight);
    if (message.relay !== undefined) writer.bool(message.relay);
  },
};

/** Codec of `sendtxrcncl`. */
export const sendtxrcncl: Codec<SendTxRcncl> = {
  decode: (reader) => ({ type: "sendtxrcncl", version: reader.u32(), salt: reader.u64() }),
  encode({ version, salt }, writer) {
    writer.u32(version);
    writer.u64(salt);
  },
};

/** Codec of `feature`. */
export const feature: Codec<Feature> = {
  decode(reader) {
    const id = reader.varText(MAX_FEATURE_ID_BYTES, MIN_FEATURE_ID_BYTES);
    return { type: "feature", id, payload: reader.varBytes(MAX_FEATURE_PAYLOAD_BYTES) };
  },
  encode({ id, payload }, writer) {
    writer.varText(id);
    writer.varBytes(payload);
  },
};

/** Codec of `feefilter`. */
export const feefilter: Codec<FeeFilter> = {
  decode: (reader) => ({ type: "feefilter", feeRate: reader.i64() }),
  encode: ({ feeRate }, writer) => writer.u64(feeRate),
};
