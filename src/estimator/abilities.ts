import type { Rng } from '../core/rng';
import type { Estimator } from '../data/estimator';
import type { Labels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import { type Configured, withParams } from './params';

/** What an estimator can be given, as far as those need to know that are made of estimators. */
export interface Abilities {
  /** It has an option `seed`. */
  readonly seed: boolean;
  /** Its `fit` heeds `sampleWeight`. */
  readonly weights: boolean;
}

/** Whether an estimator has an option `seed`: told by what it refuses, on next to no data. */
export async function takesSeed(estimator: Estimator): Promise<boolean> {
  if (typeof (estimator as Configured).options !== 'object' || 'withParams' in estimator) return false;
  try {
    await withParams(estimator, { seed: 0 }).fit([[0], [1]], [0, 1]);
    return true;
  } catch (error) {
    return !String(error).includes("unknown option 'seed'");
  }
}

/** What fits one estimator of the user's and hands on what it is given, so that weights are that one's to take. */
const HANDS_ON: readonly string[] = [
  'FixedThresholdClassifier',
  'GridSearchCV',
  'HalvingGridSearchCV',
  'HalvingRandomSearchCV',
  'OneVsRestClassifier',
  'Pipeline',
  'RandomizedSearchCV',
  'TransformedTargetRegressor',
  'TunedThresholdClassifierCV',
];

/**
 * Finds out what an estimator can be given, by what it refuses: an unknown option, and negative weights, which whatever
 * heeds weights refuses before it begins to learn. One that heeds them without a check counts as one that does not; and so
 * do pipelines, searches and the like, as in scikit-learn, where only what names `sample_weight` is given it.
 */
export async function abilitiesOf(estimator: Estimator, X: Matrix, y: Labels, samples: number): Promise<Abilities> {
  const seed = await takesSeed(estimator);
  if (HANDS_ON.includes(estimator.name ?? '')) return { seed, weights: false };
  try {
    await estimator.fit(X, y, { sampleWeight: new Float64Array(samples).fill(-1) });
    return { seed, weights: false };
  } catch (error) {
    const said = String(error);
    return { seed, weights: said.includes('sampleWeight') && !said.includes("unknown option 'sampleWeight'") };
  }
}

/** Most of a number that scikit-learn seeds the members of an ensemble with. */
const MOST = 2147483647;

/** The estimator with a seed drawn from `rng`, if it takes one. */
export function seeded<E extends Estimator>(estimator: E, { seed }: Abilities, rng: Rng): E {
  if (!seed) return estimator;
  const Stream = rng.constructor as new (seed: number) => Rng;
  return withParams(estimator, { seed: new Stream(rng.integer(MOST)) });
}
