import { checkOptions } from '../core/options';
import { distinctLabels, type Labels, readLabels } from '../data/labels';
import { type ConfusionOptions, confusionMatrix } from '../metrics/accuracy';
import { FIGURE_OPTIONS, type FigureOptions, figure, type VegaLiteSpec } from './spec';

export interface ConfusionFigureOptions extends FigureOptions, ConfusionOptions {}

/**
 * A confusion matrix: true classes by row, predicted ones by column, the diagonal right.
 *
 * @param yTrue - true labels `[samples]`.
 * @param yPred - predicted labels `[samples]`.
 * @param options - `labels`, `normalize` (`'true'`: shares of each row), `sampleWeight`, `title`, `width`, `height`.
 * @throws ShapeError when the lengths differ.
 *
 * @example
 * ```ts
 * import { confusionMatrixFigure } from 'kompakt/figures';
 * const spec = confusionMatrixFigure(['cat', 'cat', 'dog'], ['cat', 'dog', 'dog'], { normalize: 'true' });
 * console.log(spec.title); // → Confusion matrix
 * ```
 */
export function confusionMatrixFigure(
  yTrue: Labels,
  yPred: Labels,
  options: ConfusionFigureOptions = {},
): VegaLiteSpec {
  const what = 'confusionMatrixFigure';
  checkOptions(options, ['labels', 'normalize', 'sampleWeight', ...FIGURE_OPTIONS], what);
  const { labels, normalize, sampleWeight } = options;
  const matrix = confusionMatrix(yTrue, yPred, { labels, normalize, sampleWeight });
  const names = (
    labels === undefined || labels === null
      ? distinctLabels(readLabels(yTrue, `${what}: yTrue`), readLabels(yPred, `${what}: yPred`))
      : readLabels(labels, `${what}: labels`)
  ).map(String);
  // Colour is by the share of the true class: counts of a large class would hide what happens in a small one.
  const totals = matrix.map((row) => row.reduce((a, b) => a + b, 0));
  const values = matrix.flatMap((row, i) =>
    row.map((count, j) => ({
      true: names[i]!,
      predicted: names[j]!,
      text: normalize ? count.toFixed(2) : String(Math.round(count * 100) / 100),
      share: totals[i] === 0 ? 0 : count / totals[i]!,
    })),
  );
  const side = Math.min(480, Math.max(180, 56 * names.length));
  const content = {
    data: { values },
    encoding: {
      x: {
        field: 'predicted',
        type: 'nominal',
        sort: names,
        title: 'Predicted',
        axis: { labelAngle: 0, orient: 'top' },
      },
      y: { field: 'true', type: 'nominal', sort: names, title: 'True' },
    },
    layer: [
      {
        mark: { type: 'rect', stroke: 'white', strokeWidth: 2 },
        encoding: {
          color: {
            field: 'share',
            type: 'quantitative',
            title: 'Share of row',
            scale: { domain: [0, 1], range: ['#f2f6fa', '#0072b2'] },
            legend: { format: '.0%', gradientLength: 120 },
          },
        },
      },
      {
        mark: { type: 'text', fontSize: names.length > 12 ? 9 : 12 },
        encoding: {
          text: { field: 'text', type: 'nominal' },
          color: { condition: { test: 'datum.share > 0.5', value: 'white' }, value: '#222' },
        },
      },
    ],
  };
  return figure(content, { title: 'Confusion matrix', width: side, height: side, ...options }, what);
}
