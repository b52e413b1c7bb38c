import type { Seed } from '../../core/rng';
import type { Estimator } from '../../data/estimator';
import { checkNumber } from '../../estimator/settings';

/** Options of both AdaBoost estimators. */
export interface AdaBoostOptions {
  /** What to fit again and again; a decision tree of depth 1, or 3 in regression, by default. */
  readonly estimator?: Estimator | null | undefined;
  /** How many times at most; 50 by default. */
  readonly nEstimators?: number | undefined;
  /** Factor on how much each counts, > 0; 1 by default. */
  readonly learningRate?: number | undefined;
  readonly seed?: Seed | undefined;
}

export const ADA_OPTIONS = ['estimator', 'nEstimators', 'learningRate', 'seed'] as const;

/** The numbers among the options, checked. */
export function readAdaSettings(
  { nEstimators = 50, learningRate = 1 }: AdaBoostOptions,
  what: string,
): { readonly rounds: number; readonly learningRate: number } {
  return {
    rounds: checkNumber(nEstimators, 'nEstimators', what, { integer: true, min: 1 }),
    learningRate: checkNumber(learningRate, 'learningRate', what, { above: 0 }),
  };
}

/** Weights that sum to 1: those given, or all alike. */
export function startWeights(given: Float64Array | null, n: number): Float64Array {
  const weights = given === null ? new Float64Array(n).fill(1) : given.slice();
  divideBySum(weights);
  return weights;
}

/** Divides by the sum; returns it. */
export function divideBySum(weights: Float64Array): number {
  let total = 0;
  for (const w of weights) total += w;
  for (let i = 0; i < weights.length; i++) weights[i]! /= total;
  return total;
}

/** Raises weights that have become tiny to the unit of rounding; those that were 0 stay so. */
export function liftTiny(weights: Float64Array, isZero: readonly boolean[]): void {
  for (let i = 0; i < weights.length; i++) weights[i] = isZero[i] ? 0 : Math.max(weights[i]!, Number.EPSILON);
}
