import { describe, expect, it } from 'vitest';
import { wasm } from '../../../src/backends/wasm/index';
import type { Backend } from '../../../src/core/backend';
import { DTypeError, ShapeError } from '../../../src/core/errors';
import { Rng } from '../../../src/core/rng';
import type { Tensor } from '../../../src/core/tensor';
import { tensor } from '../../../src/ops/create';
import { logisticGradient } from '../../../src/ops/logistic';
import { transpose } from '../../../src/ops/shape/layout';
import { countFallbacks, referenceBackend, ShatteringBackend, wasmBackend } from './support';

interface Case {
  readonly n: number;
  readonly p: number;
  readonly k: number;
  readonly scale?: number;
  readonly strayCodes?: boolean;
}

const backends: Readonly<Record<string, Backend>> = {
  threads: wasmBackend,
  shattering: new ShatteringBackend(),
  plain: wasm({ deterministic: true }),
};

/** Random operands as plain arrays. */
function operands({ n, p, k, scale = 1, strayCodes = false }: Case, rng: Rng) {
  return {
    x: Float64Array.from({ length: n * p }, () => rng.gaussian()),
    codes: Int32Array.from({ length: n }, () => (strayCodes ? rng.integer(k + 6) - 3 : rng.integer(k === 1 ? 2 : k))),
    weights: Float64Array.from({ length: n }, () => rng.random()),
    params: Float64Array.from({ length: k * (p + 1) }, () => scale * rng.gaussian()),
  };
}

function run(backend: Backend, given: ReturnType<typeof operands>, { n, p, k }: Case): Float64Array {
  const [x, codes, weights, params] = [
    tensor(given.x, { shape: [n, p], backend }),
    tensor(given.codes, { backend }),
    tensor(given.weights, { backend }),
    tensor(given.params, { backend }),
  ] as [Tensor, Tensor, Tensor, Tensor];
  return logisticGradient(x, codes, weights, params, k).dataSync() as Float64Array;
}

/** The largest difference, relative to the sum of what was added up. */
function distance(got: Float64Array, want: Float64Array, size: number): number {
  return got.reduce((most, v, i) => Math.max(most, Math.abs(v - want[i]!) / size), 0);
}

describe('logistic gradients', () => {
  const cases: Case[] = [
    ...[1, 2, 3, 5, 8, 11, 16, 30].map((p) => ({ n: 37, p, k: 1 })),
    ...[1, 2, 3, 4, 7].flatMap((k) => [4, 9].map((p) => ({ n: 30, p, k }))),
    { n: 1, p: 1, k: 1 },
    { n: 1, p: 3, k: 3 },
    { n: 5000, p: 10, k: 1 },
    { n: 1797, p: 64, k: 10 },
    { n: 20, p: 3000, k: 2 },
    { n: 300, p: 6, k: 1, scale: 300 },
    { n: 300, p: 6, k: 5, scale: 300 },
    { n: 200, p: 5, k: 1, strayCodes: true },
    { n: 200, p: 5, k: 4, strayCodes: true },
  ];

  it('are those of the definition, for any shape, and of the same bits however the work is divided', () => {
    const rng = new Rng('logistic');
    for (const shape of cases) {
      const given = operands(shape, rng);
      const label = JSON.stringify(shape);
      const want = run(referenceBackend, given, shape);
      const fallen = countFallbacks(wasmBackend, () => run(wasmBackend, given, shape));
      expect(fallen, label).toEqual([]);
      const [first, ...others] = Object.values(backends).map((backend) => run(backend, given, shape));
      const size = shape.n * (shape.scale ?? 1) * Math.sqrt(shape.p);
      expect(distance(first!, want, size), label).toBeLessThan(1e-15 * 8);
      for (const other of others) expect(other, label).toEqual(first);
    }
  });

  it('have the derivative that differences of the value tell', () => {
    const rng = new Rng('differences');
    for (const shape of [
      { n: 40, p: 5, k: 1 },
      { n: 40, p: 4, k: 3 },
    ]) {
      const given = operands(shape, rng);
      const slopes = run(wasmBackend, given, shape);
      given.params.forEach((v, j) => {
        const at = (value: number) => {
          const params = given.params.slice();
          params[j] = value;
          return run(wasmBackend, { ...given, params }, shape)[0]!;
        };
        expect((at(v + 1e-6) - at(v - 1e-6)) / 2e-6).toBeCloseTo(slopes[1 + j]!, 6);
      });
    }
  });

  it('keep the tiny losses of what is told apart well', () => {
    const given = {
      x: Float64Array.of(40, -40, 700, -745),
      codes: Int32Array.of(1, 0, 1, 0),
      weights: Float64Array.of(1, 0, 0, 0),
      params: Float64Array.of(1, 0),
    };
    const shape = { n: 4, p: 1, k: 1 };
    const [loss, slope] = run(wasmBackend, given, shape);
    expect(loss! / Math.exp(-40)).toBeCloseTo(1, 12);
    expect(slope! / (-40 * Math.exp(-40))).toBeCloseTo(1, 12);
  });

  it('are within a few units in the last place, for scores of any size', () => {
    const shape = { n: 1, p: 1, k: 1 };
    for (let z = 0; z < 700; z += z < 2 ? 0.0137 : 0.731) {
      const given = { x: Float64Array.of(1), codes: Int32Array.of(1), weights: Float64Array.of(1) };
      const [loss, slope] = run(wasmBackend, { ...given, params: Float64Array.of(z, 0) }, shape);
      const tail = Math.exp(-z);
      expect(Math.abs(loss! / Math.log1p(tail) - 1), `loss of ${z}`).toBeLessThan(8e-16);
      expect(Math.abs((slope! * (1 + tail)) / -tail - 1), `slope at ${z}`).toBeLessThan(1e-15);
    }
  });

  it('take views, and say what is not a number', () => {
    const shape = { n: 50, p: 3, k: 1 };
    const given = operands(shape, new Rng('views'));
    const want = run(wasmBackend, given, shape);
    const byColumns = new Float64Array(150);
    given.x.forEach((v, i) => {
      byColumns[(i % 3) * 50 + Math.floor(i / 3)] = v;
    });
    const view = transpose(tensor(byColumns, { shape: [3, 50], backend: wasmBackend }));
    const rest = [given.codes, given.weights, given.params].map((v) => tensor(v, { backend: wasmBackend }));
    expect(logisticGradient(view, ...(rest as [Tensor, Tensor, Tensor]), 1).dataSync()).toEqual(want);
    given.x[70] = Number.NaN;
    expect(run(wasmBackend, given, shape).slice(0, 4).every(Number.isNaN)).toBe(true);
  });

  it('are refused for operands that do not fit', () => {
    const x = tensor([[1], [2]], { dtype: 'float64' });
    const y = tensor([0, 1], { dtype: 'int32' });
    const s = tensor([1, 1], { dtype: 'float64' });
    expect(() => logisticGradient(x, s, s, s, 1)).toThrow(DTypeError);
    expect(() => logisticGradient(x, y, s, s, 2)).toThrow(ShapeError);
    expect(() => logisticGradient(x, y, s, s, 0)).toThrow('outputs must be an integer');
    expect(() => logisticGradient(x, tensor([0], { dtype: 'int32' }), s, s, 1)).toThrow('[outputs · (features + 1)]');
  });
});
