import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import { checkSameLength, type Encoded, encodeLabels, type Labels, readLabels } from '../data/labels';
import { type Dense, type Matrix, readMatrix } from '../data/matrix';
import { checkOption } from './warning';

/** How many samples of class i are in cluster j, with row and column sums. */
interface Contingency {
  readonly cells: Float64Array;
  readonly rows: Float64Array;
  readonly columns: Float64Array;
  readonly n: number;
}

function contingency(labelsTrue: Labels, labelsPred: Labels, what: string): Contingency {
  const a = encodeLabels(readLabels(labelsTrue, `${what}: labelsTrue`));
  const b = encodeLabels(readLabels(labelsPred, `${what}: labelsPred`));
  checkSameLength(a.codes.length, b.codes.length, what);
  const width = b.classes.length;
  const cells = new Float64Array(a.classes.length * width);
  for (let i = 0; i < a.codes.length; i++) cells[a.codes[i]! * width + b.codes[i]!]!++;
  return { cells, rows: Float64Array.from(a.counts), columns: Float64Array.from(b.counts), n: a.codes.length };
}

const pairs = (counts: Float64Array): number => counts.reduce((sum, c) => sum + c * c, 0);

/**
 * How far two clusterings agree on which samples belong together, corrected for chance: 1 for the same, about 0 for
 * random ones.
 *
 * @param labelsTrue - clusters or classes `[samples]`.
 * @param labelsPred - clusters `[samples]`; what they are called does not matter.
 * @throws ShapeError when the lengths differ.
 *
 * Reference: Hubert & Arabie 1985, “Comparing partitions”.
 *
 * @example
 * ```ts
 * import { adjustedRandScore } from 'kompakt/metrics';
 * console.log(adjustedRandScore([0, 0, 1, 1], ['b', 'b', 'a', 'a'])); // → 1
 * ```
 */
export function adjustedRandScore(labelsTrue: Labels, labelsPred: Labels): number {
  const { cells, rows, columns, n } = contingency(labelsTrue, labelsPred, 'adjustedRandScore');
  const both = pairs(cells);
  const tp = both - n;
  const fp = pairs(columns) - both;
  const fn = pairs(rows) - both;
  const tn = n * n - fp - fn - both;
  if (fn === 0 && fp === 0) return 1;
  return (2 * (tp * tn - fn * fp)) / ((tp + fn) * (fn + tn) + (tp + fp) * (fp + tn));
}

const entropy = (counts: Float64Array, n: number): number =>
  counts.reduce((sum, c) => (c === 0 ? sum : sum - (c / n) * Math.log(c / n)), 0);

function mutualInformation({ cells, rows, columns, n }: Contingency): number {
  let sum = 0;
  cells.forEach((c, at) => {
    const i = Math.floor(at / columns.length);
    const j = at % columns.length;
    if (c > 0) sum += (c / n) * Math.log((c * n) / (rows[i]! * columns[j]!));
  });
  return Math.max(0, sum);
}

/**
 * What one clustering tells about another: the mutual information as a share of the mean of both entropies.
 *
 * @param labelsTrue - clusters or classes `[samples]`.
 * @param labelsPred - clusters `[samples]`.
 * @param options - `averageMethod = 'arithmetic'`: or `'geometric'`, `'min'`, `'max'`.
 * @returns 0 to 1.
 * @throws ShapeError when the lengths differ.
 *
 * Reference: Vinh, Epps, Bailey 2010, “Information theoretic measures for clusterings comparison”.
 *
 * @example
 * ```ts
 * import { normalizedMutualInfoScore } from 'kompakt/metrics';
 * console.log(normalizedMutualInfoScore([0, 0, 1, 1], [0, 0, 1, 2]).toFixed(4)); // → 0.8000
 * ```
 */
export function normalizedMutualInfoScore(
  labelsTrue: Labels,
  labelsPred: Labels,
  options: { readonly averageMethod?: 'arithmetic' | 'geometric' | 'min' | 'max' | undefined } = {},
): number {
  const what = 'normalizedMutualInfoScore';
  checkOptions(options, ['averageMethod'], what);
  const method = checkOption(
    options.averageMethod ?? 'arithmetic',
    ['arithmetic', 'geometric', 'min', 'max'],
    'averageMethod',
    what,
  );
  const table = contingency(labelsTrue, labelsPred, what);
  if (table.rows.length === 1 && table.columns.length === 1) return 1;
  const mutual = mutualInformation(table);
  if (mutual === 0) return 0;
  const [a, b] = [entropy(table.rows, table.n), entropy(table.columns, table.n)];
  const means: Record<string, number> = {
    arithmetic: (a + b) / 2,
    geometric: Math.sqrt(a * b),
    min: Math.min(a, b),
    max: Math.max(a, b),
  };
  return mutual / means[method]!;
}

/**
 * Whether clusters hold one class each (homogeneity), classes lie in one cluster each (completeness), and their harmonic
 * mean.
 *
 * @param labelsTrue - classes `[samples]`.
 * @param labelsPred - clusters `[samples]`.
 * @param options - `beta = 1`: how much more completeness weighs.
 * @throws ShapeError when the lengths differ.
 *
 * Reference: Rosenberg & Hirschberg 2007, “V-Measure: a conditional entropy-based external cluster evaluation measure”.
 *
 * @example
 * ```ts
 * import { homogeneityCompletenessVMeasure } from 'kompakt/metrics';
 * const { homogeneity, completeness } = homogeneityCompletenessVMeasure([0, 0, 1, 1], [0, 0, 1, 2]);
 * console.log(homogeneity, completeness.toFixed(4)); // → 1 0.6667
 * ```
 */
export function homogeneityCompletenessVMeasure(
  labelsTrue: Labels,
  labelsPred: Labels,
  options: { readonly beta?: number | undefined } = {},
): { readonly homogeneity: number; readonly completeness: number; readonly vMeasure: number } {
  const what = 'homogeneityCompletenessVMeasure';
  checkOptions(options, ['beta'], what);
  const { beta = 1 } = options;
  if (!(beta >= 0)) throw new ConfigError(`${what}: beta must be ≥ 0, got ${shown(beta)}.`);
  const table = contingency(labelsTrue, labelsPred, what);
  const mutual = mutualInformation(table);
  const [a, b] = [entropy(table.rows, table.n), entropy(table.columns, table.n)];
  const homogeneity = a === 0 ? 1 : mutual / a;
  const completeness = b === 0 ? 1 : mutual / b;
  const total = beta * homogeneity + completeness;
  return { homogeneity, completeness, vMeasure: total === 0 ? 0 : ((1 + beta) * homogeneity * completeness) / total };
}

function readClusters(X: Matrix, labels: Labels, what: string): { readonly X: Dense; readonly clusters: Encoded } {
  const samples = readMatrix(X, `${what}: X`);
  const clusters = encodeLabels(readLabels(labels, `${what}: labels`));
  checkSameLength(samples.rows, clusters.codes.length, what);
  const k = clusters.classes.length;
  if (k < 2 || k > samples.rows - 1)
    throw new ConfigError(`${what}: needs 2 to ${samples.rows - 1} clusters for ${samples.rows} samples, got ${k}.`);
  return { X: samples, clusters };
}

function distance({ data, cols }: Dense, i: number, centres: Float64Array, j: number): number {
  let sum = 0;
  for (let c = 0; c < cols; c++) sum += (data[i * cols + c]! - centres[j * cols + c]!) ** 2;
  return sum;
}

/**
 * How much nearer each sample is to its own cluster than to the next: (b − a) / max(a, b), with a and b the mean distances
 * to the others of its cluster and to those of the nearest other one.
 *
 * @param X - `[samples, features]`.
 * @param labels - clusters `[samples]`.
 * @returns −1 to 1 for each sample; 0 for one alone in its cluster.
 * @throws ConfigError for fewer than two clusters, or as many as samples.
 *
 * Reference: Rousseeuw 1987, “Silhouettes: a graphical aid to the interpretation and validation of cluster analysis”.
 *
 * @example
 * ```ts
 * import { silhouetteSamples } from 'kompakt/metrics';
 * console.log(silhouetteSamples([[0], [1], [10], [11]], [0, 0, 1, 1])[0]?.toFixed(3)); // → 0.905
 * ```
 */
export function silhouetteSamples(X: Matrix, labels: Labels): Float64Array {
  const { X: samples, clusters } = readClusters(X, labels, 'silhouetteSamples');
  const k = clusters.classes.length;
  const out = new Float64Array(samples.rows);
  const sums = new Float64Array(k);
  for (let i = 0; i < samples.rows; i++) {
    sums.fill(0);
    for (let j = 0; j < samples.rows; j++)
      sums[clusters.codes[j]!]! += Math.sqrt(distance(samples, i, samples.data, j));
    const own = clusters.codes[i]!;
    if (clusters.counts[own] === 1) continue;
    const a = sums[own]! / (clusters.counts[own]! - 1);
    let b = Number.POSITIVE_INFINITY;
    for (let c = 0; c < k; c++) if (c !== own) b = Math.min(b, sums[c]! / clusters.counts[c]!);
    out[i] = a === b ? 0 : (b - a) / Math.max(a, b);
  }
  return out;
}

/**
 * The mean of {@link silhouetteSamples}: near 1 for tight clusters far apart, negative where samples are in the wrong one.
 *
 * @param X - `[samples, features]`.
 * @param labels - clusters `[samples]`.
 * @throws ConfigError for fewer than two clusters, or as many as samples.
 *
 * @example
 * ```ts
 * import { silhouetteScore } from 'kompakt/metrics';
 * console.log(silhouetteScore([[0], [1], [10], [11]], [0, 0, 1, 1]).toFixed(3)); // → 0.900
 * ```
 */
export function silhouetteScore(X: Matrix, labels: Labels): number {
  const values = silhouetteSamples(X, labels);
  return values.reduce((a, b) => a + b, 0) / values.length;
}

function centresOf({ data, cols, rows }: Dense, { codes, counts, classes }: Encoded): Float64Array {
  const centres = new Float64Array(classes.length * cols);
  for (let i = 0; i < rows; i++)
    for (let c = 0; c < cols; c++) centres[codes[i]! * cols + c]! += data[i * cols + c]! / counts[codes[i]!]!;
  return centres;
}

/**
 * Between-cluster over within-cluster dispersion, per degree of freedom; greater is better.
 *
 * @param X - `[samples, features]`.
 * @param labels - clusters `[samples]`.
 * @throws ConfigError for fewer than two clusters, or as many as samples.
 *
 * Reference: Caliński & Harabasz 1974, “A dendrite method for cluster analysis”.
 *
 * @example
 * ```ts
 * import { calinskiHarabaszScore } from 'kompakt/metrics';
 * console.log(calinskiHarabaszScore([[0], [1], [10], [11]], [0, 0, 1, 1])); // → 200
 * ```
 */
export function calinskiHarabaszScore(X: Matrix, labels: Labels): number {
  const { X: samples, clusters } = readClusters(X, labels, 'calinskiHarabaszScore');
  const { rows, cols } = samples;
  const k = clusters.classes.length;
  const centres = centresOf(samples, clusters);
  const all = { codes: new Int32Array(rows), classes: [0], counts: Int32Array.of(rows) };
  const mean = centresOf(samples, all);
  let [between, within] = [0, 0];
  for (let c = 0; c < k; c++) between += clusters.counts[c]! * distance({ data: centres, rows: k, cols }, c, mean, 0);
  for (let i = 0; i < rows; i++) within += distance(samples, i, centres, clusters.codes[i]!);
  return within === 0 ? 1 : (between * (rows - k)) / (within * (k - 1));
}

/**
 * The mean, over clusters, of the worst ratio of both clusters' widths to the distance of their centres; smaller is better.
 *
 * @param X - `[samples, features]`.
 * @param labels - clusters `[samples]`.
 * @throws ConfigError for fewer than two clusters, or as many as samples.
 *
 * Reference: Davies & Bouldin 1979, “A cluster separation measure”.
 *
 * @example
 * ```ts
 * import { daviesBouldinScore } from 'kompakt/metrics';
 * console.log(daviesBouldinScore([[0], [1], [10], [11]], [0, 0, 1, 1])); // → 0.1
 * ```
 */
export function daviesBouldinScore(X: Matrix, labels: Labels): number {
  const { X: samples, clusters } = readClusters(X, labels, 'daviesBouldinScore');
  const k = clusters.classes.length;
  const centres = centresOf(samples, clusters);
  const widths = new Float64Array(k);
  for (let i = 0; i < samples.rows; i++) {
    const c = clusters.codes[i]!;
    widths[c]! += Math.sqrt(distance(samples, i, centres, c)) / clusters.counts[c]!;
  }
  const table = { data: centres, rows: k, cols: samples.cols };
  let sum = 0;
  for (let a = 0; a < k; a++) {
    let worst = 0;
    for (let b = 0; b < k; b++) {
      const apart = Math.sqrt(distance(table, a, centres, b));
      if (a !== b && apart > 0) worst = Math.max(worst, (widths[a]! + widths[b]!) / apart);
    }
    sum += worst;
  }
  return sum / k;
}

/**
 * Of the pairs of samples that are together in either clustering, the geometric mean of the shares that are so in both.
 *
 * @param labelsTrue - clusters or classes `[samples]`.
 * @param labelsPred - clusters `[samples]`.
 * @throws ShapeError when the lengths differ.
 *
 * Reference: Fowlkes & Mallows 1983, “A method for comparing two hierarchical clusterings”.
 *
 * @example
 * ```ts
 * import { fowlkesMallowsScore } from 'kompakt/metrics';
 * console.log(fowlkesMallowsScore([0, 0, 1, 1], [1, 1, 0, 0])); // → 1
 * ```
 */
export function fowlkesMallowsScore(labelsTrue: Labels, labelsPred: Labels): number {
  const { cells, rows, columns, n } = contingency(labelsTrue, labelsPred, 'fowlkesMallowsScore');
  const [both, a, b] = [pairs(cells) - n, pairs(rows) - n, pairs(columns) - n];
  return both === 0 ? 0 : Math.sqrt(both / a) * Math.sqrt(both / b);
}
