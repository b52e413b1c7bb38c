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

/**
 * Finds out what an estimator can be given, by what it refuses: an unknown option, and negative weights, which whatever
 * heeds weights refuses before it begins to learn. One that heeds them without a check counts as one that does not.
 */
export async function abilitiesOf(estimator: Estimator, X: Matrix, y: Labels, samples: number): Promise<Abilities> {
  const hasOptions = typeof (estimator as Configured).options === 'object' && !('withParams' in estimator);
  const sampleWeight = new Float64Array(samples).fill(-1);
  const complaint = async (e: Estimator): Promise<string> => {
    try {
      await e.fit(X, y, { sampleWeight });
      return '';
    } catch (error) {
      return String(error);
    }
  };
  let said = await complaint(hasOptions ? withParams(estimator, { seed: 0 }) : estimator);
  const seed = hasOptions && !said.includes("unknown option 'seed'");
  if (hasOptions && !seed) said = await complaint(estimator);
  return { seed, weights: said.includes('sampleWeight') && !said.includes("unknown option 'sampleWeight'") };
}

/** Most of a number that scikit-learn seeds the members of an ensemble with. */
const MOST = 2147483647;

/** The estimator with a seed drawn from `rng`, if it takes one. */
export function seeded<E extends Estimator>(estimator: E, { seed }: Abilities, rng: Rng): E {
  if (!seed) return estimator;
  const Stream = rng.constructor as new (seed: number) => Rng;
  return withParams(estimator, { seed: new Stream(rng.integer(MOST)) });
}
