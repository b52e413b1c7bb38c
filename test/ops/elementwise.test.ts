import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autograd/grad';
import { reference } from '../../src/backends/reference/index';
import type { DType } from '../../src/core/dtype';
import { BackendError, ConfigError, DTypeError, ShapeError } from '../../src/core/errors';
import type { Tensor } from '../../src/core/tensor';
import { erfcOf, erfOf } from '../../src/ops/elementwise/error-function';
import * as ops from '../../src/ops/index';

const of = (dtype: DType, ...values: number[]): Tensor => ops.tensor(values, { dtype });

describe('the dtype of a result', () => {
  it.each<[DType, number, DType]>([
    ['int8', 1, 'int8'],
    ['int8', -128, 'int8'],
    ['int8', 200, 'int32'],
    ['uint8', -1, 'int32'],
    ['bool', 1, 'int32'],
    ['int32', 2 ** 40, 'float32'],
    ['int32', 0.5, 'float32'],
    ['int32', NaN, 'float32'],
    ['float32', 1, 'float32'],
    ['float64', 0.1, 'float64'],
  ])('%s with the number %d is %s', (dtype, number, expected) => {
    expect(ops.add(of(dtype, 1), number).dtype).toBe(expected);
    expect(ops.add(number, of(dtype, 1)).dtype).toBe(expected);
  });

  it('keeps all digits of numbers and plain arrays beside float64', () => {
    const zero = of('float64', 0);
    expect(ops.add(zero, 0.1).toArraySync()).toEqual([0.1]);
    expect(ops.add(zero, [0.1]).toArraySync()).toEqual([0.1]);
    expect(ops.add([0.1], of('float32', 0)).toArraySync()).toEqual([Math.fround(0.1)]);
  });

  it('counts booleans where bool has no such operation', () => {
    const [t, f] = [of('bool', 1), of('bool', 0)];
    expect(ops.sub(f, t).toArraySync()).toEqual([-1]);
    expect(ops.sub(f, t).dtype).toBe('int32');
    expect(ops.neg(t).dtype).toBe('int32');
    expect(ops.square(t).dtype).toBe('int32');
    expect(ops.pow(t, t).dtype).toBe('int32');
    expect(ops.add(t, t).dtype).toBe('bool');
    expect(ops.add(t, t).toArraySync()).toEqual([1]);
  });

  it('is floating for functions that leave the integers, and comparisons give bool', () => {
    for (const f of [ops.exp, ops.sqrt, ops.sigmoid, ops.erf, ops.gelu, ops.leakyRelu])
      expect(f(of('int8', 4)).dtype).toBe('float32');
    expect(ops.div(of('int32', 1), of('int32', 2)).toArraySync()).toEqual([0.5]);
    expect(ops.less(of('uint8', 200), of('int8', -1)).toArraySync()).toEqual([0]);
    expect(ops.equal(1, 1).dtype).toBe('bool');
    expect(ops.pow(of('int32', 2), -1).toArraySync()).toEqual([0.5]);
    expect(ops.relu(of('int8', -3, 3)).dtype).toBe('int8');
    expect(ops.floor(of('uint8', 3)).dtype).toBe('uint8');
  });

  it('squares integers without rounding', () => {
    expect(ops.square(of('int32', 65537)).item()).toBe(Math.imul(65537, 65537));
    expect(ops.mul(of('int32', 123456789), of('int32', 987654321)).item()).toBe(Math.imul(123456789, 987654321));
  });
});

describe('operands', () => {
  it('come as anything that can be a tensor', () => {
    const nd = { data: new Float32Array([1, 2, 3, 4]), shape: [2, 2], stride: [1, 2], offset: 0 };
    expect(ops.add(nd, new Float32Array([10, 20])).toArraySync()).toEqual([
      [11, 23],
      [12, 24],
    ]);
    expect(ops.add({ data: [1, 2], shape: [2, 1] }, true).toArraySync()).toEqual([[2], [3]]);
  });

  it('go to the backend of the operand that is a tensor', () => {
    const backend = reference();
    const x = ops.tensor([1, 2], { backend });
    for (const y of [
      ops.add(1, x),
      ops.mul([2, 2], x),
      ops.where([true, false], x, 0),
      ops.where(ops.less(x, 2), 1, 2),
      ops.clip(x, 0),
    ]) {
      expect(y.backend).toBe(backend);
    }
  });

  it('must not live on two backends', () => {
    const [a, b] = [ops.tensor([1], { backend: reference() }), ops.tensor([1], { backend: reference() })];
    expect(() => ops.add(a, b)).toThrow(BackendError);
    expect(() => ops.add(a, b)).toThrow(
      /add: the operands live on two different 'reference' backends\. Move one with to\(x, backend\)/,
    );
  });

  it('must broadcast', () => {
    expect(() => ops.add(ops.zeros([2, 3]), ops.zeros([2]))).toThrow(ShapeError);
    expect(() => ops.add(ops.zeros([2, 3]), ops.zeros([2]))).toThrow(
      'add: shapes [2, 3] and [2] do not broadcast: 3 and 2 differ on axis -1',
    );
    expect(() => ops.where([true, false], ops.zeros([3]), 0)).toThrow(/where: shapes/);
  });
});

describe('kinks', () => {
  const slope = (f: (x: Tensor) => Tensor, ...at: number[]) =>
    grad((x: Tensor) => ops.sum(f(x)))(ops.tensor(at)).toArraySync();

  it('have the usual subgradients', () => {
    expect(slope(ops.relu, 0, -0, 1)).toEqual([0, 0, 1]);
    expect(slope(ops.abs, 0)).toEqual([0]);
    expect(slope((x) => ops.clip(x, 0, 1), -1, 0, 0.5, 1, 2)).toEqual([0, 1, 1, 1, 0]);
    expect(slope((x) => ops.maximum(x, 1), 0, 1, 2)).toEqual([0, 0.5, 1]);
    expect(slope((x) => ops.minimum(1, x), 0, 1, 2)).toEqual([1, 0.5, 0]);
    expect(slope((x) => ops.leakyRelu(x), -1, 0, 1).toString()).toBe([0.2, 0.2, 1].map(Math.fround).toString());
  });

  it('pass nothing through steps', () => {
    for (const f of [ops.floor, ops.ceil, ops.round, ops.sign]) expect(slope(f, 0.3, -1.7)).toEqual([0, 0]);
  });

  it('keep NaN out of the branch not taken', () => {
    const safeLog = (x: Tensor) => ops.where(ops.greater(x, 0), ops.log(ops.where(ops.greater(x, 0), x, 1)), 0);
    expect(slope(safeLog, 0, 2)).toEqual([0, 0.5]);
  });

  it('of powers at 0 are finite where the derivative is', () => {
    expect(slope((x) => ops.pow(x, 2), 0)).toEqual([0]);
    expect(slope((x) => ops.pow(x, 1), 0)).toEqual([1]);
    expect(slope((x) => ops.pow(x, 0), 0, 2)).toEqual([0, 0]);
    expect(slope((x) => ops.pow(0, x), 0, 2)).toEqual([0, 0]);
  });

  it('let NaN through', () => {
    expect(ops.relu(NaN).item()).toBeNaN();
    expect(ops.maximum(NaN, 1).item()).toBeNaN();
    expect(ops.clip(NaN, 0, 1).item()).toBeNaN();
    expect(ops.sign(NaN).item()).toBeNaN();
  });
});

describe('clip', () => {
  it('takes tensors as bounds, and numbers beyond the dtype', () => {
    expect(ops.clip([1, 5, 9], [2, 2, 2], [8, 4, 8]).toArraySync()).toEqual([2, 4, 8]);
    expect(ops.clip(of('uint8', 1, 200), -5, 300).toArraySync()).toEqual([1, 200]);
    expect(ops.clip(of('int32', -3, 3), -0.5, null).toArraySync()).toEqual([-0.5, 3]);
    expect(ops.clip([1, 2]).toArraySync()).toEqual([1, 2]);
    expect(ops.clip([5], 3, 2).toArraySync()).toEqual([2]);
  });

  it('refuses NaN as a bound', () => {
    expect(() => ops.clip([1], NaN)).toThrow(ConfigError);
  });
});

describe('cast', () => {
  it('truncates, wraps, and makes NaN 0', () => {
    expect(ops.cast([1.9, -1.9, NaN, 300, -1], 'uint8').toArraySync()).toEqual([1, 255, 0, 44, 255]);
    expect(ops.cast([0, NaN, -2], 'bool').toArraySync()).toEqual([0, 1, 1]);
    expect(ops.cast([2 ** 31], 'int32').toArraySync()).toEqual([-(2 ** 31)]);
  });

  it('gives a tensor of its own even when nothing changes', () => {
    const x = ops.tensor([1, 2]);
    ops.cast(x, 'float32').dispose();
    expect(x.toArraySync()).toEqual([1, 2]);
  });

  it('passes gradients between floats only, in the dtype of the input', () => {
    const g = grad((x: Tensor) => ops.sum(ops.square(ops.cast(x, 'float64'))))(ops.tensor([3]));
    expect(g.dtype).toBe('float32');
    expect(g.toArraySync()).toEqual([6]);
    expect(
      grad((x: Tensor) => ops.cast(ops.sum(ops.cast(x, 'int32')), 'float32'))(ops.tensor([3])).toArraySync(),
    ).toEqual([0]);
  });

  it('knows its dtypes', () => {
    expect(() => ops.cast([1], 'float16' as DType)).toThrow(DTypeError);
    expect(() => ops.cast([1], 'float16' as DType)).toThrow(
      "Unknown dtype 'float16'. Use one of: bool, uint8, int8, int32, float32, float64.",
    );
  });
});

describe('the error function', () => {
  it('is continuous where its two forms meet', () => {
    expect(Math.abs(erfOf(2 + 1e-15) - erfOf(2))).toBeLessThan(1e-15);
    expect(erfOf(2)).toBeCloseTo(0.9953222650189527, 15);
  });

  it('keeps its complement accurate far out', () => {
    expect(erfcOf(10) / 2.088487583762545e-45).toBeCloseTo(1, 12);
    expect(erfcOf(-3)).toBe(1 - erfOf(-3));
  });
});

describe('stopGradient', () => {
  it('is the identity, and a constant to derivatives', () => {
    const x = ops.transpose(ops.reshape(ops.arange(6), [2, 3]));
    expect(ops.stopGradient(x).toArraySync()).toEqual(x.toArraySync());
    expect(grad((t: Tensor) => ops.mul(t, ops.stopGradient(t)))(ops.tensor(3)).item()).toBe(3);
  });
});
