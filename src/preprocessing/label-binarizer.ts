import { ConfigError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import {
  codesOf,
  decodeLabels,
  distinctLabels,
  type Label,
  type Labels,
  type LabelsLike,
  readLabels,
  readLabelsAsync,
} from '../data/labels';
import { type Matrix, matrixLike, readMatrix, readSamples } from '../data/matrix';
import { CsrMatrix, isSparse } from '../data/sparse';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import { emptyLike } from '../estimator/fitted';
import { labelForm, labelsOfForm, type ModelState, toJSON } from '../estimator/state';

export interface LabelBinarizerOptions {
  /** What stands for the other classes; 0 by default. */
  readonly negLabel?: number | undefined;
  /** What stands for a sample's class; 1 by default. */
  readonly posLabel?: number | undefined;
  /** Make a sparse matrix; false by default. */
  readonly sparseOutput?: boolean | undefined;
}

/**
 * One column per class: 1 for a sample's own, 0 for the others. Two classes make one column, 1 for the second.
 *
 * @example
 * ```ts
 * import { LabelBinarizer } from 'kompakt/preprocessing';
 * const binarizer = await new LabelBinarizer().fit(['a', 'b', 'c']);
 * console.log(binarizer.transform(['c', 'a'])); // → [ [ 0, 0, 1 ], [ 1, 0, 0 ] ]
 * console.log(binarizer.inverseTransform([[0.1, 0.2, 0.7]])); // → [ 'c' ]
 * ```
 */
export class LabelBinarizer {
  readonly name = 'LabelBinarizer' as const;
  readonly options: LabelBinarizerOptions;

  /** @param options - `negLabel = 0`, `posLabel = 1`, `sparseOutput = false`; checked by `fit`. */
  constructor(options: LabelBinarizerOptions = {}) {
    this.options = options;
  }

  /**
   * Learns the classes.
   *
   * @param y - one label per sample: numbers, text or booleans.
   * @param options - none: samples are not weighed.
   * @throws DTypeError for mixed types; ConfigError for NaN, or options that don't fit.
   */
  async fit<L extends Labels>(y: L, options: NoFitOptions = {}): Promise<FittedLabelBinarizer<L>> {
    const what = 'LabelBinarizer.fit';
    refuseFitOptions(options, what);
    checkOptions(this.options, ['negLabel', 'posLabel', 'sparseOutput'], what);
    const { negLabel = 0, posLabel = 1, sparseOutput = false } = this.options;
    if (!(typeof negLabel === 'number' && typeof posLabel === 'number' && negLabel < posLabel))
      throw new ConfigError(`${what}: negLabel ${shown(negLabel)} must be below posLabel ${shown(posLabel)}.`);
    if (sparseOutput && negLabel !== 0)
      throw new ConfigError(`${what}: a sparse matrix keeps what is not 0, so negLabel must be 0, not ${negLabel}.`);
    const classes = distinctLabels(await readLabelsAsync(y, `${what}: y`));
    return new FittedLabelBinarizer(classes, y, { negLabel, posLabel, sparseOutput });
  }

  /** Fits, and makes the columns of the labels fitted with. */
  async fitTransform<L extends Labels>(
    y: L,
    options: NoFitOptions = {},
  ): Promise<{ fitted: FittedLabelBinarizer<L>; y: Matrix }> {
    const fitted = await this.fit(y, options);
    return { fitted, y: fitted.transform(y) };
  }
}

interface Settings {
  readonly negLabel: number;
  readonly posLabel: number;
  readonly sparseOutput: boolean;
}

/** What `LabelBinarizer.fit` returns. */
export class FittedLabelBinarizer<L extends Labels = Labels> {
  static readonly type = 'LabelBinarizer';
  readonly name = 'LabelBinarizer';
  /** The labels, ascending. */
  readonly classes: readonly Label[];
  readonly #like: L;
  readonly #settings: Settings;

  constructor(classes: readonly Label[], like: L, settings: Settings) {
    this.classes = classes;
    this.#like = emptyLike(like);
    this.#settings = settings;
  }

  static fromState(state: ModelState): FittedLabelBinarizer {
    const settings = state.settings as unknown as Settings;
    return new FittedLabelBinarizer(state.classes as readonly Label[], labelsOfForm(state.labels), settings);
  }

  toState(): ModelState {
    return {
      type: 'LabelBinarizer',
      classes: this.classes,
      labels: labelForm(this.#like),
      settings: { ...this.#settings },
    };
  }

  toJSON(): unknown {
    return toJSON(this.toState());
  }

  /**
   * One column per class.
   *
   * @param y - labels; those unknown from fit belong to no class.
   * @returns `[samples, classes]`, one column for two classes: rows for an array of labels, `{ data, shape }` for anything
   * else, or a CsrMatrix with `sparseOutput`.
   */
  transform(y: Labels): Matrix {
    const codes = codesOf(readLabels(y, 'LabelBinarizer.transform: y'), this.classes);
    const { negLabel, posLabel, sparseOutput } = this.#settings;
    const two = this.classes.length === 2;
    const cols = this.classes.length <= 2 ? 1 : this.classes.length;
    const columnOf = (code: number): number =>
      this.classes.length === 1 || (two && code === 0) ? -1 : two && code > 0 ? 0 : code;
    if (sparseOutput) {
      const indptr = new Int32Array(codes.length + 1);
      const indices: number[] = [];
      codes.forEach((code, r) => {
        if (columnOf(code) >= 0) indices.push(columnOf(code));
        indptr[r + 1] = indices.length;
      });
      const data = new Float64Array(indices.length).fill(posLabel);
      return new CsrMatrix({ data, indices, indptr, shape: [codes.length, cols] });
    }
    const data = new Float64Array(codes.length * cols).fill(negLabel);
    codes.forEach((code, r) => {
      if (columnOf(code) >= 0) data[r * cols + columnOf(code)] = posLabel;
    });
    const like: Matrix = Array.isArray(y) ? [] : { data, shape: [] };
    return matrixLike(like, { data, rows: codes.length, cols });
  }

  /**
   * The labels again: the class of the greatest value, for two classes the second above a threshold.
   *
   * @param Y - `[samples, columns]` as `transform` makes it, or scores or probabilities.
   * @param options - `threshold` between the two classes; halfway between `negLabel` and `posLabel` by default.
   * @throws ShapeError for other columns than `transform` makes.
   */
  inverseTransform(Y: Matrix, options: { readonly threshold?: number | undefined } = {}): LabelsLike<L> {
    const what = 'LabelBinarizer.inverseTransform';
    checkOptions(options, ['threshold'], what);
    const { negLabel, posLabel } = this.#settings;
    const { threshold = (negLabel + posLabel) / 2 } = options;
    const dense = toDense(Y, `${what}: Y`);
    const cols = this.classes.length <= 2 ? 1 : this.classes.length;
    if (dense.cols !== cols)
      throw new ShapeError(
        `${what}: Y has ${dense.cols} columns for ${this.classes.length} classes, which make ${cols}.`,
      );
    const codes = Int32Array.from({ length: dense.rows }, (_, r) => {
      const row = dense.data.subarray(r * cols, (r + 1) * cols);
      if (cols === 1) return this.classes.length === 1 ? 0 : Number(row[0]! > threshold);
      return row.reduce((best, v, c) => (v > row[best]! ? c : best), 0);
    });
    return decodeLabels(this.#like, this.classes, codes);
  }
}

function toDense(Y: Matrix, what: string) {
  const samples = readSamples(Y, what);
  return isSparse(samples) ? readMatrix(samples.toDense(), what) : samples;
}

export interface MultiLabelBinarizerOptions {
  /** The labels there are, in the order of the columns; those in fit, ascending, by default. */
  readonly classes?: readonly Label[] | undefined;
  /** Make a sparse matrix; false by default. */
  readonly sparseOutput?: boolean | undefined;
}

/** Any number of labels per sample. */
export type LabelSets = readonly (readonly Label[])[];

/**
 * One column per label, for samples that have any number of labels: 1 for each that a sample has.
 *
 * @example
 * ```ts
 * import { MultiLabelBinarizer } from 'kompakt/preprocessing';
 * const genres = await new MultiLabelBinarizer().fit([['war', 'drama'], ['drama']]);
 * console.log(genres.classes, genres.transform([['war'], []])); // → [ 'drama', 'war' ] [ [ 0, 1 ], [ 0, 0 ] ]
 * ```
 */
export class MultiLabelBinarizer {
  readonly name = 'MultiLabelBinarizer' as const;
  readonly options: MultiLabelBinarizerOptions;

  /** @param options - `classes`, `sparseOutput = false`; checked by `fit`. */
  constructor(options: MultiLabelBinarizerOptions = {}) {
    this.options = options;
  }

  /**
   * Learns the labels.
   *
   * @param y - a list of labels per sample.
   * @param options - none: samples are not weighed.
   * @throws DTypeError for mixed types; ConfigError for a class given twice.
   */
  async fit(y: LabelSets, options: NoFitOptions = {}): Promise<FittedMultiLabelBinarizer> {
    const what = 'MultiLabelBinarizer.fit';
    refuseFitOptions(options, what);
    checkOptions(this.options, ['classes', 'sparseOutput'], what);
    const { classes, sparseOutput = false } = this.options;
    checkSets(y, what);
    if (classes !== undefined && !Array.isArray(classes))
      throw new ConfigError(`${what}: classes must be a list of labels, got ${shown(classes)}.`);
    if (classes !== undefined && new Set(classes).size !== classes.length)
      throw new ConfigError(`${what}: classes name one twice.`);
    const all = y.flat();
    const found = classes ?? distinctLabels(all.length > 0 ? readLabels(all as readonly string[], `${what}: y`) : []);
    return new FittedMultiLabelBinarizer(found, sparseOutput);
  }

  /** Fits, and makes the columns of the samples fitted with. */
  async fitTransform(
    y: LabelSets,
    options: NoFitOptions = {},
  ): Promise<{ fitted: FittedMultiLabelBinarizer; y: number[][] | CsrMatrix }> {
    const fitted = await this.fit(y, options);
    return { fitted, y: fitted.transform(y) };
  }
}

function checkSets(y: LabelSets, what: string): void {
  const at = Array.isArray(y) ? y.findIndex((set) => !Array.isArray(set)) : 0;
  if (at >= 0)
    throw new ShapeError(
      `${what}: y must be a list of labels per sample, such as [['a', 'b'], []]; sample ${at} is none.`,
    );
}

/** What `MultiLabelBinarizer.fit` returns. */
export class FittedMultiLabelBinarizer {
  static readonly type = 'MultiLabelBinarizer';
  readonly name = 'MultiLabelBinarizer';
  /** The labels, in the order of the columns. */
  readonly classes: readonly Label[];
  readonly #sparse: boolean;

  constructor(classes: readonly Label[], sparse: boolean) {
    this.classes = classes;
    this.#sparse = sparse;
  }

  static fromState(state: ModelState): FittedMultiLabelBinarizer {
    return new FittedMultiLabelBinarizer(state.classes as readonly Label[], state.sparse === true);
  }

  toState(): ModelState {
    return { type: 'MultiLabelBinarizer', classes: this.classes, sparse: this.#sparse };
  }

  toJSON(): unknown {
    return toJSON(this.toState());
  }

  /**
   * One column per label.
   *
   * @param y - a list of labels per sample.
   * @returns rows of 0 and 1, or a CsrMatrix with `sparseOutput`.
   * @throws ConfigError for a label that was not there in fit.
   */
  transform(y: LabelSets): number[][] | CsrMatrix {
    const what = 'MultiLabelBinarizer.transform';
    checkSets(y, what);
    const indptr = new Int32Array(y.length + 1);
    const position = new Map(this.classes.map((c, i) => [c, i]));
    const indices = y.flatMap((set, r) => {
      const codes = Array.from(new Set(set), (label) => {
        const code = position.get(label);
        if (code !== undefined) return code;
        throw new ConfigError(
          `${what}: sample ${r} has the label ${JSON.stringify(label)}, unknown from fit. Leave it out, or fit with it.`,
        );
      }).sort((a, b) => a - b);
      indptr[r + 1] = indptr[r]! + codes.length;
      return codes;
    });
    const data = new Float64Array(indices.length).fill(1);
    const sparse = new CsrMatrix({ data, indices, indptr, shape: [y.length, this.classes.length] });
    return this.#sparse ? sparse : sparse.toArray();
  }

  /**
   * The labels again.
   *
   * @param Y - `[samples, labels]` of 0 and 1.
   * @throws ShapeError for other columns than `transform` makes; ConfigError for what is neither 0 nor 1.
   */
  inverseTransform(Y: Matrix): Label[][] {
    const what = 'MultiLabelBinarizer.inverseTransform';
    const { data, rows, cols } = toDense(Y, `${what}: Y`);
    if (cols !== this.classes.length)
      throw new ShapeError(`${what}: Y has ${cols} columns for ${this.classes.length} labels.`);
    const bad = data.find((v) => v !== 0 && v !== 1);
    if (bad !== undefined) throw new ConfigError(`${what}: found ${bad}; Y must be of 0 and 1.`);
    return Array.from({ length: rows }, (_, r) => this.classes.filter((_c, c) => data[r * cols + c] === 1));
  }
}
