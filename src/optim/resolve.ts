import { ConfigError } from '../core/errors';
import type { Optimizer, OptimizerConfig } from './optimizer';
import { adagrad, adam, adamW, rmsprop, sgd } from './recipes';

type Recipe = (options?: Record<string, never>) => Optimizer;

const RECIPES: Readonly<Record<string, Recipe>> = { sgd, adam, adamW, rmsprop, adagrad };

/** An optimiser, its name, or its name with options. */
export type OptimizerSpec = Optimizer | OptimizerName | ({ readonly name: OptimizerName } & OptimizerConfig);

/** Names that {@link resolveOptimizer} knows. */
export type OptimizerName = 'sgd' | 'adam' | 'adamW' | 'rmsprop' | 'adagrad';

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
  return RECIPES[name]!(options as Record<string, never>);
}
