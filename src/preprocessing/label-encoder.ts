import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import {
  codesOf,
  decodeLabels,
  distinctLabels,
  type Label,
  type Labels,
  type LabelsLike,
  readLabels,
  readLabelsAsync,
} from '../data/labels';
import { readVector, type Vector } from '../data/vector';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import { emptyLike } from '../estimator/fitted';
import { labelForm, labelsOfForm, type ModelState, toJSON } from '../estimator/state';

/**
 * Numbers labels 0, 1, 2, … in ascending order.
 *
 * @example
 * ```ts
 * import { LabelEncoder } from 'kompakt/preprocessing';
 * const encoder = await new LabelEncoder().fit(['yes', 'no', 'yes']);
 * console.log(encoder.classes, encoder.transform(['yes', 'no'])); // → [ 'no', 'yes' ] Int32Array(2) [ 1, 0 ]
 * ```
 */
export class LabelEncoder {
  readonly name = 'LabelEncoder' as const;
  readonly options: Record<never, never>;

  /** @param options - it takes none. */
  constructor(options: Record<never, never> = {}) {
    this.options = options;
  }

  /**
   * Learns the classes.
   *
   * @param y - one label per sample: numbers, text or booleans.
   * @param options - none: samples are not weighed.
   * @throws DTypeError for mixed types; ConfigError for NaN; ShapeError for none.
   */
  async fit<L extends Labels>(y: L, options: NoFitOptions = {}): Promise<FittedLabelEncoder<L>> {
    refuseFitOptions(options, 'LabelEncoder.fit');
    checkOptions(this.options, [], 'LabelEncoder.fit');
    const labels = await readLabelsAsync(y, 'LabelEncoder.fit: y');
    return new FittedLabelEncoder(distinctLabels(labels), y);
  }

  /** Fits, and numbers the labels fitted with. */
  async fitTransform<L extends Labels>(
    y: L,
    options: NoFitOptions = {},
  ): Promise<{ fitted: FittedLabelEncoder<L>; y: Int32Array }> {
    const fitted = await this.fit(y, options);
    return { fitted, y: fitted.transform(y) };
  }
}

/** What `LabelEncoder.fit` returns. */
export class FittedLabelEncoder<L extends Labels = Labels> {
  static readonly type = 'LabelEncoder';
  readonly name = 'LabelEncoder';
  /** The labels, ascending. */
  readonly classes: readonly Label[];
  readonly #like: L;

  constructor(classes: readonly Label[], like: L) {
    this.classes = classes;
    this.#like = emptyLike(like);
  }

  static fromState(state: ModelState): FittedLabelEncoder {
    return new FittedLabelEncoder(state.classes as readonly Label[], labelsOfForm(state.labels));
  }

  toState(): ModelState {
    return { type: 'LabelEncoder', classes: this.classes, labels: labelForm(this.#like) };
  }

  toJSON(): unknown {
    return toJSON(this.toState());
  }

  /**
   * The position of each label in `classes`.
   *
   * @throws ConfigError for a label that was not there in fit.
   */
  transform(y: Labels): Int32Array {
    const labels = readLabels(y, 'LabelEncoder.transform: y');
    return knownCodes(labels, this.classes, 'LabelEncoder.transform');
  }

  /**
   * The labels at these positions, in the form of those in fit.
   *
   * @throws ConfigError for a position that no class has.
   */
  inverseTransform(codes: Vector): LabelsLike<L> {
    const positions = readVector(codes, 'LabelEncoder.inverseTransform: codes');
    const at = positions.findIndex((code) => this.classes[code] === undefined);
    if (at >= 0) {
      throw new ConfigError(
        `LabelEncoder.inverseTransform: code ${at} is ${positions[at]}, and there are ${this.classes.length} classes.`,
      );
    }
    return decodeLabels(this.#like, this.classes, positions);
  }
}

/** Positions of labels in the classes. Throws a `ConfigError` for one that is not there. */
export function knownCodes(labels: readonly Label[], classes: readonly Label[], what: string): Int32Array {
  const codes = codesOf(labels, classes);
  const at = codes.indexOf(-1);
  if (at >= 0) {
    throw new ConfigError(
      `${what}: label ${at} is ${JSON.stringify(labels[at])}, unknown from fit, where there were ${classes
        .map((c) => JSON.stringify(c))
        .slice(0, 8)
        .join(', ')}.`,
    );
  }
  return codes;
}
