import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { Label, Labels } from '../data/labels';
import type { ClassTargets } from './indicator';
import { readColumnNumbers, readRowPair } from './label-rows';
import { readPair, type WeightOptions } from './pair';
import { precisionRecallFscoreSupport } from './precision-recall';
import type { PrecisionRecallOptions } from './ratios';
import type { ZeroDivisionOptions } from './warning';

export interface ReportOptions extends WeightOptions, ZeroDivisionOptions {
  /** The classes to report and their order; by default all that occur, ascending. Of a table of labels: its columns. */
  readonly labels?: Labels | null | undefined;
  /** What to call them; by default the labels themselves. */
  readonly targetNames?: readonly string[] | null | undefined;
  /** Decimals in the text; 2 by default. */
  readonly digits?: number | undefined;
  /** Numbers instead of text. */
  readonly outputDict?: boolean | undefined;
}

/** One line of a report. */
export interface ReportRow {
  readonly precision: number;
  readonly recall: number;
  readonly f1Score: number;
  readonly support: number;
}

/**
 * The lines of a report by class name, and `accuracy` (or `micro avg`), `macro avg`, `weighted avg`; where samples may have
 * several labels also `samples avg`.
 */
export type ReportDict = { readonly [name: string]: ReportRow | number };

/**
 * Precision, recall, F1 and support of every class, and their averages: a table to print.
 *
 * @param yTrue - true labels `[samples]`; where samples may have several, `[samples, labels]` of 0 and 1.
 * @param yPred - predicted labels, likewise.
 * @param options - `labels`, `targetNames`, `digits = 2`, `outputDict = false`, `zeroDivision`, `sampleWeight`.
 * @returns text, or with `outputDict` a record by class name.
 * @throws ConfigError when there are not as many `targetNames` as labels; ShapeError when the shapes differ.
 *
 * @example
 * ```ts
 * import { classificationReport } from 'kompakt/metrics';
 * const report = classificationReport([0, 1, 1], [0, 1, 0], { outputDict: true });
 * console.log(report['0']); // → { precision: 0.5, recall: 1, f1Score: 0.6666666666666666, support: 1 }
 * ```
 */
export function classificationReport(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  options: ReportOptions & { readonly outputDict: true },
): ReportDict;
export function classificationReport(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  options?: ReportOptions & { readonly outputDict?: false | undefined },
): string;
export function classificationReport(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  options: ReportOptions = {},
): string | ReportDict {
  checkOptions(
    options,
    ['labels', 'targetNames', 'digits', 'outputDict', 'zeroDivision', 'onWarning', 'sampleWeight'],
    'classificationReport',
  );
  const { digits = 2 } = options;
  if (!Number.isInteger(digits) || digits < 0 || digits > 100) {
    throw new ConfigError(`classificationReport: digits must be an integer from 0 to 100, got ${shown(digits)}.`);
  }
  const what = 'classificationReport';
  const { labels, isTable, hasAll } = readReported(yTrue, yPred, options, what);
  const names = options.targetNames ?? labels.map(String);
  if (names.length !== labels.length) {
    throw new ConfigError(
      `${what}: ${names.length} targetNames for ${labels.length} labels [${labels.join(', ')}]. Give one per label, or set labels.`,
    );
  }
  const asked = { ...figures(options), labels: labels as Labels };
  const rows = namedRows(yTrue, yPred, names, asked);
  const support = rows.reduce((sum, [, row]) => sum + row.support, 0);
  const averages = averageRows(yTrue, yPred, asked, isTable).map(([name, row]): Row => [name, { ...row, support }]);
  const isAccuracy = hasAll && !isTable;
  if (isAccuracy) averages[0] = ['accuracy', averages[0]![1]];
  const isWeighted = options.sampleWeight !== undefined && options.sampleWeight !== null;
  if (options.outputDict !== true) return format(rows, averages, isAccuracy, digits, isWeighted);
  const dict = Object.fromEntries([...rows, ...averages]) as Record<string, ReportRow | number>;
  if (isAccuracy) dict.accuracy = (dict.accuracy as ReportRow).precision;
  return dict;
}

/** The labels to report, and whether they are all there are: then micro averages are the accuracy, as every sample counts. */
function readReported(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  options: ReportOptions,
  what: string,
): { readonly labels: readonly Label[]; readonly isTable: boolean; readonly hasAll: boolean } {
  const table = readRowPair(yTrue, yPred, what, options);
  if (table !== null) {
    const all = Array.from({ length: table.truth.labels }, (_, c) => c);
    return { labels: readColumnNumbers(options.labels, table.truth, what) ?? all, isTable: true, hasAll: false };
  }
  const { classes, selected } = readPair(yTrue as Labels, yPred as Labels, what, options);
  const found = readPair(yTrue as Labels, yPred as Labels, what).classes.length;
  return { labels: classes.slice(0, selected), isTable: false, hasAll: selected === found };
}

type Row = readonly [name: string, row: ReportRow];

/** The options that the figures depend on. */
const figures = ({ sampleWeight, zeroDivision, onWarning }: ReportOptions) => ({
  sampleWeight,
  zeroDivision,
  onWarning,
});

function namedRows(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  names: readonly string[],
  options: PrecisionRecallOptions,
): Row[] {
  const all = precisionRecallFscoreSupport(yTrue, yPred, { ...options, average: null });
  return names.map((name, i) => [
    name,
    { precision: all.precision[i]!, recall: all.recall[i]!, f1Score: all.fscore[i]!, support: all.support[i]! },
  ]);
}

function averageRows(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  options: PrecisionRecallOptions,
  isTable: boolean,
): [name: string, row: Omit<ReportRow, 'support'>][] {
  const averages = ['micro', 'macro', 'weighted', 'samples'] as const;
  return averages.slice(0, isTable ? 4 : 3).map((average) => {
    const { precision, recall, fscore } = precisionRecallFscoreSupport(yTrue, yPred, { ...options, average });
    return [`${average} avg`, { precision, recall, f1Score: fscore }];
  });
}

/** As scikit-learn prints it: the support is a number of samples, or of weight, which has a decimal at least. */
function format(
  rows: readonly Row[],
  averages: readonly Row[],
  isAccuracy: boolean,
  digits: number,
  weighted: boolean,
): string {
  const width = Math.max(...rows.map(([name]) => name.length), 'weighted avg'.length, digits);
  const count = (support: number): string =>
    weighted && Number.isInteger(support) ? support.toFixed(1) : `${support}`;
  const cells = (name: string, values: readonly string[], support: number): string =>
    `${name.padStart(width)} ${values.map((v) => v.padStart(10)).join('')} ${count(support).padStart(9)}`;
  const line = ([name, r]: Row): string =>
    cells(
      name,
      [r.precision, r.recall, r.f1Score].map((v) => show(v, digits)),
      r.support,
    );
  const lines = [
    `${''.padStart(width)} ${['precision', 'recall', 'f1-score', 'support'].map((h) => h.padStart(10)).join('')}`,
    '',
  ];
  lines.push(...rows.map(line), '');
  for (const row of averages) {
    const [name, r] = row;
    lines.push(
      name === 'accuracy' && isAccuracy ? cells(name, ['', '', show(r.precision, digits)], r.support) : line(row),
    );
  }
  return `${lines.join('\n')}\n`;
}

/** A decimal as Python prints it: exact halves go to the even digit. */
function show(v: number, digits: number): string {
  if (Number.isNaN(v)) return 'nan';
  const isHalf = (v * 2 ** (digits + 1)) % 2 === 1;
  if (!isHalf) return v.toFixed(digits);
  const below = Math.floor(v * 10 ** digits);
  return ((below + (below % 2)) / 10 ** digits).toFixed(digits);
}
