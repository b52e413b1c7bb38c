import { ConfigError } from '../core/errors';
import { type Rng, type Seed, toRng } from '../core/rng';
import type { Estimator, FittedEstimator } from '../data/estimator';
import { describe } from '../data/rows';
import { withParams } from '../estimator/params';
import type { ModelState, Stateful } from '../estimator/state';
import type { SamplingStrategy } from './sampling-strategy';

/** What all ensembles of balanced parts can be told. */
export interface BalancedOptions {
  /** What to fit to every balanced part; boosted or single stumps by default. */
  readonly estimator?: Estimator | undefined;
  /** How many samples each class keeps in every part; `'auto'` (default): as many as the rarest has. */
  readonly samplingStrategy?: SamplingStrategy | undefined;
  /** Whether samples of a part are drawn with replacement; false by default. */
  readonly replacement?: boolean | undefined;
  readonly seed?: Seed | undefined;
}

export const BALANCED_OPTIONS: readonly string[] = ['estimator', 'samplingStrategy', 'replacement', 'seed'];

/** Throws unless `estimator` is a classifier. */
export function checkClassifier(estimator: unknown, what: string): asserts estimator is Estimator {
  const candidate = estimator as Partial<Estimator> | null | undefined;
  if (typeof candidate?.fit === 'function' && candidate.kind === 'classifier') return;
  throw new ConfigError(
    `${what}: estimator must be a classifier such as new GaussianNB(), got ${describe(estimator)}.`,
  );
}

/** Greatest number that scikit-learn seeds parts of a model with. */
const MOST = 2147483647;

/** A stream of the same kind, seeded by a number drawn from `rng`. */
export function child(rng: Rng): Rng {
  const Stream = rng.constructor as new (seed: number) => Rng;
  return new Stream(rng.integer(MOST));
}

/** The estimator with a seed drawn from `rng`, if it takes one. */
export function seededBy(estimator: Estimator, takes: boolean, rng: Rng): Estimator {
  return takes ? withParams(estimator, { seed: child(rng) }) : estimator;
}

/** The stream that an ensemble draws from: that of its seed, from the beginning. */
export function streamOf(seed: Seed | undefined): Rng {
  return seed === undefined ? toRng(undefined) : toRng(seed).restart();
}

/** What a member has learned. */
export function stateOf(model: FittedEstimator): ModelState {
  const stateful = model as Partial<Stateful>;
  if (typeof stateful.toState === 'function') return stateful.toState();
  throw new ConfigError('toState: a member has no toState. Only built-in models can be kept.');
}
