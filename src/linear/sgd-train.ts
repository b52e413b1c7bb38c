import { ConfigError, NotConvergedWarning } from '../core/errors';
import { type Rng, type Seed, toRng } from '../core/rng';
import type { Label } from '../data/labels';
import { countFeatures, countSamples, type Samples, takeSamples } from '../data/matrix';
import { r2Score } from '../metrics/regression';
import { ShuffleSplit, StratifiedShuffleSplit } from '../model-selection/splitters';
import { type LinearWeights, scoresOf } from './fitted-linear';
import type { SgdPlan } from './sgd-options';
import { runSgd, type SgdRun, type Validation } from './sgd-run';
import { blankState, coefOf, meanCoefOf, type SgdState } from './sgd-weights';

/** What SGD has learned so far. */
export interface SgdProgress {
  /** One per score. */
  readonly states: readonly SgdState[];
  /** Number of the next step, from 1. */
  readonly t: number;
  /** Epochs of the last run; the most of any score. */
  readonly nIter: number;
}

/** Samples with targets, and what they weigh. */
export interface SgdData {
  readonly X: Samples;
  readonly weights: Float64Array | null;
  readonly what: string;
}

const MAX_INT32 = 2 ** 31 - 1;

/**
 * Trains one score for two classes (positive: the second), else one for each class against the rest.
 *
 * @param before - what to go on from; null to begin.
 * @param epochs - most passes over the data.
 */
export function trainClassifier(
  { X, codes, classes, weights, what }: SgdData & { readonly codes: Int32Array; readonly classes: readonly Label[] },
  classWeights: readonly number[],
  plan: SgdPlan,
  before: SgdProgress | null,
  epochs: number,
): SgdProgress {
  const one = classes.length === 2;
  const held = holdBack(plan, codes, true, weights, what);
  const rng = restarted(plan.seed);
  // scikit-learn draws one seed per class, and from each of those streams as from the one stream for two classes.
  const streams = one ? [rng] : Array.from(classes, () => rng.integer(MAX_INT32)).map((seed) => sameKind(rng, seed));
  const results = streams.map((stream, c) => {
    // The first number drawn there seeds what is not used here.
    stream.integer(MAX_INT32 - 1);
    const positive = one ? 1 : c;
    const y = Float64Array.from(codes, (code) => (code === positive ? 1 : -1));
    return runSgd(
      {
        X,
        y,
        weights,
        classWeights: [one ? classWeights[0]! : 1, classWeights[positive]!],
        isClassifier: true,
        start: before?.states[c] ?? blankState(countFeatures(X), plan.average > 0),
        t: before?.t ?? 1,
        epochs,
        seed: stream.integer(MAX_INT32),
        validation: held && { held, score: accuracyOn(X, y, weights, held) },
        what,
      },
      plan,
    );
  });
  return summarise(results, before, countSamples(X));
}

/** Trains a regressor; see {@link trainClassifier}. */
export function trainRegressor(
  { X, y, weights, what }: SgdData & { readonly y: Float64Array },
  plan: SgdPlan,
  before: SgdProgress | null,
  epochs: number,
): SgdProgress {
  const held = holdBack(plan, y, false, weights, what);
  const run: SgdRun = {
    X,
    y,
    weights,
    classWeights: [1, 1],
    isClassifier: false,
    start: before?.states[0] ?? blankState(countFeatures(X), plan.average > 0),
    t: before?.t ?? 1,
    epochs,
    seed: restarted(plan.seed).integer(MAX_INT32),
    validation: held && { held, score: r2On(X, y, weights, held) },
    what,
  };
  return summarise([runSgd(run, plan)], before, countSamples(X));
}

function summarise(
  results: readonly { readonly state: SgdState; readonly epochs: number }[],
  before: SgdProgress | null,
  samples: number,
): SgdProgress {
  const nIter = Math.max(...results.map((r) => r.epochs));
  return { states: results.map((r) => r.state), t: (before?.t ?? 1) + nIter * samples, nIter };
}

/** The coefficients to predict with: their means once there are any. */
export function weightsOf({ states, t, nIter }: SgdProgress, average: number): LinearWeights {
  const useMean = average > 0 && average <= t - 1;
  const features = states[0]!.raw.length;
  const coef = new Float64Array(states.length * features);
  states.forEach((state, c) => {
    coef.set(useMean ? meanCoefOf(state) : coefOf(state), c * features);
  });
  return { coef, intercept: Float64Array.from(states, (s) => (useMean ? s.mean!.intercept : s.intercept)), nIter };
}

/** A warning if the last epoch allowed was used and it might not have been enough. */
export function warningsOf(name: string, { nIter }: SgdProgress, { tol, maxIter }: SgdPlan): NotConvergedWarning[] {
  if (tol === Number.NEGATIVE_INFINITY || nIter < maxIter) return [];
  return [new NotConvergedWarning(`${name}: used all ${nIter} epochs without coming to rest. Raise maxIter or tol.`)];
}

/** Streams given as a seed start again with every use; without a seed each use differs. */
function restarted(seed: Seed | undefined): Rng {
  return seed === undefined ? toRng(seed) : toRng(seed).restart();
}

function sameKind(rng: Rng, seed: number): Rng {
  const Stream = rng.constructor as new (seed: number) => Rng;
  return new Stream(seed);
}

/** Which samples are held back to judge by; null for none. */
function holdBack(
  { validationFraction, seed }: SgdPlan,
  y: Int32Array | Float64Array,
  stratify: boolean,
  weights: Float64Array | null,
  what: string,
): Uint8Array | null {
  if (validationFraction === null) return null;
  const Split = stratify ? StratifiedShuffleSplit : ShuffleSplit;
  const first = new Split({ testSize: validationFraction, seed: seed ?? toRng(undefined) }).split(y, y).next();
  const { test } = first.value as { readonly test: Int32Array };
  if (weights !== null && !test.some((i) => weights[i]! > 0))
    throw new ConfigError(`${what}: all samples held back weigh 0. Use another seed, or leave them out.`);
  const held = new Uint8Array(y.length);
  for (const i of test) held[i] = 1;
  return held;
}

function accuracyOn(X: Samples, y: Float64Array, weights: Float64Array | null, held: Uint8Array): Validation['score'] {
  const { rows, samples } = pickHeld(X, held);
  return (coef, intercept) => {
    const scores = scoresOf(samples, { coef, intercept: Float64Array.of(intercept) });
    let right = 0;
    let all = 0;
    rows.forEach((i, k) => {
      const w = weights === null ? 1 : weights[i]!;
      all += w;
      if (scores[k]! > 0 === y[i]! > 0) right += w;
    });
    return right / all;
  };
}

function r2On(X: Samples, y: Float64Array, weights: Float64Array | null, held: Uint8Array): Validation['score'] {
  const { rows, samples } = pickHeld(X, held);
  const target = Float64Array.from(rows, (i) => y[i]!);
  const sampleWeight = weights === null ? null : Float64Array.from(rows, (i) => weights[i]!);
  return (coef, intercept) =>
    r2Score(target, scoresOf(samples, { coef, intercept: Float64Array.of(intercept) }), { sampleWeight });
}

function pickHeld(X: Samples, held: Uint8Array): { readonly rows: readonly number[]; readonly samples: Samples } {
  const rows = Array.from(held.keys()).filter((i) => held[i] === 1);
  return { rows, samples: takeSamples(X, rows) };
}
