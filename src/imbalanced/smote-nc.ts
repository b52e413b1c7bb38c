import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Rng } from '../core/rng';
import { shown } from '../core/shown';
import type { Resampled } from '../data/estimator';
import type { Labels } from '../data/labels';
import type { Dense, Matrix } from '../data/matrix';
import type { Column, Table } from '../data/table';
import { type Categorical, categorize, decategorize } from './categories';
import { allOf } from './danger';
import { appendColumns, type GivenColumns, readGivenColumns } from './given-columns';
import { drawPairs, type Pairs } from './interpolate';
import { checkCount, Neighborhood } from './neighborhoods';
import { membersOf, streams } from './resample';
import { deviations } from './rose';
import { between, takeSamples } from './samples';
import { overgrowth, planSampling } from './sampling-strategy';
import { checkClassSize, type SMOTEOptions } from './smote';

export interface SMOTENCOptions extends SMOTEOptions {
  /**
   * Which features are categories: their numbers, their names in a table that has names, one boolean per feature, or
   * `'auto'` for those that hold text or booleans. Required.
   */
  readonly categoricalFeatures: readonly number[] | readonly string[] | readonly boolean[] | 'auto';
}

/**
 * SMOTE for features of which some are categories.
 *
 * Numbers are interpolated as in {@link SMOTE}; a category is the most frequent among the neighbours, drawn at random from
 * equally frequent ones. In the distance, two different categories of a feature are as far apart as the median of the
 * standard deviations of the class's numbers.
 *
 * Reference: Chawla et al. 2002, “SMOTE: Synthetic Minority Over-sampling Technique”, section 6.1. The scale is that of
 * imbalanced-learn from 0.11 on.
 *
 * @example
 * ```ts
 * import { SMOTENC } from 'kompakt/imbalanced';
 * const people = [
 *   { age: 20, work: 'farm' }, { age: 30, work: 'farm' }, { age: 25, work: 'shop' },
 *   { age: 50, work: 'shop' }, { age: 60, work: 'shop' }, { age: 55, work: 'shop' }, { age: 70, work: 'farm' },
 * ];
 * const y = ['yes', 'yes', 'yes', 'no', 'no', 'no', 'no'];
 * const sampler = new SMOTENC({ categoricalFeatures: ['work'], kNeighbors: 2, seed: 1 });
 * const { X } = await sampler.fitResample(people, y);
 * console.log(X.length, X[7]!.age >= 20 && X[7]!.age <= 30, typeof X[7]!.work); // → 8 true string
 * ```
 */
export class SMOTENC {
  readonly name = 'SMOTENC' as const;
  readonly options: SMOTENCOptions;

  /**
   * @param options - `categoricalFeatures`, `samplingStrategy = 'auto'`, `kNeighbors = 5`, `seed`; checked by `fitResample`.
   */
  constructor(options: SMOTENCOptions) {
    this.options = options;
  }

  /**
   * Resamples a labelled set.
   *
   * @param X - a table: rows, records or columns; or numbers `[samples, features]`. Categories may be missing, numbers must
   * be finite. Not changed.
   * @param y - one label per sample, of at least two classes.
   * @returns X and y in the form they came in: the input rows in order, then the synthetic ones, class by class.
   * @throws ConfigError when no feature is a number, one that is none is not said to be a category, a number is missing, y
   * has one class, or a class to add to has no more than `kNeighbors` samples.
   */
  async fitResample<M extends Matrix | Table, L extends Labels>(X: M, y: L): Promise<Resampled<M, L>> {
    const what = 'SMOTENC.fitResample';
    checkOptions(this.options, ['categoricalFeatures', 'samplingStrategy', 'kNeighbors', 'seed'], what);
    const { categoricalFeatures, samplingStrategy = 'auto', kNeighbors: k = 5, seed } = this.options;
    checkCount(k, 'kNeighbors', what);
    const given = await readGivenColumns(X, y, what);
    const plan = planSampling(samplingStrategy, 'over', given, y, what);
    const parts = divide(given, categoricalFeatures, what);
    const next = streams(seed);
    const added = [...plan].flatMap(([c, count]) => {
      if (count === 0) return [];
      const members = membersOf(given.codes, c);
      checkClassSize(given, c, members.length, k, what);
      return [{ columns: synthesize(given, parts, members, k, count, next, what), label: given.classes[c]!, count }];
    });
    return appendColumns(given, { X, y }, added, overgrowth(plan, given, what));
  }
}

interface Parts {
  /** Numbers of the features that are numbers, and their values. */
  readonly continuous: readonly number[];
  readonly numbers: Dense;
  readonly categorical: ReadonlyMap<number, Categorical>;
}

/** Features sorted out into numbers and categories. */
function divide(given: GivenColumns, wanted: SMOTENCOptions['categoricalFeatures'], what: string): Parts {
  const { columns, rows } = given;
  const chosen = chooseCategorical(given, wanted, what);
  const continuous = [...columns.keys()].filter((f) => !chosen.has(f));
  if (continuous.length === 0)
    throw new ConfigError(`${what}: all features are categories; some must be numbers. Use SMOTEN instead.`);
  const data = new Float64Array(rows * continuous.length);
  continuous.forEach((f, at) => {
    const column = columns[f]!;
    if (!(column instanceof Float64Array)) {
      throw new ConfigError(
        `${what}: feature ${nameOf(given, f)} does not hold numbers. Name it in categoricalFeatures, or encode it.`,
      );
    }
    column.forEach((v, r) => {
      if (!Number.isFinite(v))
        throw new ConfigError(`${what}: feature ${nameOf(given, f)} is ${v} in row ${r}. Fill in or drop it first.`);
      data[r * continuous.length + at] = v;
    });
  });
  return {
    continuous,
    numbers: { data, rows, cols: continuous.length },
    categorical: new Map([...chosen].sort((a, b) => a - b).map((f) => [f, categorize(columns[f]!)])),
  };
}

const nameOf = ({ names }: GivenColumns, f: number): string => (names === null ? String(f) : `'${names[f]}'`);

function chooseCategorical(
  given: GivenColumns,
  wanted: SMOTENCOptions['categoricalFeatures'] | undefined,
  what: string,
): Set<number> {
  const { columns, names } = given;
  if (wanted === 'auto') return new Set([...columns.keys()].filter((f) => !(columns[f] instanceof Float64Array)));
  if (!Array.isArray(wanted)) {
    throw new ConfigError(
      `${what}: categoricalFeatures must be numbers or names of features, one boolean per feature, or 'auto'; got ${shown(wanted)}.`,
    );
  }
  const list = wanted as readonly (number | string | boolean)[];
  if (list.length > 0 && list.every((v) => typeof v === 'boolean')) {
    if (list.length !== columns.length)
      throw new ConfigError(`${what}: categoricalFeatures has ${list.length} booleans for ${columns.length} features.`);
    return new Set([...columns.keys()].filter((f) => list[f]));
  }
  return new Set(
    list.map((v) => {
      const f = typeof v === 'string' ? (names?.indexOf(v) ?? -1) : Number(v);
      if (Number.isInteger(f) && f >= 0 && f < columns.length) return f;
      const are = names === null ? `0 to ${columns.length - 1}` : names.join(', ');
      throw new ConfigError(`${what}: categoricalFeatures names ${shown(v)}, which is no feature. They are ${are}.`);
    }),
  );
}

/** `count` new samples of a class, by features. */
function synthesize(
  given: GivenColumns,
  { continuous, numbers, categorical }: Parts,
  members: Int32Array,
  k: number,
  count: number,
  next: () => Rng,
  what: string,
): Column[] {
  const own = takeSamples(numbers, members) as Dense;
  const everyone = allOf(members.length);
  const codes = [...categorical.values()].map((c) => members.map((i) => c.codes[i]!));
  const encoded = encode(own, codes, [...categorical.values()]);
  const near = new Neighborhood(encoded, everyone, what).others(everyone, k, 'kNeighbors');
  const pairs = drawPairs({ from: everyone, to: near }, count, next());
  const { data, cols } = between(own, pairs.from, pairs.to, pairs.steps) as Dense;
  const columns: Column[] = [...given.columns];
  continuous.forEach((f, at) => {
    columns[f] = Float64Array.from({ length: count }, (_, s) => data[s * cols + at]!);
  });
  const rng = next();
  [...categorical].forEach(([f, feature], at) => {
    const drawn = commonest(codes[at]!, feature.values.length, near, k, pairs, rng);
    columns[f] = decategorize(feature, drawn, given.columns[f]!);
  });
  return columns;
}

/** Numbers beside categories as ones among zeros, scaled so that two of them are the median deviation apart. */
function encode(own: Dense, codes: readonly Int32Array[], features: readonly Categorical[]): Dense {
  const scale = median(deviations(own)) / Math.SQRT2;
  const starts = [own.cols];
  for (const { values } of features) starts.push(starts.at(-1)! + values.length);
  const cols = starts.at(-1)!;
  const data = new Float64Array(own.rows * cols);
  for (let r = 0; r < own.rows; r++) {
    data.set(own.data.subarray(r * own.cols, (r + 1) * own.cols), r * cols);
    codes.forEach((c, f) => {
      data[r * cols + starts[f]! + c[r]!] = scale;
    });
  }
  return { data, rows: own.rows, cols };
}

function median(x: Float64Array): number {
  const sorted = x.slice().sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * For each pair the category most frequent among all neighbours of its sample. Ties are broken as imbalanced-learn does: all
 * most frequent ones of all pairs are shuffled together, and the first of each pair counts.
 */
function commonest(
  codes: Int32Array,
  size: number,
  near: Int32Array,
  k: number,
  { from }: Pairs,
  rng: Rng,
): Int32Array {
  const pair: number[] = [];
  const category: number[] = [];
  const votes = new Int32Array(size);
  for (let s = 0; s < from.length; s++) {
    votes.fill(0);
    for (let i = from[s]! * k; i < (from[s]! + 1) * k; i++) votes[codes[near[i]!]!]!++;
    const most = Math.max(...votes);
    for (let v = 0; v < size; v++) {
      if (votes[v] !== most) continue;
      pair.push(s);
      category.push(v);
    }
  }
  const out = new Int32Array(from.length).fill(-1);
  for (const i of rng.permutation(pair.length)) if (out[pair[i]!] === -1) out[pair[i]!] = category[i]!;
  return out;
}
