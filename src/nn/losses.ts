import { ConfigError } from '../core/errors';
import { binaryCrossentropy, categoricalCrossentropy, sparseCategoricalCrossentropy } from './losses/crossentropy';
import { ctcLoss } from './losses/ctc';
import type { Loss, LossAlias, LossName, LossOption } from './losses/define';
import { binaryFocalCrossentropy, categoricalFocalCrossentropy } from './losses/focal';
import { categoricalHinge, hinge, squaredHinge } from './losses/hinge';
import { categoricalGeneralizedCrossEntropy, dice, tversky } from './losses/overlap';
import * as regression from './losses/regression';

export {
  binaryCrossentropy,
  type CrossentropyOptions,
  categoricalCrossentropy,
  type SparseCrossentropyOptions,
  sparseCategoricalCrossentropy,
} from './losses/crossentropy';
export * from './losses/ctc';
export type { Loss, LossAlias, LossConfig, LossName, LossOption, LossOptions, Reduction } from './losses/define';
export * from './losses/focal';
export * from './losses/hinge';
export * from './losses/overlap';
export * from './losses/regression';

type Factory = (options: Record<string, never>) => Loss;

const factories = (): Readonly<Record<LossName, Factory>> => ({
  binaryCrossentropy,
  binaryFocalCrossentropy,
  categoricalCrossentropy,
  categoricalFocalCrossentropy,
  sparseCategoricalCrossentropy,
  ...regression,
  hinge,
  squaredHinge,
  categoricalHinge,
  dice,
  tversky,
  categoricalGeneralizedCrossEntropy,
  ctcLoss,
});

const ALIASES: Readonly<Record<LossAlias, LossName>> = {
  mse: 'meanSquaredError',
  mae: 'meanAbsoluteError',
  mape: 'meanAbsolutePercentageError',
  msle: 'meanSquaredLogarithmicError',
  kld: 'klDivergence',
  bce: 'binaryCrossentropy',
  ctc: 'ctcLoss',
};

/**
 * The loss that a name (`'mse'` and `'mae'` too), a name with options, or a function stands for.
 *
 * @param option - `'huber'`, `{ name: 'huber', delta: 2 }` or `(yTrue, yPred) => Tensor`.
 * @throws ConfigError for an unknown name or option.
 *
 * @example
 * ```ts
 * import { resolveLoss } from 'kompakt/nn';
 * console.log(resolveLoss({ name: 'huber', delta: 2 }).config); // → { name: 'huber', delta: 2 }
 * ```
 */
export function resolveLoss(option: LossOption | string | { readonly name: string }): Loss {
  if (typeof option === 'function') return option as Loss;
  const { name: given, ...options } = (typeof option === 'string' ? { name: option } : (option ?? {})) as {
    name?: string;
  };
  const name = typeof given === 'string' && Object.hasOwn(ALIASES, given) ? ALIASES[given as LossAlias] : given;
  const known = factories();
  if (typeof name !== 'string' || !Object.hasOwn(known, name)) {
    throw new ConfigError(
      `loss: ${JSON.stringify(given ?? option)} is not one. Use ${Object.keys(known).join(', ')}, { name, …options }, or a function (yTrue, yPred) => Tensor.`,
    );
  }
  return known[name as LossName](options as Record<string, never>);
}
