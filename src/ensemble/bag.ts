import { ConfigError } from '../core/errors';
import { type Rng, type Seed, toRng } from '../core/rng';
import type { Estimator, FittedEstimator } from '../data/estimator';
import type { Labels } from '../data/labels';
import { asMatrix, countFeatures, countSamples, type Samples, takeFeatures, takeSamples } from '../data/matrix';
import { type Rows, takeRows } from '../data/rows';
import { abilitiesOf, seeded } from '../estimator/abilities';
import { checkBoolean, checkNumber } from '../estimator/settings';

/** Options of both bagging estimators. */
export interface BaggingOptions {
  /** What to fit many times; a decision tree by default. */
  readonly estimator?: Estimator | null | undefined;
  /** How many; 10 by default. */
  readonly nEstimators?: number | undefined;
  /** Samples drawn for each: up to 1 a part of them, else a number; 1.0, all, by default. An integer 1 is written `{ count: 1 }`. */
  readonly maxSamples?: number | { readonly count: number } | undefined;
  /** Features drawn for each, likewise. */
  readonly maxFeatures?: number | { readonly count: number } | undefined;
  /** Whether samples are drawn with replacement; true by default. */
  readonly bootstrap?: boolean | undefined;
  /** Whether features are; false by default. */
  readonly bootstrapFeatures?: boolean | undefined;
  /** Whether to score on samples by the models they were not drawn for; false by default. */
  readonly oobScore?: boolean | undefined;
  readonly seed?: Seed | undefined;
}

export const BAGGING_OPTIONS = [
  'estimator',
  'nEstimators',
  'maxSamples',
  'maxFeatures',
  'bootstrap',
  'bootstrapFeatures',
  'oobScore',
  'seed',
] as const;

/** A fitted member, and the features it sees. */
export interface BagMember {
  readonly model: FittedEstimator;
  readonly features: Int32Array;
}

/** A member just fitted, and the samples it was drawn. */
export interface Drawn extends BagMember {
  readonly samples: Int32Array;
}

interface BagSettings {
  readonly estimators: number;
  readonly samples: number;
  readonly features: number;
  readonly bootstrap: boolean;
  readonly bootstrapFeatures: boolean;
}

/** Reads the options, for data of this size. */
export function readBagSettings(options: BaggingOptions, X: Samples, what: string): BagSettings {
  const bootstrap = checkBoolean(options.bootstrap ?? true, 'bootstrap', what);
  const oobScore = checkBoolean(options.oobScore ?? false, 'oobScore', what);
  if (oobScore && !bootstrap)
    throw new ConfigError(`${what}: oobScore needs samples that are not drawn. Set bootstrap: true, or leave it out.`);
  return {
    estimators: checkNumber(options.nEstimators ?? 10, 'nEstimators', what, { integer: true, min: 1 }),
    samples: countOf(options.maxSamples ?? 1, countSamples(X), 'maxSamples', what),
    features: countOf(options.maxFeatures ?? 1, countFeatures(X), 'maxFeatures', what),
    bootstrap,
    bootstrapFeatures: checkBoolean(options.bootstrapFeatures ?? false, 'bootstrapFeatures', what),
  };
}

function countOf(given: number | { readonly count: number }, all: number, name: string, what: string): number {
  if (typeof given === 'object' && given !== null)
    return checkNumber(given.count, `${name}.count`, what, { integer: true, min: 1, max: all });
  if (typeof given === 'number' && given > 0 && given <= 1) return Math.max(1, Math.floor(given * all));
  return checkNumber(given, name, what, { integer: true, min: 1, max: all });
}

/** What makes the members of a bag, which are then fitted. */
export interface MemberMaker {
  /** Whether members heed weights. */
  readonly weights: boolean;
  /** A member whose seeds, if it takes any, are drawn from `stream`. */
  make(stream: Rng): Estimator;
}

/** Makes copies of an estimator, each with a seed of its own. */
export async function copiesOf(estimator: Estimator, X: Samples, y: Labels): Promise<MemberMaker> {
  const abilities = await abilitiesOf(estimator, asMatrix(X), y, countSamples(X));
  return { weights: abilities.weights, make: (stream) => seeded(estimator, abilities, stream) };
}

/**
 * Fits members on samples and features drawn for each. As scikit-learn does it: a seed for each member is drawn first; from it
 * the member's own seed is drawn, and, anew, its features and samples. What takes weights gets how often each sample was
 * drawn, what does not the samples themselves.
 */
export async function fitBag(
  maker: MemberMaker,
  X: Samples,
  y: Labels,
  weights: Float64Array | null,
  settings: BagSettings,
  seed: Seed | undefined,
  what: string,
): Promise<Drawn[]> {
  const [rows, cols] = [countSamples(X), countFeatures(X)];
  if (weights !== null && !maker.weights)
    throw new ConfigError(`${what}: the estimator does not take sampleWeight. Leave it out, or use another estimator.`);
  const rng = seed === undefined ? toRng(undefined) : toRng(seed).restart();
  const Stream = rng.constructor as new (seed: number) => Rng;
  const seeds = Array.from({ length: settings.estimators }, () => rng.integer(2147483647));
  const members: Drawn[] = [];
  for (const s of seeds) {
    const member = maker.make(new Stream(s));
    const stream = new Stream(s);
    const features = draw(stream, settings.bootstrapFeatures, cols, settings.features);
    const samples = draw(stream, settings.bootstrap, rows, settings.samples);
    const seen = settings.bootstrapFeatures || settings.features < cols ? takeFeatures(X, features) : X;
    members.push({ model: await fitMember(member, maker.weights, seen, y, samples, weights), features, samples });
  }
  return members;
}

function draw(rng: Rng, replace: boolean, all: number, count: number): Int32Array {
  return replace ? rng.integers(count, all) : sampleWithoutReplacement(rng, all, count);
}

/** Scikit-learn's ways to draw `count` of `all`: which one depends on the share. */
function sampleWithoutReplacement(rng: Rng, all: number, count: number): Int32Array {
  const share = count / all;
  if (share < 0.01) return byTracking(rng, all, count);
  return share < 0.99 ? rng.permutation(all).slice(0, count) : byReservoir(rng, all, count);
}

function byTracking(rng: Rng, all: number, count: number): Int32Array {
  const found = new Set<number>();
  while (found.size < count) found.add(rng.integer(all));
  return Int32Array.from(found);
}

function byReservoir(rng: Rng, all: number, count: number): Int32Array {
  const out = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count; i < all; i++) {
    const at = rng.integer(i + 1);
    if (at < count) out[at] = i;
  }
  return out;
}

function fitMember(
  estimator: Estimator,
  weighs: boolean,
  X: Samples,
  y: Labels,
  samples: Int32Array,
  weights: Float64Array | null,
): Promise<FittedEstimator> {
  if (!weighs) {
    return estimator.fit(asMatrix(takeSamples(X, samples)), takeRows(y as Rows, samples) as unknown as Labels);
  }
  const sampleWeight = new Float64Array(countSamples(X));
  for (const i of samples) sampleWeight[i]! += weights === null ? 1 : weights[i]!;
  return estimator.fit(asMatrix(X), y, { sampleWeight });
}

/** The samples that a member was not drawn. */
export function leftOut(samples: Int32Array, rows: number): Int32Array {
  const drawn = new Uint8Array(rows);
  for (const i of samples) drawn[i] = 1;
  const out: number[] = [];
  drawn.forEach((is, i) => {
    if (is === 0) out.push(i);
  });
  return Int32Array.from(out);
}
