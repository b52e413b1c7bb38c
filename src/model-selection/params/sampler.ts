import { ConfigError, KompaktError } from '../../core/errors';
import { checkFunction, checkOptions } from '../../core/options';
import { type Rng, type Seed, toRng } from '../../core/rng';
import { shown } from '../../core/shown';
import { describe } from '../../data/rows';
import type { OnWarning } from '../../metrics/warning';
import type { Params } from '../jobs/job';
import type { Distribution } from './distributions';
import { checkValues, type Grid, ParameterGrid, sortedEntries } from './grid';

/** For each parameter the values, or a distribution, to draw from. */
export type Distributions = Readonly<Record<string, ArrayLike<unknown> | Distribution<unknown>>>;

export interface ParameterSamplerOptions {
  /** How many to draw. */
  readonly nIter: number;
  /** Makes the draws reproducible. */
  readonly seed?: Seed | undefined;
  /** Told when there are fewer combinations than draws. */
  readonly onWarning?: OnWarning | undefined;
}

const isDistribution = (x: unknown): x is Distribution<unknown> =>
  typeof x === 'object' && x !== null && typeof (x as { sample?: unknown }).sample === 'function';

/**
 * Random combinations of parameters. Where there are lists only, combinations are drawn without replacement; else every
 * parameter is drawn on its own, names in alphabetical order. Of several records one is drawn first.
 *
 * @example
 * ```ts
 * import { logUniform, ParameterSampler } from 'kompakt/model-selection';
 * const drawn = [...new ParameterSampler({ C: logUniform(0.01, 100), penalty: ['l2', null] }, { nIter: 3, seed: 0 })];
 * console.log(drawn.length, Object.keys(drawn[0]!)); // → 3 [ 'C', 'penalty' ]
 * ```
 */
export class ParameterSampler implements Iterable<Params> {
  readonly name = 'ParameterSampler' as const;
  readonly options: ParameterSamplerOptions;
  readonly #records: readonly Distributions[];
  readonly #grid: ParameterGrid | null;

  /**
   * @param distributions - by parameter lists of values or distributions, or several such records.
   * @param options - `nIter`, `seed`, `onWarning`.
   * @throws ConfigError for a parameter with neither a list nor a distribution, or a number of draws that is none.
   */
  constructor(distributions: Distributions | readonly Distributions[], options: ParameterSamplerOptions) {
    const what = 'ParameterSampler';
    checkOptions(options, ['nIter', 'seed', 'onWarning'], what);
    if (options.onWarning !== undefined) checkFunction(options.onWarning, `${what}: onWarning`);
    if (!Number.isInteger(options.nIter) || options.nIter < 1)
      throw new ConfigError(`${what}: nIter must be an integer ≥ 1, got ${shown(options.nIter)}.`);
    const records = (Array.isArray(distributions) ? distributions : [distributions]) as readonly Distributions[];
    if (records.length === 0) throw new ConfigError(`${what}: the list of distributions is empty. Give at least one.`);
    for (const record of records) {
      if (typeof record !== 'object' || record === null)
        throw new ConfigError(`${what}: expected distributions by parameter, got ${describe(record)}.`);
      for (const [name, values] of Object.entries(record)) if (!isDistribution(values)) checkValues(name, values, what);
    }
    this.options = options;
    this.#records = records;
    const hasLists = records.every((record) => !Object.values(record).some(isDistribution));
    this.#grid = hasLists ? new ParameterGrid(records as readonly Grid[]) : null;
  }

  /** How many combinations are drawn. */
  get length(): number {
    return Math.min(this.options.nIter, this.#grid?.length ?? Number.POSITIVE_INFINITY);
  }

  *[Symbol.iterator](): Generator<Params> {
    const { seed, nIter, onWarning } = this.options;
    const rng = seed === undefined ? toRng(undefined) : toRng(seed).restart();
    if (this.#grid !== null) {
      const size = this.#grid.length;
      if (size < nIter)
        onWarning?.(
          new KompaktError(
            `ParameterSampler: there are ${size} combinations only, fewer than nIter ${nIter}; each is taken once. GridSearchCV tries them all.`,
          ),
        );
      for (const i of sampleWithoutReplacement(size, Math.min(size, nIter), rng)) yield this.#grid.at(i);
      return;
    }
    for (let i = 0; i < nIter; i++) {
      const record = this.#records[rng.integer(this.#records.length)]!;
      yield Object.fromEntries(sortedEntries(record).map(([name, values]) => [name, drawFrom(values, rng)]));
    }
  }
}

function drawFrom(values: ArrayLike<unknown> | Distribution<unknown>, rng: Rng): unknown {
  return isDistribution(values) ? values.sample(rng) : values[rng.integer(values.length)];
}

/** `count` distinct numbers below `size`, drawn in scikit-learn's order, which depends on the share that is drawn. */
export function sampleWithoutReplacement(size: number, count: number, rng: Rng): Int32Array {
  const share = size === 0 ? 1 : count / size;
  if (share > 0.01 && share < 0.99) return rng.permutation(size).slice(0, count);
  const out = new Int32Array(count);
  if (share < 0.2) {
    const seen = new Set<number>();
    for (let i = 0; i < count; i++) {
      let j = rng.integer(size);
      while (seen.has(j)) j = rng.integer(size);
      seen.add(j);
      out[i] = j;
    }
    return out;
  }
  for (let i = 0; i < count; i++) out[i] = i;
  for (let i = count; i < size; i++) {
    const j = rng.integer(i + 1);
    if (j < count) out[j] = i;
  }
  return out;
}
