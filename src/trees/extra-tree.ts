import type { Labels } from '../data/labels';
import { DecisionTreeClassifier, DecisionTreeRegressor } from './decision-tree';
import { FittedExtraTreeClassifier, FittedExtraTreeRegressor } from './fitted-trees';
import type { TreeArrays } from './grow/types';
import { CLASSES, NUMBERS, type TreeDefaults } from './options';

/**
 * An extremely random tree: one cut at random for each feature looked at, of which the best is taken. Of use in ensembles.
 *
 * Options are those of `DecisionTreeClassifier`, with `splitter = 'random'` and `maxFeatures = 'sqrt'`.
 *
 * Reference: Geurts, Ernst, Wehenkel 2006, “Extremely randomized trees”.
 *
 * @example
 * ```ts
 * import { wine } from 'kompakt/data';
 * import { ExtraTreeClassifier } from 'kompakt/trees';
 * const { X, y } = wine();
 * const model = await new ExtraTreeClassifier({ seed: 0 }).fit(X, y);
 * console.log(model.score(X, y)); // → 1
 * ```
 */
export class ExtraTreeClassifier extends DecisionTreeClassifier {
  override readonly name = 'ExtraTreeClassifier';
  protected override readonly defaults: TreeDefaults = { ...CLASSES, splitter: 'random', maxFeatures: 'sqrt' };

  protected override fitted<L extends Labels>(
    parts: ConstructorParameters<typeof FittedExtraTreeClassifier<L>>[0],
    tree: TreeArrays,
  ): FittedExtraTreeClassifier<L> {
    return new FittedExtraTreeClassifier(parts, tree);
  }
}

/**
 * An extremely random tree that predicts numbers: one cut at random for each feature looked at, of which the best is taken.
 *
 * Options are those of `DecisionTreeRegressor`, with `splitter = 'random'`.
 *
 * Reference: Geurts, Ernst, Wehenkel 2006, “Extremely randomized trees”.
 *
 * @example
 * ```ts
 * import { ExtraTreeRegressor } from 'kompakt/trees';
 * const model = await new ExtraTreeRegressor({ seed: 0 }).fit([[0], [1], [2]], [1, 2, 4]);
 * console.log(Array.from(model.predict([[0], [2]]))); // → [ 1, 4 ]
 * ```
 */
export class ExtraTreeRegressor extends DecisionTreeRegressor {
  override readonly name = 'ExtraTreeRegressor';
  protected override readonly defaults: TreeDefaults = { ...NUMBERS, splitter: 'random', maxFeatures: null };

  protected override fitted(
    parts: ConstructorParameters<typeof FittedExtraTreeRegressor>[0],
    tree: TreeArrays,
  ): FittedExtraTreeRegressor {
    return new FittedExtraTreeRegressor(parts, tree);
  }
}
