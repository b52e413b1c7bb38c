import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Labels } from '../data/labels';
import { geometricMeanScore, makeIndexBalancedAccuracy } from './geometric-mean';
import { readPair, type WeightOptions } from './pair';
import { precisionRecallFscoreSupport } from './precision-recall';
import { sensitivitySpecificitySupport } from './specificity';
import type { ZeroDivisionOptions } from './warning';

export interface ImbalancedReportOptions extends WeightOptions, ZeroDivisionOptions {
  /** The classes and their order; by default all that occur, ascending. */
  readonly labels?: Labels | null | undefined;
  /** What to call them. */
  readonly targetNames?: readonly string[] | undefined;
  /** Digits after the point; 2 by default. */
  readonly digits?: number | undefined;
  /** How much the index balanced accuracy weighs dominance; 0.1 by default. */
  readonly alpha?: number | undefined;
  /** Return data instead of text. */
  readonly outputDict?: boolean | undefined;
}

/** Precision, recall, specificity, F1, geometric mean, index balanced accuracy and support. */
export interface ImbalancedRow {
  readonly pre: number;
  readonly rec: number;
  readonly spe: number;
  readonly f1: number;
  readonly geo: number;
  readonly iba: number;
  readonly sup: number;
}

/** A row for each class by its name, the mean weighted by support, and the number of samples. */
export interface ImbalancedReport {
  readonly classes: { readonly [name: string]: ImbalancedRow };
  readonly average: Omit<ImbalancedRow, 'sup'>;
  readonly totalSupport: number;
}

const HEADERS = ['pre', 'rec', 'spe', 'f1', 'geo', 'iba', 'sup'] as const;

/**
 * What matters with imbalanced classes, class by class: precision, recall, specificity, F1, the geometric mean of recall
 * and specificity, and its index balanced accuracy.
 *
 * @param yTrue - true labels `[samples]`.
 * @param yPred - predicted labels `[samples]`.
 * @param options - `labels`, `targetNames`, `digits = 2`, `alpha = 0.1`, `outputDict = false`, `zeroDivision`, `sampleWeight`.
 * @returns a table as text, or with `outputDict` as data.
 * @throws ConfigError when `targetNames` are not as many as classes; ShapeError when the lengths differ.
 *
 * @example
 * ```ts
 * import { classificationReportImbalanced } from 'kompakt/metrics';
 * const report = classificationReportImbalanced([0, 1, 2, 2, 2], [0, 0, 2, 2, 1], { outputDict: true });
 * console.log(report.average.geo.toFixed(2), report.classes['2']?.sup); // → 0.66 3
 * ```
 */
export function classificationReportImbalanced(
  yTrue: Labels,
  yPred: Labels,
  options: ImbalancedReportOptions & { readonly outputDict: true },
): ImbalancedReport;
export function classificationReportImbalanced(
  yTrue: Labels,
  yPred: Labels,
  options?: ImbalancedReportOptions & { readonly outputDict?: false | undefined },
): string;
export function classificationReportImbalanced(
  yTrue: Labels,
  yPred: Labels,
  options: ImbalancedReportOptions = {},
): string | ImbalancedReport {
  const what = 'classificationReportImbalanced';
  checkOptions(
    options,
    ['labels', 'targetNames', 'digits', 'alpha', 'outputDict', 'zeroDivision', 'sampleWeight', 'onWarning'],
    what,
  );
  const report = build(yTrue, yPred, options, what);
  return options.outputDict === true ? report : print(report, options.digits ?? 2);
}

function build(yTrue: Labels, yPred: Labels, options: ImbalancedReportOptions, what: string): ImbalancedReport {
  const { labels = null, sampleWeight, alpha = 0.1 } = options;
  const pair = readPair(yTrue, yPred, what, options);
  const names = options.targetNames ?? pair.classes.slice(0, pair.selected).map(String);
  if (names.length !== pair.selected) {
    throw new ConfigError(
      `${what}: ${names.length} targetNames for ${pair.selected} classes [${pair.classes.join(', ')}]. Give one for each.`,
    );
  }
  const shared = { labels, sampleWeight, average: null } as const;
  const ratios = precisionRecallFscoreSupport(yTrue, yPred, {
    ...shared,
    zeroDivision: options.zeroDivision,
    onWarning: options.onWarning,
  });
  const { specificity } = sensitivitySpecificitySupport(yTrue, yPred, shared);
  const geo = geometricMeanScore(yTrue, yPred, shared);
  const iba = makeIndexBalancedAccuracy(geometricMeanScore, { alpha })(yTrue, yPred, shared) as number[];
  const rows = names.map((_, i) => ({
    pre: ratios.precision[i]!,
    rec: ratios.recall[i]!,
    spe: specificity[i]!,
    f1: ratios.fscore[i]!,
    geo: geo[i]!,
    iba: iba[i]!,
    sup: ratios.support[i]!,
  }));
  const totalSupport = rows.reduce((sum, row) => sum + row.sup, 0);
  const average = Object.fromEntries(
    HEADERS.slice(0, -1).map((h) => [h, rows.reduce((sum, row) => sum + row[h] * row.sup, 0) / totalSupport]),
  ) as Omit<ImbalancedRow, 'sup'>;
  return { classes: Object.fromEntries(names.map((name, i) => [name, rows[i]!])), average, totalSupport };
}

function print({ classes, average, totalSupport }: ImbalancedReport, digits: number): string {
  const last = 'avg / total';
  const width = Math.max(last.length, digits, ...Object.keys(classes).map((name) => name.length));
  const line = (name: string, cells: readonly string[]): string =>
    `${name.padStart(width)}  ${cells.map((c) => c.padStart(9)).join(' ')}\n`;
  const numbers = (row: Omit<ImbalancedRow, 'sup'>): string[] =>
    HEADERS.slice(0, -1).map((h) => row[h as keyof typeof row].toFixed(digits));
  const rows = Object.entries(classes).map(([name, row]) => line(name, [...numbers(row), String(row.sup)]));
  return `${line('', HEADERS)}\n${rows.join('')}\n${line(last, [...numbers(average), String(totalSupport)])}`;
}
