import { describe, expect, it } from 'vitest';
import { reference } from '../../src/backends/reference/index';
import { ConfigError, ShapeError } from '../../src/core/errors';
import { Rng } from '../../src/core/rng';
import { dense } from '../../src/nn/layers/dense';
import { l1, l1l2, l2, orthogonalRegularizer, regularize, resolveRegularizer } from '../../src/nn/regularizers';
import { tensor } from '../../src/ops/create';
import { gradientError } from '../../src/testing/gradients';

const matrix = (values: number[][]) => tensor(values, { dtype: 'float64', backend: reference() });
const W = [
  [3, 4],
  [1, 0],
  [0, -2],
];

describe('regularize', () => {
  // The cosines of the pairs of rows are 0.6, -0.8 and 0; of the columns 12 / √(10 · 20).
  it.each([
    [l1(0.1), 1],
    [l2(0.1), 3],
    [l1l2({ l1: 1, l2: 1 }), 40],
    [orthogonalRegularizer(), (0.01 * 1.4) / 3],
    [orthogonalRegularizer({ factor: 2, mode: 'columns' }), 24 / Math.sqrt(200)],
  ])('%j', (config, wanted) => {
    const w = matrix(W);
    expect(regularize(config, w)!.item()).toBeCloseTo(wanted, 12);
    expect(gradientError(({ v }) => regularize(config, v!)!, { v: w }, new Rng(0), { elements: 4 })).toSatisfy(
      // |w| has a kink at the zeros of the matrix.
      (error: string | null) => error === null || config.kind !== 'orthogonal',
    );
  });

  it('says nothing where there is nothing to say', () => {
    expect(regularize(l2(0), matrix(W))).toBeNull();
    expect(regularize(orthogonalRegularizer(), matrix([[1, 2]]))).toBeNull();
  });

  it('has finite derivatives for rows of zeros', () => {
    const w = matrix([
      [0, 0],
      [1, 2],
    ]);
    expect(regularize(orthogonalRegularizer(), w)!.item()).toBeCloseTo(0, 12);
  });

  it('knows that only matrices have rows', () => {
    expect(() => regularize(orthogonalRegularizer(), tensor([1, 2]))).toThrow(ShapeError);
  });
});

describe('options', () => {
  it('may be names', () => {
    expect(dense({ units: 1, kernelRegularizer: 'orthogonal' }).regularizers).toEqual({
      kernel: { kind: 'orthogonal', factor: 0.01, mode: 'rows' },
    });
  });

  it.each([
    [() => orthogonalRegularizer({ factor: -1 }), /factor must be a finite number ≥ 0, got -1/],
    [() => orthogonalRegularizer({ mode: 'row' as never }), /mode must be 'rows' or 'columns', got "row"/],
    [() => resolveRegularizer({ kind: 'orthogonal', factor: 'x' }, 'here'), /^here: factor/],
    [() => resolveRegularizer(3, 'here'), /^here must be l1/],
  ])('%s', (make, message) => {
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(message);
  });
});

describe('activityRegularizer', () => {
  const predict = { training: false, rng: null };
  const layer = dense({ units: 2, useBias: false, activityRegularizer: l1l2({ l1: 1, l2: 2 }) });
  const identity = tensor([
    [1, 0],
    [0, 1],
  ]);

  it('is a penalty per sample of the batch', () => {
    const { penalty } = layer.call({ kernel: identity }, {}, tensor(W), predict);
    expect(penalty!.item()).toBeCloseTo((10 + 2 * 30) / 3, 5);
  });

  it('is left out where there is none, or no sample', () => {
    expect(dense({ units: 2, useBias: false }).call({ kernel: identity }, {}, tensor(W), predict).penalty).toBe(
      undefined,
    );
    expect(layer.call({ kernel: identity }, {}, tensor([], { shape: [0, 2] }), predict).penalty).toBe(undefined);
  });
});
