import type { Estimator, FittedEstimator, Resampler, Transformer } from '../../data/estimator';
import type { Labels } from '../../data/labels';
import type { MethodName, ModelMethods } from '../model-methods';
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

/** A fitted pipeline with the methods that its last step has. */
export type PipelineModel<E, L extends Labels> = Omit<FittedPipeline, MethodName> & ModelMethods<E, L>;
