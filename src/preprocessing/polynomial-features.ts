import { ConfigError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { Labels } from '../data/labels';
import { countFeatures, type Dense, type Matrix, readSamplesAsync } from '../data/matrix';
import { CsrMatrix, isSparse } from '../data/sparse';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import type { ModelState } from '../estimator/state';
import {
  FittedTransformerBase,
  type FittedTransformerParts,
  type Input,
  namesOf,
  TransformerBase,
} from '../estimator/transformer';

export interface PolynomialFeaturesOptions {
  /** The highest degree, or the lowest and the highest; 2 by default. */
  readonly degree?: number | readonly [number, number] | undefined;
  /** Products of different features only; false by default. */
  readonly interactionOnly?: boolean | undefined;
  /** Begin with a feature that is 1; true by default. */
  readonly includeBias?: boolean | undefined;
}

/**
 * All products of features up to a degree: of [a, b] to degree 2, [1, a, b, a², ab, b²].
 *
 * @example
 * ```ts
 * import { PolynomialFeatures } from 'kompakt/preprocessing';
 * const { fitted, X } = await new PolynomialFeatures().fitTransform([[2, 3]]);
 * console.log(fitted.featureNamesOut(['a', 'b']), X); // → [ '1', 'a', 'b', 'a^2', 'a b', 'b^2' ] [ [ 1, 2, 3, 4, 6, 9 ] ]
 * ```
 */
export class PolynomialFeatures extends TransformerBase<FittedPolynomialFeatures> {
  readonly name = 'PolynomialFeatures' as const;
  readonly options: PolynomialFeaturesOptions;

  /** @param options - `degree = 2`, `interactionOnly = false`, `includeBias = true`; checked by `fit`. */
  constructor(options: PolynomialFeaturesOptions = {}) {
    super();
    this.options = options;
  }

  /**
   * Works out which products there are.
   *
   * @param X - `[samples, features]`, dense or sparse, finite.
   * @param _y - not looked at.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for NaN, infinity or a degree that is none; ShapeError for what is no matrix, or no product at all.
   */
  async fit(X: Matrix, _y?: Labels | null, options: NoFitOptions = {}): Promise<FittedPolynomialFeatures> {
    const what = 'PolynomialFeatures.fit';
    refuseFitOptions(options, what);
    checkOptions(this.options, ['degree', 'interactionOnly', 'includeBias'], what);
    const { degree = 2, interactionOnly = false, includeBias = true } = this.options;
    const [low, high] =
      typeof degree === 'number'
        ? [0, degree]
        : Array.isArray(degree)
          ? (degree as readonly [number, number])
          : [Number.NaN, 0];
    if (!(Number.isInteger(low) && Number.isInteger(high) && low >= 0 && low <= high))
      throw new ConfigError(`${what}: degree must be an integer ≥ 0 or two that rise, got ${shown(degree)}.`);
    const samples = await readSamplesAsync(X, `${what}: X`);
    const nFeatures = countFeatures(samples);
    const products = productsOf(nFeatures, low, high, interactionOnly, includeBias);
    if (products.length === 0)
      throw new ShapeError(
        `${what}: degree ${shown(degree)} without a bias leaves no feature. Raise degree, or set includeBias.`,
      );
    return new FittedPolynomialFeatures({ nFeatures, featureNamesIn: namesOf(X), products });
  }
}

/** Products as ascending lists of features, by degree and then in the order of those lists. */
function productsOf(n: number, low: number, high: number, interactionOnly: boolean, bias: boolean): number[][] {
  const out: number[][] = bias ? [[]] : [];
  const extend = (product: number[], degree: number, from: number): void => {
    if (product.length === degree) {
      out.push(product);
      return;
    }
    for (let i = from; i < n; i++) extend([...product, i], degree, interactionOnly ? i + 1 : i);
  };
  for (let degree = Math.max(1, low); degree <= high; degree++) extend([], degree, 0);
  return out;
}

export interface PolynomialFeaturesParts extends FittedTransformerParts {
  readonly products: readonly (readonly number[])[];
}

/** What `PolynomialFeatures.fit` returns. */
export class FittedPolynomialFeatures extends FittedTransformerBase<PolynomialFeaturesParts> {
  static readonly type = 'PolynomialFeatures';
  /** How many features it makes. */
  readonly nOutputFeatures = this.parts.products.length;

  constructor(parts: PolynomialFeaturesParts) {
    super('PolynomialFeatures', parts, { sparse: true });
  }

  static fromState(state: ModelState): FittedPolynomialFeatures {
    return new FittedPolynomialFeatures(state as unknown as PolynomialFeaturesParts);
  }

  /** The power of each feature in each product, `[products, features]`. */
  get powers(): number[][] {
    return this.parts.products.map((product) => {
      const row = new Array<number>(this.nFeatures).fill(0);
      for (const f of product) row[f]!++;
      return row;
    });
  }

  /** The products of each sample's features. */
  transform(X: Input): Matrix {
    const { products } = this.parts;
    const samples = this.readSparse(X, 'transform');
    if (!isSparse(samples)) return this.like(X, multiply(samples, products));
    return multiplySparse(samples, products);
  }

  override featureNamesOut(names?: readonly string[]): string[] {
    const given = this.namesIn(names, 'featureNamesOut');
    return this.powers.map((row) => {
      const factors = row.flatMap((power, f) =>
        power === 0 ? [] : [power === 1 ? given[f]! : `${given[f]}^${power}`],
      );
      return factors.join(' ') || '1';
    });
  }
}

/** Each product from the one it extends by a feature, where that is there. */
function multiply({ data, rows, cols }: Dense, products: readonly (readonly number[])[]): Dense {
  const index = new Map(products.map((product, i) => [product.join(), i]));
  const base = products.map((product) => (product.length < 2 ? -1 : (index.get(product.slice(0, -1).join()) ?? -1)));
  const width = products.length;
  const out = new Float64Array(rows * width);
  for (let r = 0; r < rows; r++) {
    for (let p = 0; p < width; p++) {
      const product = products[p]!;
      let v = base[p]! >= 0 ? out[r * width + base[p]!]! : 1;
      for (let i = base[p]! >= 0 ? product.length - 1 : 0; i < product.length; i++) v *= data[r * cols + product[i]!]!;
      out[r * width + p] = v;
    }
  }
  return { data: out, rows, cols: width };
}

/** The same, row after row, so that only one row is ever dense. */
function multiplySparse(X: CsrMatrix, products: readonly (readonly number[])[]): CsrMatrix {
  const [rows, cols] = X.shape;
  const row = { data: new Float64Array(cols), rows: 1, cols };
  const data: number[] = [];
  const indices: number[] = [];
  const indptr = new Int32Array(rows + 1);
  for (let r = 0; r < rows; r++) {
    row.data.fill(0);
    for (let e = X.indptr[r]!; e < X.indptr[r + 1]!; e++) row.data[X.indices[e]!] = X.data[e]!;
    multiply(row, products).data.forEach((v, p) => {
      if (v === 0) return;
      data.push(v);
      indices.push(p);
    });
    indptr[r + 1] = data.length;
  }
  return new CsrMatrix({ data, indices, indptr, shape: [rows, products.length] });
}
