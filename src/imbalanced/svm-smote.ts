import { ConfigError } from '../core/errors';
import { shown } from '../core/shown';
import type { Label, Labels } from '../data/labels';
import { asMatrix, type Matrix } from '../data/matrix';
import { SVC } from '../svm/svc';
import { allOf, countStrangers, isInDanger } from './danger';
import { interpolate } from './interpolate';
import { checkCount, Neighborhood } from './neighborhoods';
import { OverSampler } from './over-sampler';
import { type Added, type Given, membersOf, streams } from './resample';

import type { Plan } from './sampling-strategy';
import type { SMOTEOptions } from './smote';

/** A support vector machine, as far as it is needed here: {@link SVC}. */
export interface SupportVectorEstimator {
  fit(X: Matrix, y: Labels): Promise<{ readonly support: ArrayLike<number> }>;
}

export interface SVMSMOTEOptions extends SMOTEOptions {
  /** How many nearest neighbours, of all classes, tell whether a support vector is noise or in danger; 10 by default. */
  readonly mNeighbors?: number | undefined;
  /** What finds the support vectors; `new SVC()` by default. */
  readonly svmEstimator?: SupportVectorEstimator | undefined;
  /** How far beyond safe support vectors new samples may lie, as a share of the distance to a neighbour; 0.5 by default. */
  readonly outStep?: number | undefined;
}

/**
 * SMOTE from the support vectors of a class only, which mark its border.
 *
 * Those all of whose m neighbours are of other classes are noise, and left out. From those in danger (at least half are) new
 * samples lie towards neighbours of the class, x + u·(x' − x); from the others, which are safe, away from them, x − s·u·(x' −
 * x), u uniform in [0, 1): so the class spreads where there is room. How many are of the first kind is drawn from Beta(10, 10).
 *
 * Reference: Nguyen, Cooper & Kamei 2011, “Borderline Over-sampling for Imbalanced Data Classification”.
 *
 * @example
 * ```ts
 * import { SVMSMOTE } from 'kompakt/imbalanced';
 * const X = [[0], [1], [2], [3], [2.5], [3.5], [4], [5], [6], [7]];
 * const sampler = new SVMSMOTE({ kNeighbors: 2, mNeighbors: 3, seed: 1 });
 * console.log((await sampler.fitResample(X, [1, 1, 1, 1, 0, 0, 0, 0, 0, 0])).y.slice(10)); // → [ 1, 1 ]
 * ```
 */
export class SVMSMOTE extends OverSampler<SVMSMOTEOptions> {
  readonly name = 'SVMSMOTE' as const;
  protected readonly known = ['kNeighbors', 'mNeighbors', 'svmEstimator', 'outStep'];

  /**
   * @param options - `samplingStrategy = 'auto'`, `kNeighbors = 5`, `mNeighbors = 10`, `svmEstimator = new SVC()`, `outStep =
   * 0.5`, `seed`; checked by `fitResample`.
   */
  constructor(options: SVMSMOTEOptions = {}) {
    super(options);
  }

  protected override async synthesize(given: Given, plan: Plan, what: string): Promise<readonly Added[]> {
    const { kNeighbors: k = 5, mNeighbors: m = 10, outStep = 0.5, svmEstimator = new SVC(), seed } = this.options;
    checkCount(k, 'kNeighbors', what);
    checkCount(m, 'mNeighbors', what);
    if (!(typeof outStep === 'number' && outStep >= 0 && outStep <= 1))
      throw new ConfigError(`${what}: outStep must be in [0, 1], got ${shown(outStep)}.`);
    if (plan.size === 0) return [];
    const support = await supportOf(svmEstimator, given, what);
    const everyone = new Neighborhood(given.X, allOf(given.codes.length), what);
    const next = streams(seed);
    const shares = next();
    const added: Added[] = [];
    for (const [c, count] of plan) {
      const { danger, safe } = sortOut(given, everyone, support, c, m, what);
      const members = new Neighborhood(given.X, membersOf(given.codes, c), what);
      const inward = Math.trunc(shares.beta(10, 10) * (count + 1));
      for (const [from, n, reach] of [
        [danger, inward, 1],
        [safe, count - inward, -outStep],
      ] as const) {
        if (from.length === 0) continue;
        const to = members.others(from, k, 'kNeighbors');
        added.push({ rows: interpolate(given.X, { from, to }, n, next(), reach), label: given.classes[c]! });
      }
    }
    return added;
  }
}

async function supportOf(svm: SupportVectorEstimator, given: Given, what: string): Promise<Int32Array> {
  if (typeof svm?.fit !== 'function')
    throw new ConfigError(`${what}: svmEstimator must be an estimator such as new SVC(), got ${shown(svm)}.`);
  const { support } = await svm.fit(asMatrix(given.X), given.labels as readonly Label[] as Labels);
  if (support === undefined)
    throw new ConfigError(`${what}: svmEstimator has no support vectors once fitted. Give a support vector machine.`);
  return Int32Array.from(support);
}

/** The support vectors of class `c` that are in danger and that are safe, without the noise. */
function sortOut(
  given: Given,
  everyone: Neighborhood,
  support: Int32Array,
  c: number,
  m: number,
  what: string,
): { readonly danger: Int32Array; readonly safe: Int32Array } {
  const own = support.filter((i) => given.codes[i] === c);
  const strangers = countStrangers(given, everyone, own, c, m, 'mNeighbors');
  const danger = own.filter((_, i) => isInDanger(strangers[i]!, m));
  const safe = own.filter((_, i) => strangers[i]! < m / 2);
  if (danger.length + safe.length === 0) {
    throw new ConfigError(
      `${what}: all ${own.length} support vectors of class ${shown(given.classes[c])} lie among other classes, as noise does. ` +
        'Use another kind of SMOTE, or fewer mNeighbors.',
    );
  }
  return { danger, safe };
}
