import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autograd/grad';
import { ConfigError, ShapeError } from '../../src/core/errors';
import type { Tensor } from '../../src/core/tensor';
import * as ops from '../../src/ops/index';

const x = () => ops.reshape(ops.arange(24), [2, 3, 4]);

describe('axes', () => {
  it('count from the end when negative, in any order', () => {
    expect(ops.sum(x(), { axis: [-1, 0] }).toArraySync()).toEqual(ops.sum(x(), { axis: [0, 2] }).toArraySync());
    expect(ops.sum(x(), { axis: [] }).shape).toEqual([2, 3, 4]);
    expect(ops.sum(x(), { axis: null }).shape).toEqual([]);
    expect(ops.sum(x(), { axis: 1, keepDims: true }).shape).toEqual([2, 1, 4]);
  });

  it('must exist, and differ', () => {
    expect(() => ops.sum(x(), { axis: 3 })).toThrow(
      'sum: axis 3 is out of range for rank 3. Use an integer in [-3, 2].',
    );
    expect(() => ops.max(x(), { axis: [0, -3] })).toThrow(ShapeError);
    expect(() => ops.argMax(x(), { axis: 0.5 })).toThrow(ShapeError);
    expect(() => ops.cumsum(x(), { axis: 5 })).toThrow(/cumsum: axis 5/);
  });
});

describe('of nothing', () => {
  it('is the neutral element, NaN, or an error', () => {
    const none = ops.zeros([0, 2]);
    expect(ops.sum(none, { axis: 0 }).toArraySync()).toEqual([0, 0]);
    expect(ops.prod(none).item()).toBe(1);
    expect(ops.any(none).item()).toBe(0);
    expect(ops.all(none).item()).toBe(1);
    expect(ops.mean(none, { axis: 0 }).toArraySync()).toEqual([NaN, NaN]);
    expect(ops.logSumExp(none, { axis: 0 }).toArraySync()).toEqual([-Infinity, -Infinity]);
    expect(() => ops.max(none)).toThrow(
      'max: there is no max of no elements; shape [0, 2] is empty along axes [0, 1].',
    );
    expect(() => ops.min(none, { axis: 0 })).toThrow(ShapeError);
    expect(() => ops.argMin(none, { axis: 0 })).toThrow('argMin: axis 0 of shape [0, 2] is empty');
    expect(ops.max(none, { axis: 1 }).shape).toEqual([0]);
  });
});

describe('accumulation', () => {
  it('is in double precision', () => {
    const many = ops.full([1 << 20], 0.1);
    expect(Math.abs(ops.sum(many).item() / ((1 << 20) * Math.fround(0.1)) - 1)).toBeLessThan(1e-7);
    expect(ops.sum([1e8, 1, -1e8]).item()).toBe(1);
  });

  it('of small integers does not overflow them', () => {
    const t = ops.tensor(new Int8Array([100, 100, 100]));
    expect(ops.sum(t).item()).toBe(300);
    expect(ops.sum(t).dtype).toBe('int32');
    expect(ops.prod(t).item()).toBe(1_000_000);
    expect(ops.mean(t).dtype).toBe('float32');
    expect(ops.max(t).dtype).toBe('int8');
  });
});

describe('gradients', () => {
  const slope = (f: (x: Tensor) => Tensor, at: number[]) => grad((t: Tensor) => f(t))(ops.tensor(at)).toArraySync();

  it('of extrema are shared by ties', () => {
    expect(slope((t) => ops.max(t), [1, 3, 3, 2])).toEqual([0, 0.5, 0.5, 0]);
    expect(slope((t) => ops.min(t), [1, 1, 1, 1])).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  it('of products are right where factors are 0', () => {
    expect(slope((t) => ops.prod(t), [2, 0, 3])).toEqual([0, 6, 0]);
    expect(slope((t) => ops.prod(t), [0, 0, 3])).toEqual([0, 0, 0]);
    const mixed = grad((t: Tensor) => ops.sum(ops.mul(grad((u: Tensor) => ops.prod(u))(t), ops.tensor([1, 0, 0]))));
    expect(mixed(ops.tensor([0, 0, 3])).toArraySync()).toEqual([0, 3, 0]);
  });

  it('of norms at 0 are 0', () => {
    expect(slope((t) => ops.norm(t), [0, 0])).toEqual([0, 0]);
    expect(slope((t) => ops.norm(t, { ord: 3 }), [0, 0])).toEqual([0, 0]);
  });

  it('of logSumExp are the softmax, −∞ included', () => {
    expect(slope((t) => ops.logSumExp(t), [0, -Infinity, 0])).toEqual([0.5, 0, 0.5]);
  });
});

describe('extrema', () => {
  it('are NaN where there is one, which argMax finds first', () => {
    expect(ops.max([1, NaN, 3]).item()).toBeNaN();
    expect(ops.argMax([1, NaN, 3, NaN]).item()).toBe(1);
    expect(ops.argMin([1, 1, 0, 0]).item()).toBe(2);
    expect(
      ops
        .argMax(
          [
            [1, 2],
            [9, 4],
          ],
          { keepDims: true },
        )
        .toArraySync(),
    ).toEqual([[2]]);
  });
});

describe('norm', () => {
  it('knows its orders', () => {
    expect(ops.norm([3, -4], { ord: Infinity }).item()).toBe(4);
    expect(ops.norm([3, -4], { ord: -Infinity }).item()).toBe(3);
    expect(ops.norm([3, 0, 1], { ord: 0 }).item()).toBe(2);
    expect(() => ops.norm([1], { ord: -2 })).toThrow(ConfigError);
  });
});
