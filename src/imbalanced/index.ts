/**
 * Methods for data in which some classes are rare: resampling and class weights. Names and options are
 * imbalanced-learn's in camelCase.
 *
 * @module
 */

export {
  type ClassWeight,
  type ClassWeightMap,
  type ClassWeightOptions,
  computeClassWeight,
  computeSampleWeight,
} from '../data/class-weight';
export type { Resampled } from '../data/estimator';
export {
  RandomOverSampler,
  type RandomOverSamplerOptions,
  RandomUnderSampler,
  type RandomUnderSamplerOptions,
} from './random';
export type { Counts, SamplingStrategy, Target } from './sampling-strategy';
export { SMOTE, type SMOTEOptions } from './smote';
