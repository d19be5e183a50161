/**
 * A log as a busy main network node writes it with `-debug=net`, `mempool` and `validation`: the shares of the kinds of
 * lines are those that were counted in such a log (peer-observer issue 336).
 */

interface Random {
  below(limit: number): number;
  hash(): string;
}

const KINDS: readonly (readonly [share: number, make: (random: Random) => string])[] = [
  [
    11_000,
    (r) => `[net] got inv: wtx ${r.hash()}  ${r.below(4) === 0 ? "new" : "have"} peer=${r.below(125)}`,
  ],
  [
    2_500,
    (r) =>
      `[net] received: ${["inv", "tx", "getdata"][r.below(3)]} (${r.below(2000)} bytes) peer=${r.below(125)}`,
  ],
  [2_000, (r) => `[net] sending tx (${r.below(900)} bytes) peer=${r.below(125)}`],
  [1_400, (r) => `[net] sending inv (${r.below(900)} bytes) peer=${r.below(125)}`],
  [590, (r) => `[net] Requesting wtx ${r.hash()} peer=${r.below(125)}`],
  [
    500,
    (r) =>
      `[mempool] AcceptToMemoryPool: peer=${
        r.below(125)
      }: accepted ${r.hash()} (wtxid=${r.hash()}) (poolsz 5000 txn, 30000 kB)`,
  ],
  [320, (r) => `[net] received getdata (1 invsz) peer=${r.below(125)}`],
  [320, (r) => `[net] received getdata for: wtx ${r.hash()} peer=${r.below(125)}`],
  [90, (r) => `[net] received: addrv2 (${r.below(30_000)} bytes) peer=${r.below(125)}`],
  // Far more of these than there are, so that their cost counts.
  [20, (r) => `[validation] BlockChecked: block hash=${r.hash()} state=Valid`],
  [
    20,
    (r) => `[validation] Enqueuing BlockConnected: block hash=${r.hash()} block height=${r.below(900_000)}`,
  ],
  [20, (r) => `Saw new cmpctblock header hash=${r.hash()} height=${r.below(900_000)} peer=${r.below(125)}`],
];

/** So many lines, the same at each call. */
export function busyLog(lines: number): Uint8Array {
  const random = seeded(1);
  const all = KINDS.reduce((sum, [share]) => sum + share, 0);
  let text = "";
  for (let line = 0, micros = 0; line < lines; line++) {
    micros += random.below(3000);
    const time = new Date(1_795_203_529_000 + Math.floor(micros / 1000)).toISOString().slice(0, -1);
    let pick = random.below(all);
    const [, make] = KINDS.find(([share]) => (pick -= share) < 0)!;
    text += `${time}${String(micros % 1000).padStart(3, "0")}Z [msghand] ${make(random)}\n`;
  }
  return new TextEncoder().encode(text);
}

function seeded(seed: number): Random {
  let state = seed;
  // Numerical Recipes' generator; any would do.
  const next = () => state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return {
    below: (limit) => Math.floor(next() / 2 ** 32 * limit),
    hash: () => Array.from({ length: 8 }, () => next().toString(16).padStart(8, "0")).join(""),
  };
}
