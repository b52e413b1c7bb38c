import { ConfigError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { Labels } from '../data/labels';
import { countFeatures, type Matrix, readSamples } from '../data/matrix';
import { readTable, readTableAsync } from '../data/read-table';
import { CsrMatrix, isSparse } from '../data/sparse';
import { type Cell, type Column, ColumnTable, type Table } from '../data/table';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import type { ModelState } from '../estimator/state';
import {
  FittedTransformerBase,
  type FittedTransformerParts,
  type Input,
  TransformerBase,
} from '../estimator/transformer';
import { checkOption } from '../metrics/warning';
import { type Categories, type Category, categoriesOf, codesIn, readCategories, refuseUnknown } from './categories';
import { groupRare, INFREQUENT } from './infrequent';

export interface OneHotEncoderOptions {
  /** A list of categories per column, or `'auto'` (default): those that occur in fit, ascending. */
  readonly categories?: Categories | undefined;
  /** Leave out a category per column: the first, the first of those with two, or the one given for each; none by default. */
  readonly drop?: 'first' | 'ifBinary' | readonly Category[] | null | undefined;
  /**
   * What to do with a category that was not there in fit: `'error'` (default), `'ignore'`: all zeros, or
   * `'infrequentIfExist'`: count it with the rare ones, where there are such, else ignore it.
   */
  readonly handleUnknown?: 'error' | 'ignore' | 'infrequentIfExist' | undefined;
  /** Put categories together that occur less often than this: a count from 1 on, a fraction of the samples below 1. */
  readonly minFrequency?: number | undefined;
  /** Put the rarest together so that each column makes no more features than this. */
  readonly maxCategories?: number | undefined;
  /** Make a sparse matrix; true by default. */
  readonly sparseOutput?: boolean | undefined;
}

const OPTIONS = ['categories', 'drop', 'handleUnknown', 'minFrequency', 'maxCategories', 'sparseOutput'];

/**
 * Turns each column into one feature per category: 1 for the category a sample has, 0 for the others.
 *
 * Columns may be numbers, text or booleans; a missing value (NaN, null) is a category of its own, the last.
 *
 * @example
 * ```ts
 * import { OneHotEncoder } from 'kompakt/preprocessing';
 * const { fitted, X } = await new OneHotEncoder({ sparseOutput: false }).fitTransform([['tea', 1], ['coffee', 2], ['tea', 2]]);
 * console.log(fitted.featureNamesOut()); // → [ 'x0_coffee', 'x0_tea', 'x1_1', 'x1_2' ]
 * console.log(X); // → [ [ 0, 1, 1, 0 ], [ 1, 0, 0, 1 ], [ 0, 1, 0, 1 ] ]
 * ```
 */
export class OneHotEncoder extends TransformerBase<FittedOneHotEncoder> {
  readonly name = 'OneHotEncoder' as const;
  readonly options: OneHotEncoderOptions;

  /**
   * @param options - `categories = 'auto'`, `drop`, `handleUnknown = 'error'`, `minFrequency`, `maxCategories`,
   * `sparseOutput = true`; checked by `fit`.
   */
  constructor(options: OneHotEncoderOptions = {}) {
    super();
    this.options = options;
  }

  /**
   * Learns the categories of each column.
   *
   * @param X - a table `[samples, columns]`: rows or records of numbers, text or booleans, or any matrix.
   * @param _y - not looked at.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for options that don't fit, or categories that were not given; ShapeError for ragged rows; DTypeError
   * for a column of mixed types.
   */
  async fit(X: Input, _y?: Labels | null, options: NoFitOptions = {}): Promise<FittedOneHotEncoder> {
    const what = 'OneHotEncoder.fit';
    refuseFitOptions(options, what);
    checkOptions(this.options, OPTIONS, what);
    const { categories: given = 'auto', drop = null, sparseOutput = true } = this.options;
    const handleUnknown = checkOption(
      this.options.handleUnknown ?? 'error',
      ['error', 'ignore', 'infrequentIfExist'] as const,
      'handleUnknown',
      what,
    );
    const { columns, names } = await readTableAsync(X, `${what}: X`);
    const lists = readCategories(given, columns, what);
    if (Array.isArray(drop) && drop.length !== columns.length)
      throw new ShapeError(
        `${what}: drop has ${drop.length} categories for ${columns.length} columns. Give one for each.`,
      );
    const groups = columns.map((column, c): Group => {
      const categories = lists[c] ?? categoriesOf(column);
      const codes = codesIn(column, categories);
      if (handleUnknown === 'error' && codes.includes(-1))
        refuseUnknown(column, codes, c, "Add it to categories, or set handleUnknown: 'ignore'.", what);
      const rare = groupRare(codes, categories.length, this.options, what);
      return { categories, rare, dropped: dropOf(drop, categories, rare, c, what) };
    });
    return new FittedOneHotEncoder({
      nFeatures: columns.length,
      featureNamesIn: names,
      groups,
      handleUnknown,
      sparse: sparseOutput,
    });
  }
}

/** What a column became: positions are those in its categories, the rare ones put together as the last. */
interface Group {
  readonly categories: readonly Category[];
  /** Which categories are rare; null if none are. */
  readonly rare: readonly number[] | null;
  /** The position, rare ones together, that is left out; −1 for none. */
  readonly dropped: number;
}

function dropOf(
  drop: OneHotEncoderOptions['drop'],
  categories: readonly Category[],
  rare: readonly number[] | null,
  c: number,
  what: string,
): number {
  if (drop === null || drop === undefined) return -1;
  const position = positionsOf(categories.length, rare);
  if (drop === 'first') return position[0]!;
  if (drop === 'ifBinary') return Math.max(...position) === 1 ? position[0]! : -1;
  if (!Array.isArray(drop))
    throw new ConfigError(`${what}: drop must be 'first', 'ifBinary' or a category per column, got ${shown(drop)}.`);
  const at = categories.findIndex((v) => Object.is(v, drop[c]));
  if (at < 0)
    throw new ConfigError(`${what}: drop names ${shown(drop[c])} for column ${c}, which is no category of it.`);
  if (rare?.includes(at))
    throw new ConfigError(
      `${what}: drop names ${shown(drop[c])} for column ${c}, which is infrequent there. Drop another.`,
    );
  return position[at]!;
}

/** The position of each category with the rare ones together at the end. */
function positionsOf(n: number, rare: readonly number[] | null): Int32Array {
  const out = new Int32Array(n);
  const set = new Set(rare);
  let next = 0;
  for (let i = 0; i < n; i++) if (!set.has(i)) out[i] = next++;
  for (const i of set) out[i] = next;
  return out;
}

export interface OneHotEncoderParts extends FittedTransformerParts {
  readonly groups: readonly Group[];
  readonly handleUnknown: 'error' | 'ignore' | 'infrequentIfExist';
  readonly sparse: boolean;
}

/** Where a column's categories go in the output. */
interface Layout {
  readonly start: number;
  /** By category: the feature, −1 for a dropped one. */
  readonly feature: Int32Array;
  /** Where unknown categories go; −1 for nowhere. */
  readonly unknown: number;
  /** What each feature stands for. */
  readonly values: readonly Category[];
}

/** What `OneHotEncoder.fit` returns. */
export class FittedOneHotEncoder extends FittedTransformerBase<OneHotEncoderParts> {
  static readonly type = 'OneHotEncoder';
  /** The categories of each column. */
  readonly categories = this.parts.groups.map((group) => group.categories);
  /** The position in `categories` of what is left out of each column, its first if infrequent; null for none. */
  readonly dropIdx = this.parts.groups.map((group) => {
    const at = positionsOf(group.categories.length, group.rare).indexOf(group.dropped);
    return group.dropped < 0 ? null : at;
  });
  /** The categories of each column that are put together; null where none are. */
  readonly infrequentCategories = this.parts.groups.map(
    (group) => group.rare?.map((i) => group.categories[i]!) ?? null,
  );
  readonly #layout: readonly Layout[];

  constructor(parts: OneHotEncoderParts) {
    super('OneHotEncoder', parts);
    let start = 0;
    this.#layout = parts.groups.map((group) => {
      const layout = layOut(group, start, parts.handleUnknown);
      start += layout.values.length;
      return layout;
    });
  }

  static fromState(state: ModelState): FittedOneHotEncoder {
    return new FittedOneHotEncoder(state as unknown as OneHotEncoderParts);
  }

  /** How many features it makes. */
  get nOutputFeatures(): number {
    return this.#layout.reduce((n, { values }) => n + values.length, 0);
  }

  /**
   * One feature per category.
   *
   * @param X - a table with the columns of fit.
   * @returns a CsrMatrix; without `sparseOutput` in the form of X, rows for records.
   * @throws ConfigError for a category that was not there in fit, unless `handleUnknown` says otherwise.
   */
  transform(X: Input): Matrix {
    const what = 'OneHotEncoder.transform';
    const { columns, rows } = readTable(X, `${what}: X`, { cols: this.nFeatures, names: this.featureNamesIn });
    const features = columns.map((column, c) => this.#featuresOf(column, c, what));
    const indptr = new Int32Array(rows + 1);
    const indices = new Int32Array(rows * columns.length);
    let n = 0;
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < features.length; c++) if (features[c]![r]! >= 0) indices[n++] = features[c]![r]!;
      indptr[r + 1] = n;
    }
    const shape = [rows, this.nOutputFeatures] as const;
    const sparse = new CsrMatrix({ data: new Float64Array(n).fill(1), indices: indices.subarray(0, n), indptr, shape });
    return this.parts.sparse ? sparse : this.like(X, { data: sparse.toDense().data, rows: shape[0], cols: shape[1] });
  }

  #featuresOf(column: Column, c: number, what: string): Int32Array {
    const { feature, unknown } = this.#layout[c]!;
    const codes = codesIn(column, this.categories[c]!);
    if (this.parts.handleUnknown === 'error' && codes.includes(-1)) {
      refuseUnknown(
        column,
        codes,
        c,
        "Set handleUnknown to 'ignore' or 'infrequentIfExist' to let such samples pass.",
        what,
      );
    }
    return codes.map((code) => (code < 0 ? unknown : feature[code]!));
  }

  /**
   * The categories again. Samples of zeros are of the dropped category, else unknown: null.
   *
   * @param X - `[samples, features]` as `transform` makes it.
   * @returns rows, or a ColumnTable if columns had names; `'infrequent_sklearn'` stands for those put together.
   * @throws ShapeError for another number of features; ConfigError for zeros that stand for nothing.
   */
  inverseTransform(X: Matrix): Table {
    const samples = readSamples(X, 'OneHotEncoder.inverseTransform: X', { cols: this.nOutputFeatures });
    const { data, shape } = isSparse(samples) ? samples.toDense() : { data: samples.data, shape: [samples.rows] };
    const width = countFeatures(samples);
    const columns = this.#layout.map((layout, c) =>
      Array.from({ length: shape[0]! }, (_, r) => this.#valueOf(layout, c, data, r * width, r)),
    );
    const names = this.featureNamesIn;
    if (names !== null) return new ColumnTable(columns.map((column, c) => [names[c]!, column] as const));
    return Array.from({ length: shape[0]! }, (_, r) => columns.map((column) => column[r] as Cell));
  }

  #valueOf({ start, values }: Layout, c: number, data: Float64Array, row: number, r: number): Category {
    let best = -1;
    for (let i = 0; i < values.length; i++) {
      const v = data[row + start + i]!;
      if (v !== 0 && (best < 0 || v > data[row + start + best]!)) best = i;
    }
    if (best >= 0) return values[best]!;
    const group = this.parts.groups[c]!;
    if (group.dropped >= 0) return valuesOf(group)[group.dropped]!;
    const { handleUnknown } = this.parts;
    if (handleUnknown === 'ignore' || (handleUnknown === 'infrequentIfExist' && group.rare === null)) return null;
    throw new ConfigError(
      `OneHotEncoder.inverseTransform: sample ${r} has no category in column ${c}. Give what transform made.`,
    );
  }

  override featureNamesOut(names?: readonly string[]): string[] {
    const given = this.namesIn(names, 'featureNamesOut');
    return this.#layout.flatMap(({ values }, c) => values.map((v) => `${given[c]}_${String(v)}`));
  }
}

/** What positions stand for, the rare ones together. */
function valuesOf({ categories, rare }: Group): Category[] {
  if (rare === null) return [...categories];
  return [...categories.filter((_, i) => !rare.includes(i)), INFREQUENT];
}

function layOut(group: Group, start: number, handleUnknown: string): Layout {
  const { categories, rare, dropped } = group;
  const shift = (position: number): number =>
    position === dropped ? -1 : start + position - Number(dropped >= 0 && position > dropped);
  const position = positionsOf(categories.length, rare);
  return {
    start,
    feature: position.map(shift),
    unknown: handleUnknown === 'infrequentIfExist' && rare !== null ? shift(position[rare[0]!]!) : -1,
    values: valuesOf(group).filter((_, i) => i !== dropped),
  };
}
