import { FSChaCha20, FSChaCha20Poly1305, TAG_LENGTH } from "./ciphers.ts";
import type { DirectionKeys } from "./keys.ts";

const LENGTH_LENGTH = 3;
const HEADER_LENGTH = 1;
const IGNORE_BIT = 0x80;
const NOTHING = new Uint8Array(0);

/** Bytes that a packet has besides its contents. */
export const PACKET_OVERHEAD = LENGTH_LENGTH + HEADER_LENGTH + TAG_LENGTH;

/** What a packet may be besides its contents. */
export interface PacketOptions {
  /** Bytes before it that it authenticates. */
  readonly aad?: Uint8Array;
  /** Whether it is a decoy. */
  readonly ignore?: boolean;
}

/** Makes the packets of one direction. */
export class PacketWriter {
  readonly #lengths: FSChaCha20;
  readonly #packets: FSChaCha20Poly1305;

  /** Starts with the first packet of a direction. */
  constructor({ length, packet }: DirectionKeys) {
    this.#lengths = new FSChaCha20(length);
    this.#packets = new FSChaCha20Poly1305(packet);
  }

  /** The next packet: length, header and contents, tag. */
  write(contents: Uint8Array, { aad = NOTHING, ignore = false }: PacketOptions = {}): Uint8Array {
    const plaintext = new Uint8Array(HEADER_LENGTH + contents.length);
    plaintext[0] = ignore ? IGNORE_BIT : 0;
    plaintext.set(contents, HEADER_LENGTH);
    const { length } = contents;
    const packet = new Uint8Array(PACKET_OVERHEAD + length);
    packet.set(this.#lengths.crypt(Uint8Array.of(length, length >> 8, length >> 16)));
    packet.set(this.#packets.seal(plaintext, aad), LENGTH_LENGTH);
    return packet;
  }
}

/** What came of some bytes of a packet. */
export type PacketPart =
  | "unfinished"
  | { readonly ignore: boolean; readonly contents: Uint8Array }
  | "too-long" // its length is beyond the limit
  | "bad-packet"; // it was not made with the keys of this connection, or was changed

/**
 * Reads the packets of one direction, however they are chunked. It holds at most one packet of a length that was
 * checked before anything was stored; a packet that lies within one chunk is not copied before it is decrypted.
 */
export class PacketReader {
  readonly #lengths: FSChaCha20;
  readonly #packets: FSChaCha20Poly1305;
  readonly #maxContentsBytes: number;
  readonly #length = new Uint8Array(LENGTH_LENGTH);
  #lengthBytes = 0;
  /** Bytes of the packet behind its length, once that is known. */
  #announced: number | undefined;
  /** Made when a packet does not lie within one chunk. */
  #sealed: Uint8Array | undefined;
  #sealedBytes = 0;
  #aad: Uint8Array;

  /** Starts with the first packet of a direction, which authenticates `aad` besides itself. */
  constructor(
    { length, packet }: DirectionKeys,
    { maxContentsBytes, aad }: { maxContentsBytes: number; aad: Uint8Array },
  ) {
    this.#lengths = new FSChaCha20(length);
    this.#packets = new FSChaCha20Poly1305(packet);
    this.#maxContentsBytes = maxContentsBytes;
    this.#aad = aad;
  }

  /** Bytes of an unfinished packet that are held. */
  get pendingBytes(): number {
    return this.#lengthBytes + this.#sealedBytes;
  }

  /** Takes bytes from `at` on, up to the end of a packet or of the chunk. */
  take(chunk: Uint8Array, at: number): { taken: number; part: PacketPart } {
    return this.#announced === undefined
      ? this.#takeLength(chunk, at)
      : this.#takeSealed(chunk, at, this.#announced);
  }

  #takeLength(chunk: Uint8Array, at: number): { taken: number; part: PacketPart } {
    const taken = Math.min(LENGTH_LENGTH - this.#lengthBytes, chunk.length - at);
    this.#length.set(chunk.subarray(at, at + taken), this.#lengthBytes);
    this.#lengthBytes += taken;
    if (this.#lengthBytes < LENGTH_LENGTH) return { taken, part: "unfinished" };
    const [low, middle, high] = this.#lengths.crypt(this.#length) as unknown as [number, number, number];
    const length = low | middle << 8 | high << 16;
    if (length > this.#maxContentsBytes) return { taken, part: "too-long" };
    this.#announced = HEADER_LENGTH + length + TAG_LENGTH;
    return { taken, part: "unfinished" };
  }

  #takeSealed(chunk: Uint8Array, at: number, announced: number): { taken: number; part: PacketPart } {
    const taken = Math.min(announced - this.#sealedBytes, chunk.length - at);
    const bytes = chunk.subarray(at, at + taken);
    if (taken === announced) return { taken, part: this.#open(bytes) };
    // The system gives zeroed pages on first use, so announcing 4 MB and sending nothing costs us no memory.
    this.#sealed ??= new Uint8Array(announced);
    this.#sealed.set(bytes, this.#sealedBytes);
    this.#sealedBytes += taken;
    return { taken, part: this.#sealedBytes < announced ? "unfinished" : this.#open(this.#sealed) };
  }

  #open(sealed: Uint8Array): PacketPart {
    const plaintext = this.#packets.open(sealed, this.#aad);
    this.#aad = NOTHING;
    this.#lengthBytes = 0;
    this.#announced = undefined;
    this.#sealed = undefined;
    this.#sealedBytes = 0;
    if (plaintext === undefined) return "bad-packet";
    // The other bits may mean something some day; until then they are nothing to refuse a packet for.
    const ignore = (plaintext[0]! & IGNORE_BIT) !== 0;
    return { ignore, contents: plaintext.subarray(HEADER_LENGTH) };
  }
}
