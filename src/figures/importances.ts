import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import { readVector, type Vector } from '../data/vector';
import { FIGURE_OPTIONS, type FigureOptions, figure, type VegaLiteSpec } from './spec';

export interface ImportanceFigureOptions extends FigureOptions {
  /** Names of the features; their numbers by default. */
  readonly featureNames?: readonly string[] | undefined;
  /** How many of the most important ones; 20 by default. */
  readonly top?: number | undefined;
  /** A deviation for each, drawn as a whisker: such as that of permutation importances. */
  readonly deviations?: Vector | undefined;
}

/**
 * The importances of features, greatest first.
 *
 * @param importances - `[features]`: a fitted forest's `featureImportances`, coefficients, permutation importances.
 * @param options - `featureNames`, `top = 20`, `deviations`, `title`, `width = 360`, `height` (by the number of bars).
 * @throws ConfigError when names or deviations are not as many as features.
 *
 * @example
 * ```ts
 * import { featureImportanceFigure } from 'kompakt/figures';
 * const spec = featureImportanceFigure([0.1, 0.7, 0.2], { featureNames: ['age', 'fare', 'sex'] });
 * console.log(spec.title); // → Feature importances
 * ```
 */
export function featureImportanceFigure(importances: Vector, options: ImportanceFigureOptions = {}): VegaLiteSpec {
  const what = 'featureImportanceFigure';
  checkOptions(options, ['featureNames', 'top', 'deviations', ...FIGURE_OPTIONS], what);
  const values = readVector(importances, `${what}: importances`);
  const { top = 20, featureNames = Array.from(values, (_, i) => `feature ${i}`) } = options;
  if (!Number.isInteger(top) || top < 1)
    throw new ConfigError(`${what}: top must be an integer ≥ 1, got ${shown(top)}.`);
  if (featureNames.length !== values.length)
    throw new ConfigError(
      `${what}: ${featureNames.length} featureNames for ${values.length} importances. Give one for each.`,
    );
  const spread =
    options.deviations === undefined ? null : readVector(options.deviations, `${what}: deviations`, values.length);
  const rows = Array.from(values, (value, i) => ({
    feature: featureNames[i]!,
    importance: value,
    low: value - (spread?.[i] ?? 0),
    high: value + (spread?.[i] ?? 0),
  }))
    .sort((a, b) => Math.abs(b.importance) - Math.abs(a.importance))
    .slice(0, top);
  const y = {
    field: 'feature',
    type: 'nominal',
    sort: rows.map((r) => r.feature),
    title: null,
    axis: { labelLimit: 220 },
  } as const;
  const whiskers = {
    mark: { type: 'rule', strokeWidth: 1.5, color: '#333' },
    encoding: { y, x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } },
  } as const;
  const content = {
    data: { values: rows },
    layer: [
      {
        mark: { type: 'bar', color: '#0072b2', height: { band: 0.7 } },
        encoding: { y, x: { field: 'importance', type: 'quantitative', title: 'Importance' } },
      },
      ...(spread === null ? [] : [whiskers]),
    ],
  };
  return figure(content, { title: 'Feature importances', height: Math.max(60, 22 * rows.length), ...options }, what);
}
