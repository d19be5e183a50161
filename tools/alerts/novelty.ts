const BITS = 1 << 21;
const HASHES = 4;
/** With so many texts in it, one new text in a thousand is taken for a known one. */
const CAPACITY = 100_000;

/**
 * Which texts are new, in 512 KiB however many there are: two Bloom filters, of which the older one is forgotten when
 * the newer one is full. A text is known until 100,000 to 200,000 others came after it.
 */
export class Novelty {
  #newer = new Uint32Array(BITS / 32);
  #older = new Uint32Array(BITS / 32);
  #size = 0;

  /** Whether the text is new; from now on it is known. */
  isNew(text: string): boolean {
    const [first, step] = hash(text);
    let inNewer = true;
    let inOlder = true;
    for (let i = 0; i < HASHES; i++) {
      const bit = (first + i * step >>> 0) % BITS;
      const [word, mask] = [bit >>> 5, 1 << (bit & 31)];
      if ((this.#newer[word]! & mask) === 0) inNewer = false;
      if ((this.#older[word]! & mask) === 0) inOlder = false;
      this.#newer[word]! |= mask;
    }
    if (!inNewer && ++this.#size >= CAPACITY) this.#turnOver();
    return !inNewer && !inOlder;
  }

  #turnOver(): void {
    [this.#older, this.#newer] = [this.#newer, this.#older];
    this.#newer.fill(0);
    this.#size = 0;
  }
}

/** FNV-1a, and a second number out of it (Kirsch and Mitzenmacher: two hashes serve as many). */
function hash(text: string): [number, number] {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  let mixed = Math.imul(h ^ h >>> 16, 0x7feb352d);
  mixed = Math.imul(mixed ^ mixed >>> 15, 0x846ca68b);
  return [h >>> 0, (mixed ^ mixed >>> 16) >>> 0 | 1];
}
