import type { Tensor } from '../core/tensor';
import type { FitOptions, FittedEstimator, FittedTransformer } from '../data/estimator';
import type { Labels, LabelsLike } from '../data/labels';
import type { Matrix } from '../data/matrix';
import type { Rows } from '../data/rows';

/** The kind of an estimator; undefined for what is none. */
export type KindOf<E> = E extends { readonly kind: infer K extends 'classifier' | 'regressor' } ? K : undefined;

/** What a step's or estimator's `fit` gives. */
export type FittedOf<E> = E extends { fit(...args: never[]): Promise<infer F> }
  ? F
  : E extends 'passthrough' | null
    ? FittedTransformer
    : unknown;

type With<F, Name extends string, Methods> = F extends { [K in Name]: unknown } ? Methods : unknown;
type Predicted<E, L extends Labels> = KindOf<E> extends 'regressor' ? Float64Array : LabelsLike<L>;

/** The methods of the fitted model of an estimator `E`, for labels of the form `L`. */
export type ModelMethods<E, L extends Labels> = With<
  FittedOf<E>,
  'predict',
  {
    /** What the model predicts. */
    predict(X: Rows): Predicted<E, L>;
    /** How the model scores. */
    score(X: Rows, y: Labels, options?: FitOptions): number;
  }
> &
  With<FittedOf<E>, 'predictProba', { predictProba(X: Rows): Tensor }> &
  With<FittedOf<E>, 'decisionFunction', { decisionFunction(X: Rows): Tensor }> &
  With<FittedOf<E>, 'transform', { transform(X: Rows): Matrix }> &
  With<FittedOf<E>, 'inverseTransform', { inverseTransform(X: Matrix): Matrix }> &
  With<FittedOf<E>, 'classes', FittedOf<E> extends { readonly classes: infer C } ? { readonly classes: C } : unknown>;

/** The names of these methods. */
export type MethodName =
  | 'predict'
  | 'score'
  | 'predictProba'
  | 'decisionFunction'
  | 'transform'
  | 'inverseTransform'
  | 'classes';

/** What a model may have, each only if the model within has it. */
export interface OptionalMethods {
  /** The labels, ascending, of a classifier. */
  readonly classes?: readonly (number | string | boolean)[];
  readonly predict?: (X: Rows) => Labels;
  readonly score?: (X: Rows, y: Labels, options?: FitOptions) => number;
  readonly predictProba?: (X: Rows) => Tensor;
  readonly decisionFunction?: (X: Rows) => Tensor;
  readonly transform?: (X: Rows) => Matrix;
  readonly inverseTransform?: (X: Matrix) => Matrix;
}

type Forward = Exclude<MethodName, 'inverseTransform' | 'classes'>;

const FORWARD: readonly Forward[] = ['predict', 'score', 'predictProba', 'decisionFunction', 'transform'];

/** Methods that hand over to a model's, each only if it has it, after `prepare` has had the samples. */
export function delegate(
  model: object,
  prepare: (X: Rows) => Rows,
  methods: readonly Forward[] = FORWARD,
): OptionalMethods {
  const inner = model as Partial<FittedEstimator & FittedTransformer>;
  const out: Record<string, unknown> = inner.classes === undefined ? {} : { classes: inner.classes };
  for (const method of methods) {
    if (typeof inner[method] !== 'function') continue;
    out[method] = (X: Rows, ...rest: unknown[]): unknown =>
      (inner[method] as (...args: unknown[]) => unknown)(prepare(X), ...rest);
  }
  return out;
}
