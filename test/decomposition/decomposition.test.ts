import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, ShapeError } from '../../src/core/errors';
import { breastCancer, CsrMatrix, digits, iris, wine } from '../../src/data/index';
import { FittedPCA, FittedTruncatedSVD, PCA, TruncatedSVD } from '../../src/decomposition/index';
import { svd } from '../../src/decomposition/svd';
import { fromJSON, type ModelState } from '../../src/estimator/state';
import { numpyRandom } from '../../src/ops/numpy-random';
import { checkTransform } from '../../src/testing/index';
import { js, refuses } from '../bad-input/refusals';

interface Row {
  readonly data: 'iris' | 'wine' | 'breast_cancer' | 'digits' | 'wide';
  readonly options: { readonly [name: string]: number | boolean | string };
  readonly k: number;
  readonly components: number[];
  readonly variance: number[];
  readonly ratio: number[];
  readonly values: number[];
  readonly noise: number;
  readonly mean: number[];
  readonly transformed: number[];
  readonly back: number[];
}

const golden = JSON.parse(
  readFileSync(new URL('../fixtures/decomposition/decomposition.json', import.meta.url), 'utf8'),
) as { readonly pca: Row[]; readonly tsvd: Row[] };

function load(name: Row['data']): number[][] {
  const { X } = { iris, wine, breast_cancer: breastCancer, digits, wide: digits }[name]();
  const [rows, cols] = [name === 'wide' ? 40 : X.shape[0], X.shape[1]];
  return Array.from({ length: rows }, (_, i) => Array.from(X.data.subarray(i * cols, (i + 1) * cols)));
}

/** The generator's options in our names. */
function optionsOf({ options }: Row, seed: number | undefined): object {
  const { random_state: state = seed, sparse: _, ...rest } = options;
  const ours = Object.entries(rest).map(([name, v]) => [
    name.replace(/_([a-z])/g, (_m, c: string) => c.toUpperCase()),
    v,
  ]);
  return { ...Object.fromEntries(ours), ...(state === undefined ? {} : { seed: numpyRandom(state as number) }) };
}

function expectClose(got: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(got.length).toBe(expected.length);
  const size = Math.max(...expected.map(Math.abs));
  expected.forEach((v, i) => {
    expect(Math.abs(got[i]! - v), `${got[i]} and ${v} at ${i}`).toBeLessThanOrEqual(tolerance * size);
  });
}

describe('PCA as scikit-learn', () => {
  for (const row of golden.pca) {
    it(`${row.data}, ${JSON.stringify(row.options)}`, async () => {
      const X = load(row.data);
      const model = await new PCA(optionsOf(row, undefined)).fit(X);
      expect(model.nComponents).toBe(row.k);
      const first = Math.min(row.k, 3);
      expectClose(model.components.dataSync().slice(0, row.components.length), row.components, 1e-7);
      expectClose(model.explainedVariance, row.variance, 1e-9);
      expectClose(model.explainedVarianceRatio.slice(0, first), row.ratio, 1e-9);
      expectClose(model.singularValues.slice(0, first), row.values, 1e-9);
      expect(Math.abs(model.noiseVariance - row.noise)).toBeLessThanOrEqual(1e-8 * (row.variance[0]! + row.noise));
      expectClose(model.mean.slice(0, 4), row.mean, 1e-10);
      const some = X.filter((_, i) => i % 29 === 0);
      const transformed = model.transform(some);
      expectClose(
        transformed.flatMap((r) => r.slice(0, first)).slice(0, row.transformed.length),
        row.transformed,
        1e-7,
      );
      expectClose(model.inverseTransform(transformed.slice(0, 2)).flat().slice(0, 20), row.back, 1e-7);
    });
  }
});

describe('TruncatedSVD as scikit-learn', () => {
  for (const row of golden.tsvd) {
    it(`${row.data}, ${JSON.stringify(row.options)}`, async () => {
      const X = load(row.data);
      const samples = row.options.sparse === true ? CsrMatrix.fromDense(X) : X;
      const model = await new TruncatedSVD(optionsOf(row, 0)).fit(samples);
      expectClose(model.components.dataSync().slice(0, row.components.length), row.components, 1e-7);
      expectClose(model.explainedVariance, row.variance, 1e-7);
      expectClose(model.explainedVarianceRatio, row.ratio, 1e-7);
      expectClose(model.singularValues, row.values, 1e-9);
      expectClose(model.transform(X.slice(0, 3)).flat(), row.transformed, 1e-7);
    });
  }
});

describe('svd', () => {
  const matrix = fc
    .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }))
    .chain(([rows, cols]) =>
      fc
        .array(fc.integer({ min: -4, max: 4 }), { minLength: rows * cols, maxLength: rows * cols })
        .map((values) => ({ data: Float64Array.from(values), rows, cols })),
    );

  it('gives orthonormal vectors v, descending σ, and Aᵀ·A·v = σ²·v, whatever the rank', () => {
    fc.assert(
      fc.property(matrix, ({ data, rows, cols }) => {
        const { values, vectors } = svd(data, rows, cols);
        const r = Math.min(rows, cols);
        expect(values.length).toBe(r);
        for (let i = 0; i < r; i++) {
          if (i > 0) expect(values[i]!).toBeLessThanOrEqual(values[i - 1]!);
          const v = vectors.subarray(i * cols, (i + 1) * cols);
          for (let j = 0; j <= i; j++) {
            const w = vectors.subarray(j * cols, (j + 1) * cols);
            expect(v.reduce((sum, x, c) => sum + x * w[c]!, 0)).toBeCloseTo(i === j ? 1 : 0, 10);
          }
          const av = Array.from({ length: rows }, (_, p) => v.reduce((sum, x, c) => sum + x * data[p * cols + c]!, 0));
          for (let c = 0; c < cols; c++) {
            const back = av.reduce((sum, x, p) => sum + x * data[p * cols + c]!, 0);
            expect(Math.abs(back - values[i]! ** 2 * v[c]!)).toBeLessThan(1e-10 * (1 + values[0]! ** 2));
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it('finds values sixteen orders of magnitude apart in columns scaled so', () => {
    // Orthogonal columns: the values are their lengths.
    const { values } = svd(Float64Array.of(3e8, 0, 0, 4e8, 0, 0, 0, 2e-8, 0, 0, 0, 1), 4, 3);
    expectClose(values.map(Math.log10), [Math.log10(5e8), 0, Math.log10(2e-8)], 1e-14);
  });

  it('does not change its input, and takes many rows in by blocks', () => {
    const { X } = digits();
    const before = X.data.slice();
    const whole = svd(X.data, 1797, 64);
    expect(X.data).toEqual(before);
    const total = X.data.reduce((sum, v) => sum + v * v, 0);
    expect(whole.values.reduce((sum, s) => sum + s * s, 0) / total).toBeCloseTo(1, 12);
  });
});

describe('contracts', () => {
  for (const make of [
    () => new PCA(),
    () => new PCA({ nComponents: 3, whiten: true }),
    () => new TruncatedSVD({ nComponents: 3, algorithm: 'arpack', seed: 1 }),
  ]) {
    it(`${make().name} is a transformer, and the same after a round trip through JSON`, async () => {
      await checkTransform(make as never);
      const model = await make().fit(load('wine'));
      const state = fromJSON(JSON.parse(JSON.stringify(model))) as ModelState;
      const again = model.name === 'PCA' ? FittedPCA.fromState(state) : FittedTruncatedSVD.fromState(state);
      expect(again.transform(load('wine'))).toEqual(model.transform(load('wine')));
    });
  }

  it('all components keep everything, a constant feature and more features than samples included', async () => {
    const X = [
      [1, 5, 2, 0],
      [2, 5, 0, 1],
      [4, 5, 1, 1],
    ];
    const model = await new PCA().fit(X);
    expectClose(model.inverseTransform(model.transform(X)).flat(), X.flat(), 1e-12);
    expect(model.explainedVariance[2]!).toBeCloseTo(0, 12);
    const constant = await new PCA({ nComponents: 1, whiten: true }).fit([[1], [1]]);
    expect(constant.transform([[1], [1]])).toEqual([[0], [0]]);
  });

  it('auto is exact where there are many samples, randomized where few of many components are wanted', async () => {
    const { X } = digits();
    const [auto, full] = [new PCA({ nComponents: 2 }), new PCA({ nComponents: 2, svdSolver: 'full' })];
    expect((await auto.fit(X)).components.dataSync()).toEqual((await full.fit(X)).components.dataSync());
    const square = { data: X.data, shape: [599, 192] };
    const [a, b] = [0, 0].map(() => new PCA({ nComponents: 2, seed: 1 }).fit(square));
    expect((await a!).components.dataSync()).toEqual((await b!).components.dataSync());
    const exact = await new PCA({ nComponents: 2, svdSolver: 'full' }).fit(square);
    expectClose((await a!).singularValues, Array.from(exact.singularValues), 1e-3);
    expect((await a!).singularValues).not.toEqual(exact.singularValues);
  });
});

describe('what can not be done is refused', () => {
  const X = [
    [1, 2],
    [3, 5],
    [4, 4],
  ];
  refuses([
    ['too many components', () => new PCA({ nComponents: 3 }).fit(X), ShapeError, /have 2 components/],
    ['one and a half', () => new PCA({ nComponents: 1.5 }).fit(X), ConfigError, /nComponents/],
    ['none', () => new PCA({ nComponents: 0 }).fit(X), ConfigError, /nComponents/],
    [
      'mle of few samples',
      () =>
        new PCA({ nComponents: 'mle' }).fit([
          [1, 2, 3],
          [3, 4, 6],
        ]),
      ShapeError,
      /mle/,
    ],
    ['one sample', () => new PCA().fit([[1, 2]]), ShapeError, /At least two/],
    ['sparse samples', () => new PCA().fit(CsrMatrix.fromDense(X)), ConfigError, /TruncatedSVD/],
    ['a fraction at random', () => new PCA({ nComponents: 0.5, svdSolver: 'randomized' }).fit(X), ConfigError, /full/],
    ['an unknown solver', () => new PCA({ svdSolver: js('fast') }).fit(X), ConfigError, /svdSolver/],
    ['an unknown option', () => new PCA(js({ n_components: 1 })).fit(X), ConfigError, /nComponents/],
    ['a negative power', () => new PCA({ iteratedPower: -1 }).fit(X), ConfigError, /iteratedPower/],
    ['NaN', () => new PCA().fit([[Number.NaN], [1]]), ConfigError, /NaN/],
    ['other features', async () => (await new PCA().fit(X)).transform([[1]]), ShapeError, /features/],
    ['other components', async () => (await new PCA().fit(X)).inverseTransform([[1]]), ShapeError, /features/],
    ['too many of a sparse matrix', () => new TruncatedSVD({ nComponents: 3 }).fit(X), ShapeError, /at most 2/],
    ['an unknown algorithm', () => new TruncatedSVD({ algorithm: js('exact') }).fit(X), ConfigError, /algorithm/],
    ['no oversampling', () => new TruncatedSVD({ nOversamples: 0 }).fit(X), ConfigError, /nOversamples/],
    ['half an iteration', () => new TruncatedSVD({ nIter: 0.5 }).fit(X), ConfigError, /nIter/],
  ]);
});
