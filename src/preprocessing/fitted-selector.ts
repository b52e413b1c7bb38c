import { ConfigError } from '../core/errors';
import { type Dense, type Matrix, readSamples } from '../data/matrix';
import { CsrMatrix, isSparse } from '../data/sparse';
import { FittedTransformerBase, type FittedTransformerParts, type Input } from '../estimator/transformer';
import { takeColumns } from './take-columns';

export interface SelectorParts extends FittedTransformerParts {
  /** Positions of the features kept, ascending. */
  readonly kept: Int32Array;
}

/** Base of fitted selectors: they keep some features and drop the others. */
export abstract class FittedSelector<P extends SelectorParts = SelectorParts> extends FittedTransformerBase<P> {
  /** Positions of the features kept. */
  readonly indices: Int32Array;
  /** For each feature whether it is kept. */
  readonly support: readonly boolean[];

  constructor(name: string, parts: P) {
    super(name, parts, { sparse: true, nan: true });
    this.indices = parts.kept;
    this.support = Array.from({ length: parts.nFeatures }, (_, c) => parts.kept.includes(c));
  }

  /** The features kept; sparse if X is. */
  transform(X: Input): Matrix {
    const samples = this.readSparse(X, 'transform');
    if (this.indices.length === 0)
      throw new ConfigError(`${this.name}.transform: no feature was selected. Ask for less, or for more features.`);
    return isSparse(samples) ? takeColumns(samples, this.indices) : this.like(X, takeColumns(samples, this.indices));
  }

  /** The features kept in their places, 0 in those of the others. */
  inverseTransform(X: Matrix): Matrix {
    const cols = this.indices.length;
    const samples = readSamples(X, `${this.name}.inverseTransform: X`, { cols, allowNonFinite: true });
    if (isSparse(samples)) {
      const { data, indptr } = samples;
      const indices = samples.indices.map((c) => this.indices[c]!);
      return new CsrMatrix({ data, indices, indptr, shape: [samples.shape[0], this.nFeatures] });
    }
    return this.likeBefore(X, this.#spread(samples));
  }

  #spread({ data, rows, cols }: Dense): Dense {
    const out = new Float64Array(rows * this.nFeatures);
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < cols; c++) out[r * this.nFeatures + this.indices[c]!] = data[r * cols + c]!;
    return { data: out, rows, cols: this.nFeatures };
  }

  override featureNamesOut(names?: readonly string[]): string[] {
    const given = this.namesIn(names, 'featureNamesOut');
    return Array.from(this.indices, (c) => given[c]!);
  }
}

/** Positions where `keep` holds. */
export function positionsWhere(n: number, keep: (c: number) => boolean): Int32Array {
  return Int32Array.from({ length: n }, (_, c) => c).filter(keep);
}
