/** Bytes that arrive in pieces of any size and are taken in others. What is taken whole from one piece is not copied. */
export class ByteQueue {
  #pieces: Uint8Array[] = [];
  // Where the first piece goes on.
  #from = 0;
  #length = 0;

  /** Bytes waiting. */
  get length(): number {
    return this.#length;
  }

  /** Adds a piece. */
  push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#length += piece.length;
  }

  /** A byte that waits, counted from the front; 0 where there is none. */
  at(index: number): number {
    let i = this.#from + index;
    for (const piece of this.#pieces) {
      if (i < piece.length) return piece[i]!;
      i -= piece.length;
    }
    return 0;
  }

  /** Takes so many bytes from the front; there must be that many. */
  take(count: number): Uint8Array {
    const first = this.#pieces[0];
    if (first !== undefined && this.#from + count <= first.length) {
      const taken = first.subarray(this.#from, this.#from + count);
      this.#advance(count);
      return taken;
    }
    const joined = new Uint8Array(count);
    for (let at = 0; at < count;) {
      const piece = this.#pieces[0]!.subarray(this.#from, this.#from + count - at);
      joined.set(piece, at);
      at += piece.length;
      this.#advance(piece.length);
    }
    return joined;
  }

  /** Moves on inside the first piece. */
  #advance(count: number): void {
    this.#length -= count;
    this.#from += count;
    if (this.#from < this.#pieces[0]!.length) return;
    this.#pieces.shift();
    this.#from = 0;
  }
}
