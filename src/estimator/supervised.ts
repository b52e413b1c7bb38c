import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { FitOptions } from '../data/estimator';
import {
  checkAreClasses,
  checkSameLength,
  type Encoded,
  encodeLabels,
  type Labels,
  readLabelsAsync,
} from '../data/labels';
import {
  countSamples,
  type Dense,
  type Matrix,
  type MatrixChecks,
  readMatrixAsync,
  readSamplesAsync,
  type Samples,
} from '../data/matrix';
import { isTensor } from '../data/rows';
import { readVector, readWeights, type Vector } from '../data/vector';

/** Samples with their classes, read and checked. */
export interface Classification<S extends Samples = Dense> extends Encoded {
  readonly X: S;
  /** One weight ≥ 0 per sample; null when none were given. */
  readonly weights: Float64Array | null;
}

/** Samples with their targets, read and checked. */
export interface Regression<S extends Samples = Dense> {
  readonly X: S;
  readonly y: Float64Array;
  /** One weight ≥ 0 per sample; null when none were given. */
  readonly weights: Float64Array | null;
}

export interface SampleChecks extends MatrixChecks {
  /** Take sparse samples, too: they come out by rows. */
  readonly sparse?: boolean | undefined;
  /** How few classes will do; 2 by default. */
  readonly minClasses?: number | undefined;
}

/**
 * Reads what a classifier is fitted with.
 *
 * @param what - who asks: begins every error message.
 * @throws ConfigError for NaN or infinity, labels that are measurements, too few classes, bad weights; ShapeError for data
 * that does not fit together.
 */
export function readClassification(
  X: Matrix,
  y: Labels,
  options: FitOptions,
  what: string,
  checks: SampleChecks & { readonly sparse: true },
): Promise<Classification<Samples>>;
export function readClassification(
  X: Matrix,
  y: Labels,
  options: FitOptions,
  what: string,
  checks?: SampleChecks,
): Promise<Classification>;
export async function readClassification(
  X: Matrix,
  y: Labels,
  options: FitOptions,
  what: string,
  checks: SampleChecks = {},
): Promise<Classification<Samples>> {
  checkOptions(options, ['sampleWeight'], what);
  const samples = await readAny(X, what, checks);
  const labels = await readLabelsAsync(y, `${what}: y`);
  checkSameLength(countSamples(samples), labels.length, what);
  checkAreClasses(labels, `${what}: y`, 'Measurements call for regression; group them into classes to classify.');
  const encoded = encodeLabels(labels);
  if (encoded.classes.length < (checks.minClasses ?? 2)) {
    throw new ConfigError(`${what}: y has only the class ${shown(encoded.classes[0])}. At least two are needed.`);
  }
  return { X: samples, ...encoded, weights: readWeights(options.sampleWeight, labels.length, what) };
}

/** Reads what a regressor is fitted with; see {@link readClassification}. */
export function readRegression(
  X: Matrix,
  y: Vector,
  options: FitOptions,
  what: string,
  checks: SampleChecks & { readonly sparse: true },
): Promise<Regression<Samples>>;
export function readRegression(
  X: Matrix,
  y: Vector,
  options: FitOptions,
  what: string,
  checks?: SampleChecks,
): Promise<Regression>;
export async function readRegression(
  X: Matrix,
  y: Vector,
  options: FitOptions,
  what: string,
  checks: SampleChecks = {},
): Promise<Regression<Samples>> {
  checkOptions(options, ['sampleWeight'], what);
  const samples = await readAny(X, what, checks);
  const target = isTensor(y) ? { data: await y.data(), shape: y.shape } : y;
  const values = readVector(target as Vector, `${what}: y`);
  checkSameLength(countSamples(samples), values.length, what);
  return { X: samples, y: values, weights: readWeights(options.sampleWeight, values.length, what) };
}

function readAny(X: Matrix, what: string, checks: SampleChecks): Promise<Samples> {
  return checks.sparse === true ? readSamplesAsync(X, `${what}: X`, checks) : readMatrixAsync(X, `${what}: X`, checks);
}
