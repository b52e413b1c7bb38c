/**
 * Support vector machines. `await new Model(options).fit(X, y)` returns the fitted model; predicting is synchronous.
 *
 * @module
 */

export type { ClassWeight, ClassWeightMap } from '../data/class-weight';
export type { FitOptions } from '../data/estimator';
export { type DecisionFunctionShape, FittedSVC } from './fitted-svc';
export type { KernelName, KernelOptions } from './kernel';
export { FittedLinearSVC, type LinearMachineOptions, LinearSVC, type LinearSVCOptions } from './linear-svc';
export { FittedLinearSVR, LinearSVR, type LinearSVROptions } from './linear-svr';
export { SVC, type SVCOptions } from './svc';
