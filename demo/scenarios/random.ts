/** Numbers that a seed determines: the same seed gives the same run on every machine. */
export interface Random {
  /** An integer from 0 up to and without `limit`. */
  below(limit: number): number;
  /** One element of a list that is not empty. */
  pick<T>(list: readonly T[]): T;
}

/** The generator sfc32: 128 bits of state, of which the seed fills 32. */
export function seeded(seed: number): Random {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, seed | 0, 1];
  function next(): number {
    const sum = (a + b | 0) + counter | 0;
    counter = counter + 1 | 0;
    a = b ^ b >>> 9;
    b = c + (c << 3) | 0;
    c = (c << 21 | c >>> 11) + sum | 0;
    return sum >>> 0;
  }
  for (let warmUp = 0; warmUp < 12; warmUp++) next();
  const below = (limit: number) => Math.floor(next() / 0x1_0000_0000 * limit);
  return { below, pick: (list) => list[below(list.length)]! };
}
