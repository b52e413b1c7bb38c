import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Seed } from '../core/rng';
import { toRng } from '../core/rng';
import { shown } from '../core/shown';
import { checkSameLength, distinctLabels, type Label, type Labels, readLabels } from '../data/labels';
import { type Matrix, readMatrix } from '../data/matrix';
import { PCA } from '../decomposition/pca';
import { FIGURE_OPTIONS, type FigureOptions, figure, type Json, type VegaLiteSpec } from './spec';

/** A labelled set: such as what a resampler was given, or returned. */
export interface LabelledSet {
  readonly X: Matrix;
  readonly y: Labels;
}

function countsOf(labels: readonly Label[], classes: readonly Label[], part: string): Json[] {
  const counts = new Map<Label, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return classes.map((c) => ({ class: String(c), part, samples: counts.get(c) ?? 0 }));
}

/**
 * How many samples each class has; with a second list, before and after resampling side by side.
 *
 * @param y - labels `[samples]`.
 * @param after - labels after resampling, or null.
 * @param options - `title`, `width = 360`, `height = 300`.
 * @throws DTypeError, ShapeError for what are no labels.
 *
 * @example
 * ```ts
 * import { classBalanceFigure } from 'kompakt/figures';
 * const spec = classBalanceFigure(['a', 'b', 'b', 'b'], ['a', 'a', 'a', 'b', 'b', 'b']);
 * console.log(spec.title); // → Class balance
 * ```
 */
export function classBalanceFigure(y: Labels, after: Labels | null = null, options: FigureOptions = {}): VegaLiteSpec {
  const what = 'classBalanceFigure';
  checkOptions(options, FIGURE_OPTIONS, what);
  const before = readLabels(y, `${what}: y`);
  const later = after === null ? null : readLabels(after, `${what}: after`);
  const classes = distinctLabels(before, later ?? []);
  const parts = later === null ? ['samples'] : ['before', 'after'];
  const values = [
    ...countsOf(before, classes, parts[0]!),
    ...(later === null ? [] : countsOf(later, classes, parts[1]!)),
  ];
  const content: { readonly [key: string]: Json } = {
    data: { values },
    mark: { type: 'bar' },
    encoding: {
      x: { field: 'class', type: 'nominal', title: 'Class', sort: classes.map(String), axis: { labelAngle: 0 } },
      y: { field: 'samples', type: 'quantitative', title: 'Samples' },
      ...(later === null
        ? {}
        : {
            xOffset: { field: 'part', sort: parts },
            color: {
              field: 'part',
              type: 'nominal',
              title: null,
              scale: { domain: parts, range: ['#9ecae1', '#0072b2'] },
              legend: { orient: 'bottom' },
            },
          }),
    },
  };
  return figure(content, { title: 'Class balance', ...options }, what);
}

export interface ResamplingFigureOptions extends FigureOptions {
  /** How many samples to draw of each set at most; 2000 by default. */
  readonly maxPoints?: number | undefined;
  /** Which, if there are more, are drawn at random. */
  readonly seed?: Seed | undefined;
}

/**
 * A labelled set before and after resampling, in the plane of the first two principal components of what there was before.
 *
 * @param before - `{ X, y }` given to a resampler, of at least two features and samples.
 * @param after - `{ X, y }` that it returned.
 * @param options - `maxPoints = 2000`, `seed`, `title`, `width = 360`, `height = 300`.
 * @throws ShapeError when the sets differ in their features or are too small; ConfigError for NaN or infinity.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { resamplingFigure } from 'kompakt/figures';
 * import { SMOTE } from 'kompakt/imbalanced';
 * const { X, y } = iris();
 * const rare = { X: { data: X.data.subarray(0, 260), shape: [65, 4] }, y: Array.from(y).slice(0, 65) };
 * const spec = await resamplingFigure(rare, await new SMOTE({ seed: 0 }).fitResample(rare.X, rare.y));
 * console.log((spec.hconcat as unknown[]).length); // → 2
 * ```
 */
export async function resamplingFigure(
  before: LabelledSet,
  after: LabelledSet,
  options: ResamplingFigureOptions = {},
): Promise<VegaLiteSpec> {
  const what = 'resamplingFigure';
  checkOptions(options, ['maxPoints', 'seed', ...FIGURE_OPTIONS], what);
  const { width = 360, height = 300, maxPoints = 2000 } = options;
  for (const [name, set] of Object.entries({ before, after }))
    if (typeof set !== 'object' || set === null)
      throw new ConfigError(`${what}: ${name} must be samples with labels, { X, y }, got ${shown(set)}.`);
  const first = readMatrix(before.X, `${what}: before.X`);
  const plane = await new PCA({ nComponents: 2 }).fit({ data: first.data, shape: [first.rows, first.cols] });
  const rng = toRng(options.seed ?? 0);
  const labels = [before, after].map(({ y }, i) => readLabels(y, `${what}: ${i === 0 ? 'before' : 'after'}.y`));
  const classes = distinctLabels(...labels).map(String);
  const panels = [before, after].map(({ X }, i): Json => {
    const part = i === 0 ? 'before' : 'after';
    const { data, rows, cols } = readMatrix(X, `${what}: ${part}.X`, { cols: first.cols });
    checkSameLength(rows, labels[i]!.length, `${what}: ${part}`);
    const shown =
      rows <= maxPoints
        ? Array.from({ length: rows }, (_, r) => r)
        : Array.from(rng.permutation(rows).subarray(0, maxPoints)).sort((a, b) => a - b);
    const placed = readMatrix(plane.transform({ data, shape: [rows, cols] }), what);
    return {
      title: `${part}: ${rows} samples`,
      width,
      height,
      data: {
        values: shown.map((r) => ({
          x: placed.data[2 * r]!,
          y: placed.data[2 * r + 1]!,
          class: String(labels[i]![r]),
        })),
      },
      mark: { type: 'circle', opacity: 0.6, size: 24 },
      encoding: {
        x: { field: 'x', type: 'quantitative', title: 'First principal component' },
        y: { field: 'y', type: 'quantitative', title: 'Second principal component' },
        color: { field: 'class', type: 'nominal', title: 'Class', scale: { domain: classes } },
      },
    };
  });
  return figure(
    { hconcat: panels, resolve: { scale: { x: 'shared', y: 'shared', color: 'shared' } } },
    { title: 'Resampling', ...options },
    what,
  );
}
