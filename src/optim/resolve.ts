import { ConfigError } from '../core/errors';
import { adadelta } from './adadelta';
import { adafactor } from './adafactor';
import { adamax } from './adamax';
import { asgd } from './asgd';
import { ftrl } from './ftrl';
import { lion } from './lion';
import { nadam } from './nadam';
import type { Optimizer, OptimizerConfig } from './optimizer';
import { radam } from './radam';
import { adagrad, adam, adamW, rmsprop, sgd } from './recipes';
import { rprop } from './rprop';

type Recipe = (options?: Record<string, never>) => Optimizer;

const RECIPES = {
  sgd,
  adam,
  adamW,
  rmsprop,
  adagrad,
  adadelta,
  nadam,
  adamax,
  lion,
  ftrl,
  adafactor,
  radam,
  rprop,
  asgd,
};

/** An optimiser, its name, or its name with options. */
export type OptimizerSpec = Optimizer | OptimizerName | ({ readonly name: OptimizerName } & OptimizerConfig);

/** Names that {@link resolveOptimizer} knows. */
export type OptimizerName = keyof typeof RECIPES;

/**
 * The optimiser that a name, a name with options, or an optimiser itself stands for.
 *
 * @param spec - `'adam'`, `{ name: 'adam', learningRate: 1e-4 }`, or anything with `init` and `update`.
 * @throws ConfigError for an unknown name or something else.
 *
 * @example
 * ```ts
 * import { resolveOptimizer } from 'kompakt/optim';
 * console.log(resolveOptimizer('adam').config); // → { name: 'adam', learningRate: 0.001 }
 * ```
 */
export function resolveOptimizer(spec: OptimizerSpec): Optimizer {
  if (typeof spec === 'object' && spec !== null && 'update' in spec) {
    const { init, update } = spec as Partial<Optimizer>;
    if (typeof init === 'function' && typeof update === 'function') return spec as Optimizer;
  }
  const config = typeof spec === 'string' ? { name: spec } : (spec as OptimizerConfig | null);
  const name = config?.name;
  if (typeof name !== 'string' || !Object.hasOwn(RECIPES, name)) {
    throw new ConfigError(
      `optimizer: ${JSON.stringify(name ?? spec)} is not one. Use ${Object.keys(RECIPES).join(', ')}, { name, …options }, or an optimiser.`,
    );
  }
  const { name: _, ...options } = config!;
  return (RECIPES[name as OptimizerName] as Recipe)(options as Record<string, never>);
}
