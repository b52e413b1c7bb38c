import { ConfigError, DTypeError, ShapeError } from '../core/errors';
import { checkAreClasses, codesOf, distinctLabels, type Label, type Labels, readLabels } from '../data/labels';
import { readWeights, type Vector } from '../data/vector';
import { refuseTable } from './indicator';

/** Options common to the scores of predicted labels. */
export interface WeightOptions {
  /** One weight ≥ 0 per sample; all 1 by default. */
  readonly sampleWeight?: Vector | null | undefined;
}

/** True and predicted labels, encoded alike. */
export interface Pair {
  /** The labels that occur in either, ascending, or those asked for, followed by the others. */
  readonly classes: readonly Label[];
  /** How many of `classes` were asked for; all of them when none were. */
  readonly selected: number;
  readonly truth: Int32Array;
  readonly predicted: Int32Array;
  readonly weights: Float64Array | null;
}

/**
 * Reads true and predicted labels.
 *
 * @throws ShapeError when their numbers differ; DTypeError when one holds text and the other numbers.
 */
export function readPair(
  yTrue: Labels,
  yPred: Labels,
  what: string,
  options: WeightOptions & { readonly labels?: Labels | null | undefined } = {},
): Pair {
  refuseTable(yTrue, `${what}: yTrue`);
  refuseTable(yPred, `${what}: yPred`);
  const lists = [readLabels(yTrue, `${what}: yTrue`), readLabels(yPred, `${what}: yPred`)];
  if (options.labels !== undefined && options.labels !== null)
    lists.push(readLabels(options.labels, `${what}: labels`));
  const [truth, predicted, labels] = alike(lists, what) as [readonly Label[], readonly Label[], (readonly Label[])?];
  if (truth.length !== predicted.length) {
    throw new ShapeError(
      `${what}: yTrue has ${truth.length} labels and yPred ${predicted.length}. Give one of each per sample.`,
    );
  }
  checkAreClasses(truth, `${what}: yTrue`, 'Give classes, or use a figure for regression.');
  checkAreClasses(predicted, `${what}: yPred`, 'Pass predicted labels, not probabilities.');
  const found = distinctLabels(truth, predicted);
  const asked = labels ?? found;
  if (new Set(asked).size !== asked.length)
    throw new ConfigError(`${what}: labels [${asked.join(', ')}] name a class twice.`);
  const classes = [...asked, ...found.filter((v) => !asked.includes(v))];
  return {
    classes,
    selected: asked.length,
    truth: codesOf(truth, classes),
    predicted: codesOf(predicted, classes),
    weights: readWeights(options.sampleWeight, truth.length, what),
  };
}

/** Lists of labels of one type: booleans beside numbers are 0 and 1. */
function alike(lists: readonly (readonly Label[])[], what: string): readonly (readonly Label[])[] {
  const types = new Set(lists.map((list) => typeof list[0]));
  if (types.size === 1) return lists;
  if (types.has('string')) {
    throw new DTypeError(`${what}: yTrue, yPred or labels mix text and numbers. Give all as the same type of label.`);
  }
  return lists.map((list) => list.map(Number));
}

/** Σ sampleWeight of the samples of true class i predicted as j, flat `[classes, classes]`. */
export function countPairs({ classes, truth, predicted, weights }: Pair): Float64Array {
  const k = classes.length;
  const counts = new Float64Array(k * k);
  for (let i = 0; i < truth.length; i++) counts[truth[i]! * k + predicted[i]!]! += weights === null ? 1 : weights[i]!;
  return counts;
}

/** Mean of `values`, weighted by `weights` if given. */
export function mean(values: ArrayLike<number>, weights: ArrayLike<number> | null): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const w = weights === null ? 1 : weights[i]!;
    sum += w * values[i]!;
    total += w;
  }
  return sum / total;
}
