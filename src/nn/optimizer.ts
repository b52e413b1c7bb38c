import { ConfigError } from '../core/errors';
import { scope } from '../core/scope';
import { Tensor } from '../core/tensor';
import type { Optimizer, OptimizerSpec, OptimizerState } from '../optim/index';
import { learningRateOf, withLearningRate } from '../optim/index';
import { rateIn } from '../optim/learning-rate';

/** The learning rate a state carries; throws where a schedule sets it. */
export function currentRate(optimizer: Optimizer, state: OptimizerState | null): number {
  const rate = scope(() => learningRateOf(state ?? optimizer.init([])));
  if (rate === null)
    throw new ConfigError(
      'fit: the learning rate is set by a schedule; callbacks can’t read or change it. Give the optimiser a number as learningRate.',
    );
  return rate;
}

/** The same of a state that may have to be waited for; null where a schedule sets it. */
export async function awaitRate(state: OptimizerState): Promise<number | null> {
  const rate = rateIn(state);
  return rate instanceof Tensor ? ((await rate.data())[0] as number) : rate;
}

/** The state with another learning rate; null stays null, after checking that the rate can be set. */
export function withRate(optimizer: Optimizer, state: OptimizerState | null, rate: number): OptimizerState | null {
  if (state !== null) return withLearningRate(state, rate);
  scope(() => {
    withLearningRate(optimizer.init([]), rate);
  });
  return null;
}

/** An optimiser as plain data, from which it can be made again; null where a function stands in it. */
export function storeOptimizer(spec: OptimizerSpec): unknown {
  if (typeof spec === 'string') return spec;
  const config = 'init' in spec ? (spec as Optimizer).config : spec;
  return config !== undefined && isPlainData(config) ? config : null;
}

/** Whether `x` comes back the same from JSON. */
export function isPlainData(x: unknown): boolean {
  if (typeof x === 'number') return Number.isFinite(x);
  if (x === undefined || x === null || typeof x === 'string' || typeof x === 'boolean') return true;
  if (typeof x !== 'object') return false;
  return (Array.isArray(x) ? x : Object.values(x)).every(isPlainData);
}
