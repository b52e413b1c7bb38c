import type {
  Estimator,
  FitOptions,
  FittedTransformer,
  Labels,
  Matrix,
  Resampled,
  Resampler,
  Transformer,
} from '../../src/data/index';
import { type Dense, matrixLike, readMatrix } from '../../src/data/matrix';
import { takeRows } from '../../src/data/rows';
import { readHost } from '../../src/data/vector';
import { FittedRegressor } from '../../src/estimator/fitted';
import type { ModelState } from '../../src/estimator/state';
import { readRegression } from '../../src/estimator/supervised';

/** What pieces of a pipeline were given: first columns, which number the samples in tests that use this. */
export interface Log {
  readonly fitted: number[][];
  readonly resampled: number[][];
  readonly transformed: number[][];
}

export const newLog = (): Log => ({ fitted: [], resampled: [], transformed: [] });

const idsOf = (X: Matrix): number[] => {
  const { data, rows, cols } = readMatrix(X, 'recorder');
  return Array.from({ length: rows }, (_, i) => data[i * cols]!);
};

/** Adds nothing, and remembers. */
export class RecordingTransformer implements Transformer {
  readonly name = 'RecordingTransformer' as const;
  constructor(readonly options: { readonly log?: Log } = {}) {}
  async fit(X: Matrix): Promise<FittedTransformer> {
    this.options.log?.fitted.push(idsOf(X));
    return {
      transform: (A) => {
        this.options.log?.transformed.push(idsOf(A));
        return A;
      },
      inverseTransform: (A) => A,
    };
  }
}

/** Doubles the last sample of all; negative first columns are no samples of ours. */
export class RecordingResampler implements Resampler {
  readonly name = 'RecordingResampler' as const;
  constructor(readonly options: { readonly log?: Log } = {}) {}
  async fitResample<M extends Matrix, L extends Labels>(X: M, y: L): Promise<Resampled<M, L>> {
    const ids = idsOf(X);
    this.options.log?.resampled.push(ids);
    const indices = Int32Array.from([...ids.keys(), ids.length - 1]);
    return { X: takeRows(X as never, indices) as M, y: takeRows(y as never, indices) as never, indices };
  }
}

export interface MeanOptions {
  /** Added to every prediction. */
  readonly shift?: number;
  /** Fail on training samples whose first column has this value. */
  readonly failOn?: number;
}

/** Predicts the weighted mean of the training targets. */
export class MeanRegressor implements Estimator<FittedMean> {
  readonly name = 'MeanRegressor' as const;
  readonly kind = 'regressor' as const;
  constructor(readonly options: MeanOptions = {}) {}
  async fit(X: Matrix, y: Labels, options: FitOptions = {}): Promise<FittedMean> {
    const given = await readRegression(X, y as number[], options, 'MeanRegressor.fit');
    if (idsOf(X).includes(this.options.failOn ?? Number.NaN)) throw new TypeError('it was told to fail');
    let [sum, total] = [0, 0];
    given.y.forEach((v, i) => {
      sum += (given.weights?.[i] ?? 1) * v;
      total += given.weights?.[i] ?? 1;
    });
    return new FittedMean(sum / total + (this.options.shift ?? 0), given.X.cols);
  }
}

export class FittedMean extends FittedRegressor {
  static readonly type = 'MeanRegressor';
  constructor(
    readonly mean: number,
    nFeatures: number,
  ) {
    super({ name: 'MeanRegressor', nFeatures });
  }
  protected predictValues(X: Matrix, method: string): Float64Array {
    return new Float64Array(this.read(X, method).rows).fill(this.mean);
  }
  toState(): ModelState {
    return { type: FittedMean.type, mean: this.mean, nFeatures: this.nFeatures };
  }
  static fromState(state: ModelState): FittedMean {
    return new FittedMean(state.mean as number, state.nFeatures as number);
  }
}

/** Moves columns to mean 0 and deviation 1: enough of a scaler that tests here need no other part of the package. */
export class Scale implements Transformer<FittedScale> {
  readonly name = 'Scale' as const;
  constructor(readonly options: { readonly withStd?: boolean } = {}) {}
  async fit(X: Matrix): Promise<FittedScale> {
    const { data, rows, cols } = readMatrix(X, 'Scale.fit: X');
    const [mean, scale] = [new Float64Array(cols), new Float64Array(cols)];
    for (let i = 0; i < data.length; i++) mean[i % cols]! += data[i]! / rows;
    for (let i = 0; i < data.length; i++) scale[i % cols]! += (data[i]! - mean[i % cols]!) ** 2 / rows;
    return new FittedScale(
      mean,
      scale.map((v) => (this.options.withStd === false ? 1 : Math.sqrt(v) || 1)),
    );
  }
}

export class FittedScale implements FittedTransformer {
  static readonly type = 'Scale';
  constructor(
    readonly mean: Float64Array,
    readonly scale: Float64Array,
  ) {}
  transform(X: Matrix): Matrix {
    return this.#map(X, (v, c) => (v - this.mean[c]!) / this.scale[c]!);
  }
  inverseTransform(X: Matrix): Matrix {
    return this.#map(X, (v, c) => v * this.scale[c]! + this.mean[c]!);
  }
  toState(): ModelState {
    return { type: FittedScale.type, mean: this.mean, scale: this.scale };
  }
  static fromState(state: ModelState): FittedScale {
    return new FittedScale(state.mean as Float64Array, state.scale as Float64Array);
  }
  #map(X: Matrix, f: (v: number, c: number) => number): Matrix {
    const given: Dense = readMatrix(X, 'Scale.transform: X', { cols: this.mean.length });
    return matrixLike(X, { ...given, data: given.data.map((v, i) => f(v, i % given.cols)) });
  }
}

export const listOf = (x: unknown): unknown[] => Array.from(readHost(x as never, 'test').data as ArrayLike<unknown>);
