import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { Label, Labels } from '../data/labels';
import type { Vector } from '../data/vector';
import { averagePrecisionScore } from '../metrics/average-precision';
import { auc, calibrationCurve } from '../metrics/calibration';
import { precisionRecallCurve, rocCurve } from '../metrics/curves';
import { COLORS, FIGURE_OPTIONS, type FigureOptions, figure, type Json, share, thin, type VegaLiteSpec } from './spec';

/** Scores of the positive class `[samples]`, or those of several models by name. */
export type NamedScores = Vector | Readonly<Record<string, Vector>>;

export interface CurveFigureOptions extends FigureOptions {
  /** The positive class; by default 1, when the labels are 0 and 1 or −1 and 1. */
  readonly posLabel?: Label | undefined;
}

type Point = { readonly [key: string]: number | string };

/** Models by name; one without a name is told by what it is. */
function models(scores: NamedScores, what: string): [name: string, score: Vector][] {
  if (typeof scores !== 'object' || scores === null)
    throw new ConfigError(
      `${what}: expected scores, or a record of scores by the name of a model, got ${shown(scores)}.`,
    );
  const isOne = Array.isArray(scores) || ArrayBuffer.isView(scores) || 'shape' in scores;
  const named = isOne ? [['model', scores] as [string, Vector]] : Object.entries(scores as Record<string, Vector>);
  if (named.length === 0) throw new ConfigError(`${what}: no scores. Give at least those of one model.`);
  return named;
}

const axis = (field: string, title: string): Json => ({
  field,
  type: 'quantitative',
  title,
  scale: { domain: [0, 1], nice: false },
});

/** Lines of several models over the unit square; with `diagonal` the line that a guess follows. */
function unitSquare(
  points: readonly Point[],
  names: readonly string[],
  {
    x,
    y,
    xTitle,
    yTitle,
    marks,
    diagonal,
  }: {
    readonly x: string;
    readonly y: string;
    readonly xTitle: string;
    readonly yTitle: string;
    readonly marks: Json;
    readonly diagonal: boolean;
  },
): { readonly [key: string]: Json } {
  const guess: Json = {
    data: {
      values: [
        { [x]: 0, [y]: 0 },
        { [x]: 1, [y]: 1 },
      ],
    },
    mark: { type: 'line', strokeDash: [4, 4], color: '#999', strokeWidth: 1 },
    encoding: { x: axis(x, xTitle), y: axis(y, yTitle) },
  };
  const lines: Json = {
    data: { values: points as readonly Json[] },
    mark: marks,
    encoding: {
      x: axis(x, xTitle),
      y: axis(y, yTitle),
      order: { field: 'order', type: 'quantitative' },
      color: {
        field: 'model',
        type: 'nominal',
        title: null,
        scale: { domain: [...names], range: names.map((_, i) => COLORS[i % COLORS.length]!) },
        legend: { orient: 'bottom', columns: 1, symbolType: 'stroke' },
      },
    },
  };
  return { layer: diagonal ? [guess, lines] : [lines] };
}

/**
 * The ROC curves of one or several models, with the area under each.
 *
 * @param yTrue - labels of two classes `[samples]`.
 * @param scores - scores of the positive class `[samples]`, or a record of them by the name of a model.
 * @param options - `posLabel`, `title`, `width = 360`, `height = 300`.
 * @throws ConfigError when the positive label is not clear or there are more than two classes.
 *
 * @example
 * ```ts
 * import { rocCurveFigure } from 'kompakt/figures';
 * const spec = rocCurveFigure([0, 0, 1, 1], { forest: [0.1, 0.4, 0.35, 0.8], guess: [0.5, 0.5, 0.5, 0.5] });
 * console.log(JSON.stringify(spec).includes('forest (AUC 0.750)')); // → true
 * ```
 */
export function rocCurveFigure(yTrue: Labels, scores: NamedScores, options: CurveFigureOptions = {}): VegaLiteSpec {
  const what = 'rocCurveFigure';
  checkOptions(options, ['posLabel', ...FIGURE_OPTIONS], what);
  const names: string[] = [];
  const points = models(scores, what).flatMap(([name, score]) => {
    const { fpr, tpr } = rocCurve(yTrue, score, { posLabel: options.posLabel });
    const model = `${name} (AUC ${share(auc(fpr, tpr))})`;
    names.push(model);
    return thin(Array.from(fpr, (x, i) => ({ model, fpr: x, tpr: tpr[i]!, order: i })));
  });
  const content = unitSquare(points, names, {
    x: 'fpr',
    y: 'tpr',
    xTitle: 'False positive rate',
    yTitle: 'True positive rate',
    marks: { type: 'line', strokeWidth: 2 },
    diagonal: true,
  });
  return figure(content, { title: 'ROC curve', ...options }, what);
}

/**
 * The precision–recall curves of one or several models, with the average precision of each, beside the share of positive
 * samples that a guess would reach.
 *
 * @param yTrue - labels of two classes `[samples]`.
 * @param scores - scores of the positive class `[samples]`, or a record of them by the name of a model.
 * @param options - `posLabel`, `title`, `width = 360`, `height = 300`.
 * @throws ConfigError when the positive label is not clear or there are more than two classes.
 *
 * @example
 * ```ts
 * import { precisionRecallFigure } from 'kompakt/figures';
 * const spec = precisionRecallFigure([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]);
 * console.log(spec.title); // → Precision–recall curve
 * ```
 */
export function precisionRecallFigure(
  yTrue: Labels,
  scores: NamedScores,
  options: CurveFigureOptions = {},
): VegaLiteSpec {
  const what = 'precisionRecallFigure';
  checkOptions(options, ['posLabel', ...FIGURE_OPTIONS], what);
  const { posLabel } = options;
  const names: string[] = [];
  let guess = 0;
  const points = models(scores, what).flatMap(([name, score]) => {
    const { precision, recall } = precisionRecallCurve(yTrue, score, { posLabel });
    guess = precision[0]!;
    const model = `${name} (AP ${share(averagePrecisionScore(yTrue, score, { posLabel }))})`;
    names.push(model);
    return thin(Array.from(recall, (x, i) => ({ model, recall: x, precision: precision[i]!, order: i })));
  });
  const content = unitSquare(points, names, {
    x: 'recall',
    y: 'precision',
    xTitle: 'Recall',
    yTitle: 'Precision',
    marks: { type: 'line', strokeWidth: 2, interpolate: 'step-before' },
    diagonal: false,
  });
  const chance: Json = {
    data: { values: [{ precision: guess }] },
    mark: { type: 'rule', strokeDash: [4, 4], color: '#999' },
    encoding: { y: axis('precision', 'Precision') },
  };
  return figure(
    { layer: [chance, ...(content.layer as readonly Json[])] },
    { title: 'Precision–recall curve', ...options },
    what,
  );
}

export interface CalibrationFigureOptions extends CurveFigureOptions {
  /** Number of bins; 10 by default. */
  readonly nBins?: number | undefined;
  /** Bins of equal width (default), or of as many samples each. */
  readonly strategy?: 'uniform' | 'quantile' | undefined;
}

/**
 * How often what one or several models predict with some probability comes true. A calibrated model follows the diagonal;
 * points are larger where more samples lie.
 *
 * @param yTrue - labels of two classes `[samples]`.
 * @param probabilities - of the positive class `[samples]`, or a record of them by the name of a model.
 * @param options - `posLabel`, `nBins = 10`, `strategy = 'uniform'`, `title`, `width = 360`, `height = 300`.
 * @throws ConfigError for more than two classes, or values outside [0, 1].
 *
 * @example
 * ```ts
 * import { calibrationFigure } from 'kompakt/figures';
 * const spec = calibrationFigure([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], { nBins: 2 });
 * console.log(spec.title); // → Calibration
 * ```
 */
export function calibrationFigure(
  yTrue: Labels,
  probabilities: NamedScores,
  options: CalibrationFigureOptions = {},
): VegaLiteSpec {
  const what = 'calibrationFigure';
  checkOptions(options, ['posLabel', 'nBins', 'strategy', ...FIGURE_OPTIONS], what);
  const { posLabel, nBins = 10, strategy } = options;
  const named = models(probabilities, what);
  const points = named.flatMap(([model, p]) => {
    const { probTrue, probPred, counts } = calibrationCurve(yTrue, p, { posLabel, nBins, strategy });
    return Array.from(probPred, (x, i) => ({
      model,
      predicted: x,
      observed: probTrue[i]!,
      samples: counts[i]!,
      order: i,
    }));
  });
  const content = unitSquare(
    points,
    named.map(([name]) => name),
    {
      x: 'predicted',
      y: 'observed',
      xTitle: 'Predicted probability',
      yTitle: 'Observed frequency',
      marks: { type: 'line', strokeWidth: 2 },
      diagonal: true,
    },
  );
  const dots: Json = {
    data: { values: points },
    mark: { type: 'circle', opacity: 1 },
    encoding: {
      x: axis('predicted', 'Predicted probability'),
      y: axis('observed', 'Observed frequency'),
      color: { field: 'model', type: 'nominal', title: null },
      size: { field: 'samples', type: 'quantitative', title: 'Samples', scale: { range: [30, 260] }, legend: null },
    },
  };
  return figure({ layer: [...(content.layer as readonly Json[]), dots] }, { title: 'Calibration', ...options }, what);
}
