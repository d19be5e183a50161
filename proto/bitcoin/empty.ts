import type { Codec, OfType } from "./_codec.ts";

/** `verack`: the handshake is accepted. */
export interface Verack extends OfType<"verack"> {}

/** `sendaddrv2` (BIP155): the sender wants `addrv2`. */
export interface SendAddrV2 extends OfType<"sendaddrv2"> {}

/** `wtxidrelay` (BIP339): transactions are announced by wtxid. */
export interface WtxidRelay extends OfType<"wtxidrelay"> {}

/** `sendheaders` (BIP130): the sender wants blocks announced by `headers`. */
export interface SendHeaders extends OfType<"sendheaders"> {}

/** `getaddr`: asks for addresses. */
export interface GetAddr extends OfType<"getaddr"> {}

/** `mempool` (BIP35): asks for the mempool's transaction ids. */
export interface Mempool extends OfType<"mempool"> {}

/** `filterclear` (BIP37): removes the bloom filter. */
export interface FilterClear extends OfType<"filterclear"> {}

/** Codec of `verack`. */
export const verack: Codec<Verack> = codec("verack");
/** Codec of `sendaddrv2`. */
export const sendaddrv2: Codec<SendAddrV2> = codec("sendaddrv2");
/** Codec of `wtxidrelay`. */
export const wtxidrelay: Codec<WtxidRelay> = codec("wtxidrelay");
/** Codec of `sendheaders`. */
export const sendheaders: Codec<SendHeaders> = codec("sendheaders");
/** Codec of `getaddr`. */
export const getaddr: Codec<GetAddr> = codec("getaddr");
/** Codec of `mempool`. */
export const mempool: Codec<Mempool> = codec("mempool");
/** Codec of `filterclear`. */
export const filterclear: Codec<FilterClear> = codec("filterclear");

/** A message whose whole content is its name. What follows nevertheless is reported as trailing bytes. */
function codec<T extends string>(type: T): Codec<{ readonly type: T }> {
  return { decode: () => ({ type }), encode() {} };
}
