import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import { codesOf, distinctLabels, encodeLabels, type Label, type Labels, readLabels } from './labels';
import { readWeights, type Vector } from './vector';

/** Weights by class: the class's label as the key. In a record, `1` and `'1'` are the same key. */
export type ClassWeightMap = Readonly<Record<string, number>> | ReadonlyMap<Label, number>;

/** `'balanced'`: inversely proportional to class frequencies; a record or map: given weights; null: all 1. */
export type ClassWeight = 'balanced' | ClassWeightMap | null;

export interface ClassWeightOptions {
  /** One weight per sample; `'balanced'` then counts weights instead of samples. */
  readonly sampleWeight?: Vector | null | undefined;
}

/**
 * A weight for each class, so that rare classes count as much as frequent ones.
 *
 * 'balanced': w_c = n / (K · n_c), with n samples in K classes, n_c of them in class c (sums of `sampleWeight` if given).
 *
 * @param weight - `'balanced'`, weights by label (a class left out gets 1), or null for all 1.
 * @param classes - the labels to give weights for.
 * @param y - one label per sample.
 * @param options - `sampleWeight` `[samples]`.
 * @returns one weight per entry of `classes`, in their order.
 * @throws ConfigError when `y` has a label that `classes` lacks, a weight is negative or not finite, or a key of the
 * record is no class while some class has no weight.
 *
 * Reference: scikit-learn's `compute_class_weight`; King & Zeng 2001, “Logistic Regression in Rare Events Data”.
 *
 * @example
 * ```ts
 * import { computeClassWeight } from 'kompakt/imbalanced';
 * console.log(computeClassWeight('balanced', [0, 1], [0, 0, 0, 1])); // → [ 0.6666666666666666, 2 ]
 * ```
 */
export function computeClassWeight(
  weight: ClassWeight,
  classes: Labels,
  y: Labels,
  options: ClassWeightOptions = {},
): number[] {
  const what = 'computeClassWeight';
  const names = readLabels(classes, `${what}: classes`);
  const labels = readLabels(y, `${what}: y`);
  const codes = codesOf(labels, names);
  const stranger = codes.indexOf(-1);
  if (stranger >= 0) {
    throw new ConfigError(
      `${what}: y has the label ${shown(labels[stranger])}, which is not in classes [${names.join(', ')}]. Add it.`,
    );
  }
  return classWeights(weight, names, codes, readWeights(options.sampleWeight, labels.length, what), what);
}

/** The same for labels already encoded. */
export function classWeights(
  weight: ClassWeight | undefined,
  classes: readonly Label[],
  codes: Int32Array,
  sampleWeight: Float64Array | null,
  what: string,
): number[] {
  if (weight === null || weight === undefined) return classes.map(() => 1);
  if (weight === 'balanced') return balanced(classes, codes, sampleWeight, what);
  if (typeof weight !== 'object') {
    throw new ConfigError(`${what}: classWeight must be 'balanced', weights by label or null, got ${shown(weight)}.`);
  }
  return givenWeights(weight, classes, what);
}

function balanced(
  classes: readonly Label[],
  codes: Int32Array,
  sampleWeight: Float64Array | null,
  what: string,
): number[] {
  const sums = new Float64Array(classes.length);
  let total = 0;
  for (let i = 0; i < codes.length; i++) {
    const s = sampleWeight === null ? 1 : sampleWeight[i]!;
    sums[codes[i]!]! += s;
    total += s;
  }
  return classes.map((label, c) => {
    if (sums[c] === 0)
      throw new ConfigError(`${what}: class ${shown(label)} has no samples, so it can't be balanced. Leave it out.`);
    return total / (classes.length * sums[c]!);
  });
}

function givenWeights(weight: ClassWeightMap, classes: readonly Label[], what: string): number[] {
  const entries = weight instanceof Map ? [...(weight as ReadonlyMap<Label, number>)] : Object.entries(weight);
  const byName = new Map(entries.map(([label, w]) => [String(label), w as number]));
  for (const [label, w] of byName) {
    if (typeof w !== 'number' || !Number.isFinite(w) || w < 0) {
      throw new ConfigError(`${what}: the weight of class ${label} must be a finite number ≥ 0, got ${shown(w)}.`);
    }
  }
  const names = new Set(classes.map(String));
  const unknown = [...byName.keys()].filter((k) => !names.has(k));
  const unlisted = [...names].filter((k) => !byName.has(k));
  if (unknown.length > 0 && unlisted.length > 0) {
    throw new ConfigError(
      `${what}: weights are given for ${unknown.join(', ')}, which is no class of the data, but not for ${unlisted.join(', ')}. ` +
        'Use the labels as they are in y.',
    );
  }
  return classes.map((label) => byName.get(String(label)) ?? 1);
}

/**
 * A weight for each sample: that of its class.
 *
 * @param weight - `'balanced'`, weights by label (a class left out gets 1), or null for all 1.
 * @param y - one label per sample.
 * @param options - `indices`: positions (repeats allowed) of the samples that 'balanced' counts, as in a bootstrap; a
 * class that has none of them gets 0.
 * @returns float64 `[samples]`.
 * @throws ConfigError as {@link computeClassWeight}.
 *
 * @example
 * ```ts
 * import { computeSampleWeight } from 'kompakt/imbalanced';
 * console.log(Array.from(computeSampleWeight('balanced', ['a', 'b', 'b', 'b']))); // → [ 2, 0.6666666666666666, 0.6666666666666666, 0.6666666666666666 ]
 * ```
 */
export function computeSampleWeight(
  weight: ClassWeight,
  y: Labels,
  options: { readonly indices?: ArrayLike<number> | undefined } = {},
): Float64Array {
  const what = 'computeSampleWeight';
  const labels = readLabels(y, `${what}: y`);
  const { codes, classes } = encodeLabels(labels);
  checkOptions(options, ['indices'], what);
  const counted = options.indices === undefined ? null : Array.from(options.indices, (i) => labels[i]!);
  const stray = counted?.indexOf(undefined as never) ?? -1;
  if (stray >= 0)
    throw new ConfigError(
      `${what}: indices[${stray}] is ${options.indices![stray]}, outside the ${labels.length} samples.`,
    );
  const present = counted === null ? classes : distinctLabels(counted);
  const weights = new Map(
    classWeights(weight, present, codesOf(counted ?? labels, present), null, what).map((w, i) => [present[i]!, w]),
  );
  return Float64Array.from(codes, (c) => weights.get(classes[c]!) ?? 0);
}
