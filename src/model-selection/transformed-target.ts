import { ConfigError, KompaktError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { Estimator, FitOptions, FittedEstimator, FittedTransformer, Transformer } from '../data/estimator';
import { checkSameLength, type Labels } from '../data/labels';
import { type Matrix, readMatrix } from '../data/matrix';
import { countRows, type Rows } from '../data/rows';
import { readVector, type Vector } from '../data/vector';
import { type ModelState, type Stateful, toJSON } from '../estimator/state';
import { r2Score } from '../metrics/regression';

export interface TransformedTargetOptions {
  /** What to fit to the transformed target. */
  readonly regressor: Estimator<FittedEstimator>;
  /** A transformer of the target, as one column; it must be able to undo its work. */
  readonly transformer?: Transformer | null | undefined;
  /** Instead of a transformer: what each value becomes; the value itself by default. */
  readonly func?: ((value: number) => number) | null | undefined;
  /** What undoes `func`. */
  readonly inverseFunc?: ((value: number) => number) | null | undefined;
  /** Tell in `warnings` if the inverse does not undo the function on the training targets; true by default. */
  readonly checkInverse?: boolean | undefined;
}

const NAMES = ['regressor', 'transformer', 'func', 'inverseFunc', 'checkInverse'];
const WHAT = 'TransformedTargetRegressor';

/**
 * A regressor of a transformed target, such as its logarithm; predictions are transformed back.
 *
 * @example
 * ```ts
 * import { KNeighborsRegressor } from 'kompakt/neighbors';
 * import { TransformedTargetRegressor } from 'kompakt/model-selection';
 * const regressor = new KNeighborsRegressor({ nNeighbors: 2 });
 * const model = await new TransformedTargetRegressor({ regressor, func: Math.log, inverseFunc: Math.exp }).fit([[1], [2]], [1, 100]);
 * console.log(model.predict([[1]])[0]!.toFixed(6)); // → 10.000000
 * ```
 */
export class TransformedTargetRegressor {
  readonly name = 'TransformedTargetRegressor' as const;
  readonly kind = 'regressor' as const;
  readonly options: TransformedTargetOptions;

  /** @param options - `regressor`, and `transformer`, or `func` and `inverseFunc`; `checkInverse = true`; checked by `fit`. */
  constructor(options: TransformedTargetOptions) {
    this.options = options;
  }

  /**
   * Fits the transformer to the target, and the regressor to what it makes of it.
   *
   * @param X - samples along the first axis, in any form the regressor takes.
   * @param y - targets `[samples]`.
   * @param options - `sampleWeight`, for the regressor.
   * @throws ConfigError for options that don't fit together; and what the parts throw.
   */
  async fit(X: Rows, y: Labels, options: FitOptions = {}): Promise<FittedTransformedTarget> {
    checkOptions(this.options, NAMES, `${WHAT}.fit`);
    const { regressor, transformer = null, func = null, inverseFunc = null, checkInverse = true } = this.options;
    if (typeof regressor?.fit !== 'function')
      throw new ConfigError(
        `${WHAT}.fit: regressor must be an estimator, such as new Ridge(), got ${shown(regressor)}.`,
      );
    if (transformer !== null && typeof transformer?.fit !== 'function')
      throw new ConfigError(`${WHAT}.fit: transformer must be a transformer, got ${shown(transformer)}.`);
    if (transformer !== null && (func !== null || inverseFunc !== null))
      throw new ConfigError(`${WHAT}.fit: give a transformer, or func and inverseFunc, not both.`);
    if ((func === null) !== (inverseFunc === null))
      throw new ConfigError(`${WHAT}.fit: func and inverseFunc need each other. Give both or neither.`);
    const values = readVector(y as Vector, `${WHAT}.fit: y`);
    checkSameLength(countRows(X, `${WHAT}.fit: X`), values.length, `${WHAT}.fit`);
    const fitted = transformer === null ? null : await transformer.fit(column(values));
    if (fitted !== null && typeof fitted.inverseTransform !== 'function')
      throw new ConfigError(
        `${WHAT}.fit: the transformer has no inverseTransform, so predictions can't be transformed back.`,
      );
    const parts = { transformer: fitted, func, inverseFunc };
    const target = forwards(parts, values);
    const bad = target.findIndex((v) => !Number.isFinite(v));
    if (bad >= 0)
      throw new ConfigError(
        `${WHAT}.fit: target ${bad}, ${values[bad]}, becomes ${target[bad]}. Choose another function.`,
      );
    const warnings = checkInverse && !undoes(parts, target, values) ? [inverseWarning()] : [];
    return new FittedTransformedTarget({
      ...parts,
      regressor: await regressor.fit(X as Matrix, target, options),
      warnings,
    });
  }
}

interface Change {
  readonly transformer: FittedTransformer | null;
  readonly func: ((value: number) => number) | null;
  readonly inverseFunc: ((value: number) => number) | null;
}

const column = (values: Float64Array): Matrix => ({ data: values, shape: [values.length, 1] });

function forwards({ transformer, func }: Change, values: Float64Array): Float64Array {
  if (transformer !== null)
    return readMatrix(transformer.transform(column(values)), `${WHAT}: target`, { allowNonFinite: true }).data;
  return func === null ? values : values.map((v) => func(v));
}

function backwards({ transformer, inverseFunc }: Change, values: Float64Array): Float64Array {
  if (transformer !== null)
    return readMatrix(transformer.inverseTransform!(column(values)) as Matrix, `${WHAT}: target`, {
      allowNonFinite: true,
    }).data;
  return inverseFunc === null ? values : values.map((v) => inverseFunc(v));
}

function undoes(change: Change, target: Float64Array, values: Float64Array): boolean {
  return backwards(change, target).every((v, i) => Math.abs(v - values[i]!) <= 1e-8 + 1e-5 * Math.abs(values[i]!));
}

const inverseWarning = (): KompaktError =>
  new KompaktError(
    `${WHAT}: the inverse does not undo the function on the training targets. Check both, or set checkInverse: false.`,
  );

/** What `TransformedTargetRegressor.fit` returns. */
export class FittedTransformedTarget {
  static readonly type: string = 'TransformedTargetRegressor';
  readonly name = 'TransformedTargetRegressor';
  /** The fitted regressor, of the transformed target. */
  readonly regressor: FittedEstimator;
  /** The fitted transformer of the target, if there is one. */
  readonly transformer: FittedTransformer | null;
  /** What went less than well in fitting. */
  readonly warnings: readonly KompaktError[];
  readonly #change: Change;

  constructor(
    parts: Change & { readonly regressor: FittedEstimator; readonly warnings?: readonly KompaktError[] | undefined },
  ) {
    this.regressor = parts.regressor;
    this.transformer = parts.transformer;
    const inner = (parts.regressor as { readonly warnings?: readonly KompaktError[] }).warnings ?? [];
    this.warnings = [...(parts.warnings ?? []), ...inner];
    this.#change = { transformer: parts.transformer, func: parts.func, inverseFunc: parts.inverseFunc };
  }

  /** The value predicted for each sample, on the scale of the targets in fit. */
  predict(X: Rows): Float64Array {
    const said = readVector(this.regressor.predict(X as Matrix) as Vector, `${WHAT}.predict`);
    return Float64Array.from(backwards(this.#change, said));
  }

  /** R² of `predict(X)`. */
  score(X: Rows, y: Labels, options: FitOptions = {}): number {
    return r2Score(y as Vector, this.predict(X), options);
  }

  /** How many features samples have, where the regressor counts them. */
  get nFeatures(): number | undefined {
    return (this.regressor as { readonly nFeatures?: number }).nFeatures;
  }

  /** The regressor and the transformer as data. Throws a ConfigError where functions transform: they are no data. */
  toState(): ModelState {
    const { func, transformer } = this.#change;
    const parts = [this.regressor, transformer] as (Partial<Stateful> | null)[];
    if (func !== null || parts.some((part) => part !== null && typeof part.toState !== 'function'))
      throw new ConfigError(
        `${WHAT}.toState: functions, and models without toState, can't be kept. Use a built-in transformer.`,
      );
    const [regressor, inner] = parts.map((part) => part?.toState?.() ?? null);
    return { type: FittedTransformedTarget.type, regressor, transformer: inner };
  }

  /** The model as JSON, for `JSON.stringify`; `fromJSON` makes it again. */
  toJSON(): unknown {
    return toJSON(this.toState());
  }

  /** The model that {@link toState} described. */
  static fromState(state: ModelState, restore: (state: ModelState) => never): FittedTransformedTarget {
    const inner = state.transformer as ModelState | null;
    const transformer = inner === null ? null : restore(inner);
    return new FittedTransformedTarget({
      regressor: restore(state.regressor as ModelState),
      transformer,
      func: null,
      inverseFunc: null,
    });
  }
}
