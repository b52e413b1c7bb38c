import type { Tensor } from '../../core/tensor';
import type {
  Estimator,
  FitOptions,
  FittedEstimator,
  FittedTransformer,
  Resampler,
  Transformer,
} from '../../data/estimator';
import type { Labels, LabelsLike } from '../../data/labels';
import type { Matrix } from '../../data/matrix';
import type { Rows } from '../../data/rows';
import type { FittedPipeline } from './fitted-pipeline';

/** One step: a transformer, a resampler, at the end an estimator, or `'passthrough'` for nothing. */
export type PipelineStep = Transformer | Resampler | Estimator<FittedEstimator> | 'passthrough' | null;

/** The steps of a pipeline with their names. */
export type PipelineSteps = readonly (readonly [name: string, step: PipelineStep])[];

/** What is at the end of steps; any estimator where the compiler can't know. */
export type LastOf<S extends PipelineSteps> = number extends S['length']
  ? Estimator<FittedEstimator>
  : S extends readonly [...unknown[], readonly [string, infer E]]
    ? E
    : never;

/** The kind of the last step, if it is an estimator. */
export type KindOf<E> = E extends { readonly kind: infer K extends 'classifier' | 'regressor' } ? K : undefined;

/** What a step's `fit` gives. */
export type FittedOf<E> = E extends { fit(...args: never[]): Promise<infer F> }
  ? F
  : E extends 'passthrough' | null
    ? FittedTransformer
    : unknown;

type With<F, Name extends string, Methods> = F extends { [K in Name]: unknown } ? Methods : unknown;
type Predicted<E, L extends Labels> = KindOf<E> extends 'regressor' ? Float64Array : LabelsLike<L>;

type Last = 'predict' | 'score' | 'predictProba' | 'decisionFunction' | 'transform' | 'inverseTransform' | 'classes';

/** A fitted pipeline with the methods that its last step has. */
export type PipelineModel<E, L extends Labels> = Omit<FittedPipeline, Last> & PipelineMethods<E, L>;

/** The methods a fitted pipeline has: those of its last step. */
type PipelineMethods<E, L extends Labels> = With<
  FittedOf<E>,
  'predict',
  {
    /** What the last step predicts for the transformed samples; resamplers do nothing here. */
    predict(X: Rows): Predicted<E, L>;
    /** How the last step scores the transformed samples; resamplers do nothing here. */
    score(X: Rows, y: Labels, options?: FitOptions): number;
  }
> &
  With<FittedOf<E>, 'predictProba', { predictProba(X: Rows): Tensor }> &
  With<FittedOf<E>, 'decisionFunction', { decisionFunction(X: Rows): Tensor }> &
  With<FittedOf<E>, 'transform', { transform(X: Rows): Matrix }> &
  With<FittedOf<E>, 'inverseTransform', { inverseTransform(X: Matrix): Matrix }> &
  With<FittedOf<E>, 'classes', FittedOf<E> extends { readonly classes: infer C } ? { readonly classes: C } : unknown>;
