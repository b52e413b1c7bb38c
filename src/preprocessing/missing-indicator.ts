import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Labels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import { readTable, readTableAsync } from '../data/read-table';
import type { Column } from '../data/table';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import type { ModelState } from '../estimator/state';
import {
  FittedTransformerBase,
  type FittedTransformerParts,
  type Input,
  TransformerBase,
} from '../estimator/transformer';
import { checkOption } from '../metrics/warning';

export interface MissingIndicatorOptions {
  /** Columns to tell of: `'missingOnly'` (default), those with missing values in fit, or `'all'`. */
  readonly features?: 'missingOnly' | 'all' | undefined;
  /** Refuse a missing value in a column that had none in fit; true by default. */
  readonly errorOnNew?: boolean | undefined;
}

/**
 * Says where values are missing (NaN or null): 1 for a missing one, 0 for one that is there.
 *
 * @example
 * ```ts
 * import { MissingIndicator } from 'kompakt/preprocessing';
 * const { X } = await new MissingIndicator().fitTransform([[1, NaN], [2, 3]]);
 * console.log(X); // → [ [ 1 ], [ 0 ] ]
 * ```
 */
export class MissingIndicator extends TransformerBase<FittedMissingIndicator> {
  readonly name = 'MissingIndicator' as const;
  readonly options: MissingIndicatorOptions;

  /** @param options - `features = 'missingOnly'`, `errorOnNew = true`; checked by `fit`. */
  constructor(options: MissingIndicatorOptions = {}) {
    super();
    this.options = options;
  }

  /**
   * Learns which columns have missing values.
   *
   * @param X - a table `[samples, columns]`.
   * @param _y - not looked at.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for unknown options; ShapeError for ragged rows; DTypeError for a column of mixed types.
   */
  async fit(X: Input, _y?: Labels | null, options: NoFitOptions = {}): Promise<FittedMissingIndicator> {
    const what = 'MissingIndicator.fit';
    refuseFitOptions(options, what);
    checkOptions(this.options, ['features', 'errorOnNew'], what);
    const { errorOnNew = true } = this.options;
    const mode = checkOption(this.options.features ?? 'missingOnly', ['missingOnly', 'all'] as const, 'features', what);
    const { columns, names } = await readTableAsync(X, `${what}: X`);
    const known = columns.map(hasMissing);
    const features = Int32Array.from(columns.keys()).filter((c) => mode === 'all' || known[c]);
    return new FittedMissingIndicator({
      nFeatures: columns.length,
      featureNamesIn: names,
      features,
      errorOnNew: errorOnNew && mode !== 'all',
    });
  }
}

/** Whether a value is missing, in any type of column. */
export const isMissing = (v: unknown): boolean => v === null || v !== v;

/** Whether a value of the column is missing. */
export function hasMissing(column: Column): boolean {
  for (let i = 0; i < column.length; i++) if (isMissing(column[i])) return true;
  return false;
}

/** 1 where one of the columns `features` has a missing value, row by row. */
export function missingMask(columns: readonly Column[], features: Int32Array, rows: number): Float64Array {
  const out = new Float64Array(rows * features.length);
  features.forEach((f, c) => {
    for (let r = 0; r < rows; r++) if (isMissing(columns[f]![r])) out[r * features.length + c] = 1;
  });
  return out;
}

export interface MissingIndicatorParts extends FittedTransformerParts {
  readonly features: Int32Array;
  readonly errorOnNew: boolean;
}

/** What `MissingIndicator.fit` returns. */
export class FittedMissingIndicator extends FittedTransformerBase<MissingIndicatorParts> {
  static readonly type = 'MissingIndicator';
  /** Positions of the columns it tells of. */
  readonly features = this.parts.features;

  constructor(parts: MissingIndicatorParts) {
    super('MissingIndicator', parts, { nan: true });
  }

  static fromState(state: ModelState): FittedMissingIndicator {
    return new FittedMissingIndicator(state as unknown as MissingIndicatorParts);
  }

  /**
   * 1 for missing values, 0 for others.
   *
   * @returns `[samples, features]` in the form of X; rows for records.
   * @throws ConfigError for missing values in a column that had none in fit, unless `errorOnNew` is false.
   */
  transform(X: Input): Matrix {
    const what = 'MissingIndicator.transform';
    const { columns, rows } = readTable(X, `${what}: X`, { cols: this.nFeatures, names: this.featureNamesIn });
    const fresh = this.parts.errorOnNew ? columns.findIndex((c, i) => !this.features.includes(i) && hasMissing(c)) : -1;
    if (fresh >= 0) {
      throw new ConfigError(
        `${what}: column ${fresh} has missing values and had none in fit. Set errorOnNew: false, or features: 'all'.`,
      );
    }
    return this.like(X, { data: missingMask(columns, this.features, rows), rows, cols: this.features.length });
  }

  override featureNamesOut(names?: readonly string[]): string[] {
    const given = this.namesIn(names, 'featureNamesOut');
    return Array.from(this.features, (f) => `missingindicator_${given[f]}`);
  }
}
