import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autograd/grad';
import { reference } from '../../src/backends/reference/index';
import { wasm } from '../../src/backends/wasm/index';
import { compile } from '../../src/compile/compile';
import { ConfigError, ShapeError } from '../../src/core/errors';
import { Rng } from '../../src/core/rng';
import { scope } from '../../src/core/scope';
import type { Tensor } from '../../src/core/tensor';
import * as losses from '../../src/nn/losses';
import { ones, tensor } from '../../src/ops/create';
import { mean, sum } from '../../src/ops/reduce';
import { softmax } from '../../src/ops/softmax';
import { gradientError } from '../../src/testing/gradients';
import { expectValues, toleranceOf } from '../ops/close';

interface Golden {
  readonly name: losses.LossName;
  readonly options: Record<string, number | boolean | number[]>;
  readonly yTrue: { shape: number[]; data: number[] };
  readonly yPred: { shape: number[]; data: number[] };
  readonly loss: { readonly float64: (number | string)[]; readonly float32: (number | string)[] };
  readonly shape: number[];
}

const golden = JSON.parse(readFileSync(new URL('../fixtures/layers/losses.json', import.meta.url), 'utf8')) as Golden[];
const rows = golden.map((g) => [`${g.name} ${JSON.stringify(g.options)}`, g] as const);

describe.each(['float64', 'float32'] as const)('in %s', (dtype) => {
  const backend = dtype === 'float64' ? reference() : wasm();

  it.each(rows)('%s', (_, { name, options, yTrue, yPred, shape, loss: { [dtype]: numbers } }) => {
    const loss = losses.resolveLoss({ name, ...options });
    const got = loss(tensor(yTrue, { dtype, backend }), tensor(yPred, { dtype, backend }));
    expect(got.dtype).toBe(dtype);
    expect(got.shape).toEqual(shape);
    // JSON has no infinity.
    const expected = numbers.map((x) => (x === 'inf' ? Number.POSITIVE_INFINITY : Number(x)));
    expectValues(got.dataSync(), expected, Math.max(toleranceOf(dtype), 1e-9), name);
    expect(loss.config).toMatchObject({ name, ...options });
    expect(losses.resolveLoss(JSON.parse(JSON.stringify(loss.config))).config).toEqual(loss.config);
  });
});

const differentiable = rows.filter(([, { loss }]) => loss.float64.every((x) => typeof x === 'number'));

it.each(differentiable)('%s has the right gradient', (_, { name, options, yTrue, yPred }) => {
  scope(() => {
    const backend = reference();
    const loss = losses.resolveLoss({ name, ...options });
    const t = tensor(yTrue, { dtype: 'float64', backend });
    // Away from the bounds at which probabilities are cut off, and from logits at which nothing changes any more.
    const inside = yPred.data.map((p, i) =>
      options.fromLogits === true ? Math.max(-9, Math.min(9, p)) : p === 0 || p === 1 ? 0.3 + 0.01 * i : p,
    );
    const p = tensor({ data: inside, shape: yPred.shape }, { dtype: 'float64', backend });
    expect(
      gradientError((o) => sum(loss(t, o.p!)), { p }, new Rng(name), { step: 1e-7, tolerance: 1e-5, elements: 24 }),
    ).toBeNull();
  });
});

describe('from logits', () => {
  it('nothing overflows, and gradients stay', () => {
    const z = tensor([[1000, -1000, 0]]);
    const y = tensor([[0, 1, 0]]);
    for (const name of ['categoricalCrossentropy', 'binaryCrossentropy'] as const) {
      const loss = losses.resolveLoss({ name, fromLogits: true });
      const g = grad((p: typeof z) => mean(loss(y, p)))(z).dataSync();
      expect(loss(y, z).item()).toBeGreaterThan(600);
      expect([g[0], g[1]].every((v) => Number.isFinite(v) && Math.abs(v!) > 0.3)).toBe(true);
    }
  });
});

describe('shapes', () => {
  it('may lack the last axis of size 1, or have it', () => {
    const p = tensor([[0.2], [0.9]]);
    const loss = losses.binaryCrossentropy();
    const wanted = [...loss(tensor([[0], [1]]), p).dataSync()];
    expect([...loss(tensor([0, 1]), p).dataSync()]).toEqual(wanted);
    expect([...loss(tensor([0, 1], { dtype: 'int32' }), p).dataSync()]).toEqual(wanted);
    expect([...loss(tensor([[0], [1]]), tensor([0.2, 0.9])).dataSync()]).toEqual(wanted);
  });

  it('may have more axes: every position has a loss', () => {
    const p = tensor([0.7, 0.3, 0.4, 0.6, 0.1, 0.9, 0.5, 0.5], { shape: [2, 2, 2] });
    const wanted = [0.7, 0.6, 0.9, 0.5].map((q) => -Math.log(q));
    const sparse = losses.sparseCategoricalCrossentropy();
    const numbers = tensor([0, 1, 1, 0], { shape: [2, 2] });
    for (const shape of [
      [2, 2],
      [2, 2, 1],
    ]) {
      const got = sparse(tensor(numbers.dataSync(), { shape }), p);
      expect(got.shape).toEqual([2, 2]);
      expectValues(got.dataSync(), wanted, 1e-6);
    }
    const onehot = tensor([1, 0, 0, 1, 0, 1, 1, 0], { shape: [2, 2, 2] });
    expectValues(losses.categoricalCrossentropy()(onehot, p).dataSync(), wanted, 1e-6);
    const squares = losses.meanSquaredError()(onehot, p);
    expect(squares.shape).toEqual([2, 2]);
    expectValues(squares.dataSync(), [0.09, 0.16, 0.01, 0.25], 1e-6);
  });

  it.each([
    ['binaryCrossentropy', [2], [2, 2]],
    ['binaryCrossentropy', [3, 1], [2, 1]],
    ['categoricalCrossentropy', [2], [2, 3]],
    ['categoricalCrossentropy', [2], [2]],
    ['sparseCategoricalCrossentropy', [2, 3], [2, 3]],
    ['meanSquaredError', [2, 3], [2, 1, 3]],
    ['klDivergence', [], []],
  ] as const)('%s refuses %j for %j', (name, yTrue, yPred) => {
    const loss = losses.resolveLoss(name);
    expect(() => loss(ones(yTrue), ones(yPred))).toThrow(ShapeError);
    expect(() => loss(ones(yTrue), ones(yPred))).toThrow(new RegExp(`^${name}: `));
  });

  it.each([[3], [-1], [0.5], [Number.NaN]])('refuses %d as one of three classes', (label) => {
    const loss = losses.sparseCategoricalCrossentropy();
    expect(() => loss(tensor([0, label]), ones([2, 3]))).toThrow(/integers in \[0, 2\]; found/);
  });
});

describe('ctcLoss', () => {
  const loss = losses.ctcLoss();

  it('adds up all paths', () => {
    // By hand: all 3⁴ paths over four steps, struck out as the definition says.
    const z = tensor([0.3, -1, 0.5, 1, 0.2, -0.4, 0, 0.7, 0.1, -0.6, 0.9, 0.4], { shape: [1, 4, 3] });
    const probabilities = softmax(z).toArraySync() as number[][][];
    let total = 0;
    for (let path = 0; path < 81; path++) {
      const steps = [0, 1, 2, 3].map((t) => Math.floor(path / 3 ** t) % 3);
      const spelt = steps.filter((c, t) => c !== 0 && c !== steps[t - 1]).join('');
      if (spelt === '22') total += steps.reduce((p, c, t) => p * probabilities[0]![t]![c]!, 1);
    }
    expect(loss(tensor([[2, 2, 0]]), z).item()).toBeCloseTo(-Math.log(total), 5);
  });

  it('computes the same in a compiled step', () => {
    const z = tensor([0.3, -1, 0.5, 1, 0.2, -0.4, 0, 0.7, 0.1], { shape: [1, 3, 3] });
    const f = (x: Tensor): Tensor => grad((p: Tensor) => sum(loss(tensor([[1, 2]]), p)))(x);
    expectValues(compile(f)(z).dataSync(), f(z).dataSync(), 1e-6);
  });

  it('refuses labels that are no class, and other shapes', () => {
    expect(() => loss(tensor([[3]]), ones([1, 4, 3]))).toThrow(/integers in \[0, 2\]; found 3/);
    expect(() => loss(tensor([1]), ones([1, 4, 3]))).toThrow(ShapeError);
    expect(() => losses.ctcLoss({ blank: 9 })(tensor([[1]]), ones([1, 4, 3]))).toThrow(/blank is 9/);
  });
});

describe('resolveLoss', () => {
  it('knows names, aliases and functions', () => {
    expect(losses.resolveLoss('mse').config).toEqual({ name: 'meanSquaredError' });
    expect(losses.resolveLoss('huber').name).toBe('huber');
    const own = (): never => {
      throw new Error('not called');
    };
    expect(losses.resolveLoss(own)).toBe(own);
  });

  it.each([
    ['crossentropy', /"crossentropy" is not one\. Use binaryCrossentropy/],
    ['toString', /not one/],
    [null, /not one/],
    [{ name: 'binaryFocalCrossentropy', gamma: -1 }, /gamma must be a number ≥ 0, got -1/],
    [{ name: 'binaryFocalCrossentropy', applyClassBalancing: 1 }, /applyClassBalancing must be true or false/],
    [{ name: 'categoricalFocalCrossentropy', alpha: 2 }, /alpha must be in \[0, 1\], got 2/],
    [{ name: 'categoricalFocalCrossentropy', applyClassBalancing: true }, /unknown option 'applyClassBalancing'/],
    [{ name: 'huber', delta: -1 }, /delta must be a positive number, got -1/],
    [{ name: 'huber', labelSmoothing: 0.1 }, /unknown option 'labelSmoothing'/],
    [{ name: 'categoricalCrossentropy', labelSmoothing: 2 }, /labelSmoothing must be in \[0, 1\], got 2/],
    [{ name: 'binaryCrossentropy', fromLogits: 1 }, /fromLogits must be true or false/],
    [{ name: 'huber', reduction: 'average' }, /reduction must be one of sumOverBatchSize, mean/],
    [{ name: 'sparseCategoricalCrossentropy', ignoreClass: 0.5 }, /ignoreClass must be an integer, got 0.5/],
    [{ name: 'categoricalCrossentropy', axis: 0.5 }, /axis must be an integer, got 0.5/],
    [{ name: 'dice', axis: 'all' }, /axis must be an integer or an array/],
    [{ name: 'tversky', alpha: -1 }, /alpha must be a number ≥ 0, got -1/],
    [{ name: 'categoricalGeneralizedCrossEntropy', q: 0 }, /q must be in \(0, 1\], got 0/],
    [{ name: 'ctcLoss', blank: -1 }, /blank must be a class number, got -1/],
  ])('refuses %j', (option, message) => {
    expect(() => losses.resolveLoss(option as never)).toThrow(ConfigError);
    expect(() => losses.resolveLoss(option as never)).toThrow(message);
  });
});
