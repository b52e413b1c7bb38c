import { ConfigError } from '../core/errors';
import { allOf, countStrangers } from './danger';
import { checkCount, Neighborhood } from './neighborhoods';
import { OverSampler, type OverSamplerOptions } from './over-sampler';
import { type Added, type Given, membersOf, streams } from './resample';
import { between } from './samples';
import type { Plan } from './sampling-strategy';

export interface ADASYNOptions extends OverSamplerOptions {
  /** How many nearest neighbours tell how hard a sample is, and may be gone towards; 5 by default. */
  readonly nNeighbors?: number | undefined;
}

/**
 * SMOTE that adds most where a class is hardest to learn: around samples with many neighbours of other classes.
 *
 * Of G new samples, sample i gets g_i = round(G·r_i / Σ r), r_i being the share of other classes among its k neighbours;
 * rounding is to even, so that the sum may miss G.
 *
 * Reference: He et al. 2008, “ADASYN: Adaptive Synthetic Sampling Approach for Imbalanced Learning”, IJCNN.
 *
 * @example
 * ```ts
 * import { ADASYN } from 'kompakt/imbalanced';
 * const X = [[0], [1], [2], [3], [2.5], [3.5], [4], [5], [6], [7]];
 * const y = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0];
 * const { y: labels } = await new ADASYN({ nNeighbors: 2, seed: 1 }).fitResample(X, y);
 * console.log(labels.slice(10)); // → [ 1, 1 ]
 * ```
 */
export class ADASYN extends OverSampler<ADASYNOptions> {
  readonly name = 'ADASYN' as const;
  protected readonly known = ['nNeighbors'];

  /** @param options - `samplingStrategy = 'auto'`, `nNeighbors = 5`, `seed`; checked by `fitResample`. */
  constructor(options: ADASYNOptions = {}) {
    super(options);
  }

  protected override synthesize(given: Given, plan: Plan, what: string): readonly Added[] {
    const { nNeighbors: k = 5, seed } = this.options;
    checkCount(k, 'nNeighbors', what);
    const rng = streams(seed)();
    const everyone = new Neighborhood(given.X, allOf(given.codes.length), what);
    return [...plan].map(([c, count]) => {
      const members = membersOf(given.codes, c);
      const strangers = countStrangers(given, everyone, members, c, k, 'nNeighbors');
      const each = allocate(
        Float64Array.from(strangers, (n) => n / k),
        count,
        String(given.classes[c]),
        what,
      );
      const near = new Neighborhood(given.X, members, what).others(members, k, 'nNeighbors');
      const rows: number[] = [];
      each.forEach((times, i) => {
        for (let t = 0; t < times; t++) rows.push(i);
      });
      const towards = rng.integers(rows.length, k);
      const steps = Float64Array.from(rows, () => rng.random());
      const from = Int32Array.from(rows, (i) => members[i]!);
      const to = Int32Array.from(rows, (i, s) => near[i * k + towards[s]!]!);
      return { rows: between(given.X, from, to, steps), label: given.classes[c]! };
    });
  }
}

/** How many new samples lie next to each, by their shares of strangers. */
function allocate(shares: Float64Array, count: number, label: string, what: string): Int32Array {
  const sum = pairwiseSum(shares);
  if (sum === 0) {
    throw new ConfigError(
      `${what}: no sample of class ${label} has a neighbour of another class, so no place is harder than others. Use SMOTE instead.`,
    );
  }
  const each = Int32Array.from(shares, (r) => roundHalfEven((r / sum) * count));
  if (each.every((n) => n === 0)) {
    throw new ConfigError(
      `${what}: ${count} new samples of class ${label} spread over ${shares.length} round to none. Ask for more.`,
    );
  }
  return each;
}

function roundHalfEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  return rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : down + 1;
}

/** The sum in NumPy's order, to the last bit: whether a share rounds up may hang on it. */
function pairwiseSum(x: Float64Array): number {
  const n = x.length;
  if (n < 8) return x.reduce((a, b) => a + b, 0);
  if (n > 128) {
    const half = n >> 1;
    const cut = half - (half % 8);
    return pairwiseSum(x.subarray(0, cut)) + pairwiseSum(x.subarray(cut));
  }
  const lanes = x.slice(0, 8);
  let i = 8;
  for (; i < n - (n % 8); i += 8) for (let l = 0; l < 8; l++) lanes[l]! += x[i + l]!;
  const [a, b, c, d, e, f, g, h] = lanes as unknown as [number, number, number, number, number, number, number, number];
  let sum = a + b + (c + d) + (e + f + (g + h));
  for (; i < n; i++) sum += x[i]!;
  return sum;
}
