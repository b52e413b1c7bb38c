import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { FitOptions } from '../data/estimator';
import { codesOf, distinctLabels, type Label, type Labels, readLabels } from '../data/labels';
import type { Matrix, Samples } from '../data/matrix';
import { readVector, type Vector } from '../data/vector';
import { type Classification, readClassification, type SampleChecks } from '../estimator/supervised';

/** Options of a first `partialFit`. */
export interface PartialFitOptions extends FitOptions {
  /** All labels there will ever be, in any order; required. */
  readonly classes?: Labels | undefined;
}

export type Checks = Omit<SampleChecks, 'minClasses' | 'sparse'> & { readonly sparse?: boolean };

/** Samples with codes that are positions in `classes`, of which only some may occur. */
export interface BatchOf<S extends Samples> {
  readonly X: S;
  readonly codes: Int32Array;
  readonly classes: readonly Label[];
  readonly weights: Float64Array | null;
}

/** Reads the first batch, whose options name all classes. */
export async function readFirstBatch(
  X: Matrix,
  y: Labels,
  options: PartialFitOptions,
  what: string,
  checks: Checks,
): Promise<BatchOf<Samples>> {
  checkOptions(options, ['classes', 'sampleWeight'], what);
  if (options.classes === undefined || options.classes === null)
    throw new ConfigError(`${what}: the first call needs { classes }, all labels there will ever be.`);
  const classes = distinctLabels(readLabels(options.classes, `${what}: classes`));
  if (classes.length < 2)
    throw new ConfigError(`${what}: classes has only ${shown(classes[0])}. At least two are needed.`);
  return readBatch(X, y, { sampleWeight: options.sampleWeight }, classes, what, checks);
}

/** Reads a batch of samples whose classes are known. */
export async function readBatch(
  X: Matrix,
  y: Labels,
  options: FitOptions,
  classes: readonly Label[],
  what: string,
  checks: Checks,
): Promise<BatchOf<Samples>> {
  const read = await readClassification(X, y, options, what, { ...checks, minClasses: 1 } as { readonly sparse: true });
  const places = codesOf(read.classes, classes);
  const stranger = places.indexOf(-1);
  if (stranger >= 0) {
    throw new ConfigError(
      `${what}: y has the label ${shown(read.classes[stranger])}, which is not in classes [${classes.join(', ')}]. Name all labels in the first call.`,
    );
  }
  return { X: read.X, weights: read.weights, codes: read.codes.map((c) => places[c]!), classes };
}

/** Reads what `fit` is given: its labels are the classes. */
export async function readAll(
  X: Matrix,
  y: Labels,
  options: FitOptions,
  what: string,
  checks: Checks,
): Promise<BatchOf<Samples>> {
  const read: Classification<Samples> = await readClassification(
    X,
    y,
    options,
    what,
    checks as { readonly sparse: true },
  );
  return { X: read.X, codes: read.codes, classes: read.classes, weights: read.weights };
}

/** Probabilities of the classes given by the caller; null for none. */
export function readPriors(
  priors: Vector | null | undefined,
  classes: number,
  name: string,
  what: string,
): Float64Array | null {
  if (priors === null || priors === undefined) return null;
  const given = readVector(priors, `${what}: ${name}`);
  if (given.length !== classes)
    throw new ConfigError(`${what}: ${name} has ${given.length} values for ${classes} classes. Give one for each.`);
  if (given.some((p) => p < 0))
    throw new ConfigError(`${what}: ${name} must not be negative, got ${given.join(', ')}.`);
  const sum = given.reduce((a, b) => a + b, 0);
  if (Math.abs(sum - 1) > 1e-5) throw new ConfigError(`${what}: ${name} must add up to 1, they add up to ${sum}.`);
  return given.slice();
}
