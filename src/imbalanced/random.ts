import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Rng } from '../core/rng';
import { shown } from '../core/shown';
import type { Resampled } from '../data/estimator';
import type { Encoded, Label, Labels } from '../data/labels';
import { countSamples, type Matrix, readSamplesAsync } from '../data/matrix';
import type { Table } from '../data/table';
import type { OverSamplerOptions } from './over-sampler';
import { byClass } from './picking';
import { appendSamples, type Given, membersOf, pickSamples, streams } from './resample';
import { perturb } from './rose';
import { overgrowth, type Plan, planSampling } from './sampling-strategy';
import { type GivenRows, needNumbers, readGivenRows } from './table';

/** How far repeated samples are moved: for all classes, or by label. */
export type Shrinkage = number | Readonly<Record<string, number>> | ReadonlyMap<Label, number>;

export interface RandomOverSamplerOptions extends OverSamplerOptions {
  /** How far repeats are moved by normal noise, relative to the usual bandwidth (ROSE); null (default): not at all. */
  readonly shrinkage?: Shrinkage | null | undefined;
}

export interface RandomUnderSamplerOptions extends OverSamplerOptions {
  /** Draw with replacement; false by default. */
  readonly replacement?: boolean | undefined;
}

/**
 * Repeats samples of rare classes, drawn at random with replacement; with `shrinkage`, each moved a little.
 *
 * Reference: Menardi & Torelli 2014, “Training and Assessing Classification Rules with Imbalanced Data” (ROSE).
 *
 * @example
 * ```ts
 * import { RandomOverSampler } from 'kompakt/imbalanced';
 * const { y, indices } = await new RandomOverSampler({ seed: 1 }).fitResample([[1], [2], [3], [4]], [0, 0, 0, 1]);
 * console.log(y, Array.from(indices!)); // → [ 0, 0, 0, 1, 1, 1 ] [ 0, 1, 2, 3, 3, 3 ]
 * ```
 */
export class RandomOverSampler {
  readonly name = 'RandomOverSampler' as const;
  readonly options: RandomOverSamplerOptions;

  /** @param options - `samplingStrategy = 'auto'`, `shrinkage = null`, `seed`; checked by `fitResample`. */
  constructor(options: RandomOverSamplerOptions = {}) {
    this.options = options;
  }

  /**
   * Resamples a labelled set.
   *
   * @param X - `[samples, features]`, NaN allowed, sparse or dense; or a table: rows, records or columns of numbers, text,
   * booleans and missing values. With `shrinkage`, finite numbers. Not changed.
   * @param y - one label per sample, of at least two classes.
   * @returns X and y in the form they came in: the input in order, then the repeats, class by class; `indices` where they
   * are not moved; `warnings` where a class grows beyond the largest.
   * @throws ConfigError for one class, or a strategy or shrinkage that does not fit.
   */
  async fitResample<M extends Matrix | Table, L extends Labels>(X: M, y: L): Promise<Resampled<M, L>> {
    const what = 'RandomOverSampler.fitResample';
    checkOptions(this.options, ['samplingStrategy', 'seed', 'shrinkage'], what);
    const { samplingStrategy = 'auto', seed, shrinkage = null } = this.options;
    const given = await readGivenRows(X, y, what);
    const plan = planSampling(samplingStrategy, 'over', given, y, what);
    const warnings = overgrowth(plan, given, what);
    const rng = streams(seed)();
    if (shrinkage !== null) {
      const numbers = needNumbers(given, 'shrinkage', what);
      await readSamplesAsync(X as Matrix, `${what}: X`);
      const factors = readShrinkage(shrinkage, numbers, plan, what);
      const added = [...plan].map(([c, count]) => {
        const members = membersOf(given.codes, c);
        const picked = rng.integers(count, members.length).map((i) => members[i]!);
        const rows = perturb(numbers.X, countSamples(numbers.X), members, picked, factors.get(c)!, rng);
        return { rows, label: given.classes[c]! };
      });
      return appendSamples(numbers, { X: X as Matrix, y }, added, warnings) as unknown as Resampled<M, L>;
    }
    const indices = Array.from(given.codes.keys());
    for (const [c, count] of plan) {
      const members = membersOf(given.codes, c);
      for (const i of rng.integers(count, members.length)) indices.push(members[i]!);
    }
    return pickSamples(given, { X, y }, Int32Array.from(indices), warnings);
  }
}

/** The shrinkage of each class that is added to. */
function readShrinkage(
  shrinkage: Shrinkage,
  { classes }: Given | GivenRows,
  plan: Plan,
  what: string,
): Map<number, number> {
  const isNumber = typeof shrinkage === 'number';
  if (!isNumber && (typeof shrinkage !== 'object' || shrinkage === null))
    throw new ConfigError(`${what}: shrinkage must be a number, numbers by class or null, got ${shown(shrinkage)}.`);
  const entries = isNumber
    ? []
    : shrinkage instanceof Map
      ? [...(shrinkage as ReadonlyMap<Label, number>)]
      : Object.entries(shrinkage);
  const byName = new Map(entries.map(([label, s]) => [String(label), s as number]));
  return new Map(
    [...plan.keys()].map((c) => {
      const factor = isNumber ? shrinkage : byName.get(String(classes[c]));
      if (factor === undefined)
        throw new ConfigError(`${what}: shrinkage lacks class ${shown(classes[c])}, which is added to. Give it one.`);
      if (!(Number.isFinite(factor) && factor >= 0))
        throw new ConfigError(`${what}: the shrinkage of class ${shown(classes[c])} must be ≥ 0, got ${factor}.`);
      return [c, factor];
    }),
  );
}

/**
 * Keeps a random part of frequent classes.
 *
 * @example
 * ```ts
 * import { RandomUnderSampler } from 'kompakt/imbalanced';
 * const { y } = await new RandomUnderSampler({ seed: 1 }).fitResample([[1], [2], [3], [4]], [0, 0, 0, 1]);
 * console.log(y); // → [ 0, 1 ]
 * ```
 */
export class RandomUnderSampler {
  readonly name = 'RandomUnderSampler' as const;
  readonly options: RandomUnderSamplerOptions;

  /** @param options - `samplingStrategy = 'auto'`, `replacement = false`, `seed`; checked by `fitResample`. */
  constructor(options: RandomUnderSamplerOptions = {}) {
    this.options = options;
  }

  /**
   * Resamples a labelled set.
   *
   * @param X - `[samples, features]`, NaN allowed, sparse or dense; or a table: rows, records or columns of numbers, text,
   * booleans and missing values. Not changed.
   * @param y - one label per sample, of at least two classes.
   * @returns X and y in the form they came in, class by class, and `indices`.
   * @throws ConfigError for one class, or a strategy that does not fit.
   */
  async fitResample<M extends Matrix | Table, L extends Labels>(X: M, y: L): Promise<Resampled<M, L>> {
    const what = 'RandomUnderSampler.fitResample';
    checkOptions(this.options, ['samplingStrategy', 'seed', 'replacement'], what);
    const { samplingStrategy = 'auto', seed, replacement = false } = this.options;
    const given = await readGivenRows(X, y, what);
    const plan = planSampling(samplingStrategy, 'under', given, y, what);
    return pickSamples(given, { X, y }, underSample(given, plan, replacement, streams(seed)()));
  }
}

/** Draws which samples to keep of each class in the plan; of the others all are kept. */
export function underSample({ codes, classes }: Encoded, plan: Plan, replacement: boolean, rng: Rng): Int32Array {
  return byClass(codes, classes.length, plan, (members, c) => {
    const drawn = rng.choice(members.length, { size: plan.get(c)!, replace: replacement });
    return drawn.map((i) => members[i]!);
  });
}
