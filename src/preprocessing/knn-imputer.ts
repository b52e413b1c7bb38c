import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { Labels } from '../data/labels';
import { type Dense, type Matrix, readMatrixAsync } from '../data/matrix';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import type { ModelState } from '../estimator/state';
import {
  FittedTransformerBase,
  type FittedTransformerParts,
  type Input,
  namesOf,
  TransformerBase,
} from '../estimator/transformer';
import { checkOption } from '../metrics/warning';

export interface KNNImputerOptions {
  /** How many neighbours to average; 5 by default. */
  readonly nNeighbors?: number | undefined;
  /** How much each counts: `'uniform'` (default) or `'distance'`: by the inverse of its distance. */
  readonly weights?: 'uniform' | 'distance' | undefined;
  /** Append a feature for each column with missing values in fit that says where they were; false by default. */
  readonly addIndicator?: boolean | undefined;
  /** Keep columns that had nothing but NaN in fit, filled with 0; false by default: they are left out. */
  readonly keepEmptyFeatures?: boolean | undefined;
}

/**
 * Fills each NaN with the mean of that feature over the nearest training samples that have it.
 *
 * The distance of samples is Euclidean over the features that both have, scaled up for those missing:
 * √(features / shared · Σ(x − y)²). A sample that shares no feature with any gets the mean of the feature. Scale features first.
 *
 * Reference: Troyanskaya et al. 2001, “Missing value estimation methods for DNA microarrays”, Bioinformatics 17.
 *
 * @example
 * ```ts
 * import { KNNImputer } from 'kompakt/preprocessing';
 * const { X } = await new KNNImputer({ nNeighbors: 2 }).fitTransform([[1, 2], [1.1, 4], [9, 9], [1, NaN]]);
 * console.log((X as number[][])[3]); // → [ 1, 3 ]
 * ```
 */
export class KNNImputer extends TransformerBase<FittedKNNImputer> {
  readonly name = 'KNNImputer' as const;
  readonly options: KNNImputerOptions;

  /** @param options - `nNeighbors = 5`, `weights = 'uniform'`, `addIndicator = false`, `keepEmptyFeatures = false`; checked by `fit`. */
  constructor(options: KNNImputerOptions = {}) {
    super();
    this.options = options;
  }

  /**
   * Keeps the samples.
   *
   * @param X - `[samples, features]`; NaN is missing.
   * @param _y - not looked at.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for infinity, a sparse matrix, or options that don't fit; ShapeError for what is no matrix.
   */
  async fit(X: Matrix, _y?: Labels | null, options: NoFitOptions = {}): Promise<FittedKNNImputer> {
    const what = 'KNNImputer.fit';
    refuseFitOptions(options, what);
    checkOptions(this.options, ['nNeighbors', 'weights', 'addIndicator', 'keepEmptyFeatures'], what);
    const { nNeighbors = 5, addIndicator = false, keepEmptyFeatures = false } = this.options;
    const weights = checkOption(this.options.weights ?? 'uniform', ['uniform', 'distance'] as const, 'weights', what);
    if (!Number.isInteger(nNeighbors) || nNeighbors < 1)
      throw new ConfigError(`${what}: nNeighbors must be an integer ≥ 1, got ${shown(nNeighbors)}.`);
    const { data, rows, cols } = await readMatrixAsync(X, `${what}: X`, { allowNaN: true });
    const missing = missingPerColumn({ data, rows, cols });
    return new FittedKNNImputer({
      nFeatures: cols,
      featureNamesIn: namesOf(X),
      data: Float64Array.from(data),
      nNeighbors,
      byDistance: weights === 'distance',
      kept: Int32Array.from(missing.keys()).filter((c) => keepEmptyFeatures || missing[c]! < rows),
      indicated: Int32Array.from(missing.keys()).filter((c) => addIndicator && missing[c]! > 0),
    });
  }
}

function missingPerColumn({ data, rows, cols }: Dense): Int32Array {
  const out = new Int32Array(cols);
  for (let i = 0; i < rows * cols; i++) if (data[i] !== data[i]) out[i % cols]!++;
  return out;
}

export interface KNNImputerParts extends FittedTransformerParts {
  readonly data: Float64Array;
  readonly nNeighbors: number;
  readonly byDistance: boolean;
  readonly kept: Int32Array;
  readonly indicated: Int32Array;
}

/** What `KNNImputer.fit` returns. */
export class FittedKNNImputer extends FittedTransformerBase<KNNImputerParts> {
  static readonly type = 'KNNImputer';

  constructor(parts: KNNImputerParts) {
    super('KNNImputer', parts, { nan: true });
  }

  static fromState(state: ModelState): FittedKNNImputer {
    return new FittedKNNImputer(state as unknown as KNNImputerParts);
  }

  /**
   * The samples with NaN filled in.
   *
   * @returns columns that were not empty in fit, then those that say what was missing, in the form of X.
   */
  transform(X: Input): Matrix {
    const { kept, indicated } = this.parts;
    const given = this.read(X, 'transform');
    const { rows, cols: width } = given;
    const cols = kept.length + indicated.length;
    const data = new Float64Array(rows * cols);
    const row = new Float64Array(width);
    for (let r = 0; r < rows; r++) {
      row.set(given.data.subarray(r * width, (r + 1) * width));
      indicated.forEach((c, i) => {
        data[r * cols + kept.length + i] = Number(Number.isNaN(row[c]));
      });
      if (row.some((v) => v !== v)) this.#fill(row);
      kept.forEach((c, i) => {
        data[r * cols + i] = row[c]!;
      });
    }
    return this.like(X, { data, rows, cols });
  }

  #fill(row: Float64Array): void {
    const { data, nNeighbors, byDistance } = this.parts;
    const width = row.length;
    const n = data.length / width;
    const distances = distancesTo(row, data, n);
    // Ties go to the sample that comes first; samples that share nothing come last.
    const order = Array.from(distances.keys()).sort((a, b) => rank(distances[a]!) - rank(distances[b]!) || a - b);
    const anyKnown = (donors: readonly number[]): boolean =>
      donors.some((d) => distances[d]! < Number.POSITIVE_INFINITY);
    for (const c of row.keys()) {
      if (row[c] === row[c]) continue;
      const donors = order.filter((d) => data[d * width + c] === data[d * width + c]);
      if (donors.length === 0) row[c] = 0;
      else if (!anyKnown(donors)) row[c] = average(donors, null, data, width, c);
      else row[c] = average(donors.slice(0, nNeighbors), byDistance ? distances : null, data, width, c);
    }
  }

  override featureNamesOut(names?: readonly string[]): string[] {
    const given = this.namesIn(names, 'featureNamesOut');
    const { kept, indicated } = this.parts;
    return [...Array.from(kept, (c) => given[c]!), ...Array.from(indicated, (c) => `missingindicator_${given[c]}`)];
  }
}

/** Finite, so that differences of two are numbers. */
const rank = (distance: number): number => (distance === Number.POSITIVE_INFINITY ? Number.MAX_VALUE : distance);

/** Distances over shared features; infinite where none is shared. */
function distancesTo(row: Float64Array, data: Float64Array, n: number): Float64Array {
  const width = row.length;
  return Float64Array.from({ length: n }, (_, i) => {
    let sum = 0;
    let shared = 0;
    for (let c = 0; c < width; c++) {
      const d = row[c]! - data[i * width + c]!;
      if (d !== d) continue;
      sum += d * d;
      shared++;
    }
    return shared === 0 ? Number.POSITIVE_INFINITY : Math.sqrt((sum * width) / shared);
  });
}

function average(
  donors: readonly number[],
  distances: Float64Array | null,
  data: Float64Array,
  width: number,
  c: number,
): number {
  const touching = distances !== null && donors.some((d) => distances[d] === 0);
  let sum = 0;
  let whole = 0;
  for (const d of donors) {
    const weight = distances === null ? 1 : touching ? Number(distances[d] === 0) : 1 / distances[d]!;
    sum += weight * data[d * width + c]!;
    whole += weight;
  }
  return sum / whole;
}
