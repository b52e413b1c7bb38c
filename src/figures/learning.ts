import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import { isTyped } from '../data/rows';
import { FIGURE_OPTIONS, type FigureOptions, figure, type Json, type VegaLiteSpec } from './spec';

/** Scores at each point of a curve: `[points][folds]`, as `learningCurve` and `validationCurve` return them. */
export interface CurveScores {
  readonly trainScores: readonly ArrayLike<number>[];
  readonly testScores: readonly ArrayLike<number>[];
}

export interface LearningFigureOptions extends FigureOptions {
  /** What the score is called; 'Score' by default. */
  readonly scoreName?: string | undefined;
}

/** Mean and deviation of each point's folds; points whose folds are all NaN are left out. */
function summarise(name: string, scores: readonly ArrayLike<number>[], at: readonly (number | string)[]): Json[] {
  return scores.flatMap((folds, i) => {
    const values = Array.from(folds).filter((v) => !Number.isNaN(v));
    if (values.length === 0) return [];
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
    return [{ part: name, x: at[i]!, mean, low: mean - deviation, high: mean + deviation }];
  });
}

function bands(values: readonly Json[], x: Json, scoreName: string): { readonly [key: string]: Json } {
  const color: Json = {
    field: 'part',
    type: 'nominal',
    title: null,
    scale: { domain: ['training', 'validation'] },
    legend: { orient: 'bottom', symbolType: 'stroke', symbolOpacity: 1 },
  };
  const y = (field: string): Json => ({ field, type: 'quantitative', title: scoreName, scale: { zero: false } });
  return {
    data: { values },
    encoding: { x },
    layer: [
      { mark: { type: 'area', opacity: 0.18 }, encoding: { y: y('low'), y2: { field: 'high' }, color } },
      { mark: { type: 'line', strokeWidth: 2, point: true }, encoding: { y: y('mean'), color } },
    ],
  };
}

function checkPoints(what: string, scores: CurveScores, points: number): void {
  const isMatrix = (m: unknown): boolean =>
    Array.isArray(m) && m.length === points && m.every((row) => Array.isArray(row) || isTyped(row));
  if (!isMatrix(scores?.trainScores) || !isMatrix(scores.testScores))
    throw new ConfigError(
      `${what}: needs trainScores and testScores of ${points} points, got ${scores?.trainScores?.length} and ${scores?.testScores?.length}.`,
    );
}

/**
 * Training and validation scores by the number of training samples: whether more data would help.
 *
 * @param curve - as `learningCurve` of kompakt/model-selection returns it: `trainSizes`, `trainScores`, `testScores`.
 * @param options - `scoreName = 'Score'`, `title`, `width = 360`, `height = 300`.
 * @throws ConfigError when the scores are not as many as sizes.
 *
 * @example
 * ```ts
 * import { learningCurveFigure } from 'kompakt/figures';
 * const spec = learningCurveFigure({ trainSizes: [10, 50], trainScores: [[1, 0.9], [0.9, 0.9]], testScores: [[0.6, 0.7], [0.8, 0.8]] });
 * console.log(spec.title); // → Learning curve
 * ```
 */
export function learningCurveFigure(
  curve: CurveScores & { readonly trainSizes: ArrayLike<number> },
  options: LearningFigureOptions = {},
): VegaLiteSpec {
  const what = 'learningCurveFigure';
  checkOptions(options, ['scoreName', ...FIGURE_OPTIONS], what);
  if (!Array.isArray(curve?.trainSizes) && !isTyped(curve?.trainSizes))
    throw new ConfigError(`${what}: needs a curve of trainSizes, trainScores and testScores, got ${shown(curve)}.`);
  const sizes = Array.from(curve.trainSizes);
  checkPoints(what, curve, sizes.length);
  const values = [
    ...summarise('training', curve.trainScores, sizes),
    ...summarise('validation', curve.testScores, sizes),
  ];
  const x: Json = { field: 'x', type: 'quantitative', title: 'Training samples', scale: { zero: false } };
  return figure(bands(values, x, options.scoreName ?? 'Score'), { title: 'Learning curve', ...options }, what);
}

export interface ValidationFigureOptions extends LearningFigureOptions {
  /** What the parameter is called; 'Parameter' by default. */
  readonly paramName?: string | undefined;
  /** A logarithmic axis; by default when all values are > 0 and span at least a factor of 100. */
  readonly logScale?: boolean | undefined;
}

/**
 * Training and validation scores by the value of a parameter: where a model begins to overfit.
 *
 * @param paramRange - the values, numbers or names.
 * @param curve - as `validationCurve` of kompakt/model-selection returns it: `trainScores`, `testScores`.
 * @param options - `paramName`, `scoreName = 'Score'`, `logScale`, `title`, `width = 360`, `height = 300`.
 * @throws ConfigError when the scores are not as many as values.
 *
 * @example
 * ```ts
 * import { validationCurveFigure } from 'kompakt/figures';
 * const spec = validationCurveFigure([0.01, 1, 100], { trainScores: [[0.6], [0.9], [1]], testScores: [[0.6], [0.8], [0.7]] }, { paramName: 'C' });
 * console.log(spec.title); // → Validation curve
 * ```
 */
export function validationCurveFigure(
  paramRange: readonly (number | string | boolean | null)[],
  curve: CurveScores,
  options: ValidationFigureOptions = {},
): VegaLiteSpec {
  const what = 'validationCurveFigure';
  checkOptions(options, ['scoreName', 'paramName', 'logScale', ...FIGURE_OPTIONS], what);
  if (!Array.isArray(paramRange))
    throw new ConfigError(`${what}: expected the values of the parameter, got ${shown(paramRange)}.`);
  checkPoints(what, curve, paramRange.length);
  const areNumbers = paramRange.every((v) => typeof v === 'number');
  const at = areNumbers ? (paramRange as readonly number[]) : paramRange.map(String);
  const numbers = areNumbers ? (paramRange as readonly number[]) : [];
  const spansWide = areNumbers && Math.min(...numbers) > 0 && Math.max(...numbers) >= 100 * Math.min(...numbers);
  const title = options.paramName ?? 'Parameter';
  const x: Json = areNumbers
    ? {
        field: 'x',
        type: 'quantitative',
        title,
        ...((options.logScale ?? spansWide)
          ? { scale: { type: 'log' }, axis: { grid: false } }
          : { scale: { zero: false } }),
      }
    : { field: 'x', type: 'ordinal', title, sort: at.map(String) };
  const values = [...summarise('training', curve.trainScores, at), ...summarise('validation', curve.testScores, at)];
  return figure(bands(values, x, options.scoreName ?? 'Score'), { title: 'Validation curve', ...options }, what);
}

/**
 * Loss and metrics over the epochs of a training run, training beside validation.
 *
 * @param history - as `fit` of kompakt/nn returns it in `history`: lists of numbers by name, `val…` for validation.
 * @param options - `title`, `width = 360`, `height = 300`.
 * @throws ConfigError for a history without numbers.
 *
 * @example
 * ```ts
 * import { historyFigure } from 'kompakt/figures';
 * const spec = historyFigure({ loss: [1, 0.5], valLoss: [1.1, 0.7], accuracy: [0.5, 0.8] });
 * console.log((spec.hconcat as unknown[]).length); // → 2
 * ```
 */
export function historyFigure(
  history: Readonly<Record<string, readonly number[]>>,
  options: FigureOptions = {},
): VegaLiteSpec {
  const what = 'historyFigure';
  checkOptions(options, FIGURE_OPTIONS, what);
  const { width = 360, height = 300 } = options;
  const isValidation = (name: string): boolean => /^val[A-Z]/.test(name);
  const plain = (name: string): string => (isValidation(name) ? name[3]!.toLowerCase() + name.slice(4) : name);
  const lists = Object.entries(history ?? {}).filter(([, values]) => Array.isArray(values) && values.length > 0);
  const figures = [...new Set(lists.map(([name]) => plain(name)))];
  if (figures.length === 0)
    throw new ConfigError(
      `${what}: the history has no numbers. Pass the history that fit returned, after at least one epoch.`,
    );
  const panels = figures.map(
    (name): Json => ({
      width,
      height,
      data: {
        values: lists
          .filter(([key]) => plain(key) === name)
          .flatMap(([key, values]) =>
            values.map((value, i) => ({ epoch: i + 1, value, part: isValidation(key) ? 'validation' : 'training' })),
          ),
      },
      mark: { type: 'line', strokeWidth: 2, point: true },
      encoding: {
        x: {
          field: 'epoch',
          type: 'quantitative',
          title: 'Epoch',
          axis: { tickMinStep: 1, format: 'd' },
          scale: { zero: false },
        },
        y: { field: 'value', type: 'quantitative', title: name, scale: { zero: false } },
        color: {
          field: 'part',
          type: 'nominal',
          title: null,
          scale: { domain: ['training', 'validation'] },
          legend: { orient: 'bottom' },
        },
      },
    }),
  );
  return figure({ hconcat: panels, resolve: { scale: { color: 'shared' } } }, { title: 'Training', ...options }, what);
}
