import { describe, expect, it } from 'vitest';
import { reference } from '../../src/backends/reference/index';
import { BackendError, ConfigError, DTypeError, ShapeError } from '../../src/core/errors';
import { arange, eye, full, linspace, ones, onesLike, type TensorLike, tensor, zeros } from '../../src/ops/create';
import { transpose } from '../../src/ops/shape-ops';

describe('tensor', () => {
  it('takes nested arrays, numbers and booleans', () => {
    expect(
      tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]).shape,
    ).toEqual([2, 3]);
    expect(tensor(5).shape).toEqual([]);
    expect(tensor(5).dtype).toBe('float32');
    expect(tensor([true, false]).dtype).toBe('bool');
    expect(tensor([true, 0]).dtype).toBe('float32');
    expect(tensor([]).shape).toEqual([0]);
    expect(tensor([[], []]).shape).toEqual([2, 0]);
    expect(tensor([]).dtype).toBe('float32');
    expect(tensor([new Float64Array([1, 2]), new Float64Array([3, 4])]).toArraySync()).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('takes typed arrays in their dtype, with a shape', () => {
    const x = tensor(new Int8Array([1, 2, 3, 4]), { shape: [2, 2] });
    expect(x.dtype).toBe('int8');
    expect(x.toArraySync()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(tensor(new Uint8ClampedArray([7])).dtype).toBe('uint8');
    expect(tensor({ data: new Float64Array([1, 2]), shape: [1, 2] }).dtype).toBe('float64');
  });

  it('copies', () => {
    const data = new Float32Array([1, 2]);
    const x = tensor(data);
    data[0] = 9;
    const read = x.dataSync();
    read[1] = 9;
    expect(x.toArraySync()).toEqual([1, 2]);
  });

  it('takes strided arrays of the ndarray form', () => {
    const nd = { data: [0, 1, 2, 3, 4, 5], shape: [2, 2], stride: [-3, 2], offset: 3 };
    expect(tensor(nd).toArraySync()).toEqual([
      [3, 5],
      [0, 2],
    ]);
  });

  it('takes another tensor, of any layout, and converts by the rule of cast', () => {
    const x = transpose(
      tensor([
        [1.7, -2.2],
        [3, 4],
      ]),
    );
    expect(tensor(x, { dtype: 'int32' }).toArraySync()).toEqual([
      [1, 3],
      [-2, 4],
    ]);
    expect(tensor([300, -1], { dtype: 'uint8' }).toArraySync()).toEqual([44, 255]);
    expect(tensor([0, 2, NaN], { dtype: 'bool' }).toArraySync()).toEqual([0, 1, 1]);
  });

  it.each<[string, () => unknown, new (m: string) => Error, RegExp]>([
    ['ragged rows', () => tensor([[1, 2], [3]]), ShapeError, /rows differ: on axis 1 expected arrays of length 2/],
    ['numbers beside rows', () => tensor([[1], 2] as TensorLike), ShapeError, /found a number/],
    [
      'rows too deep',
      () => tensor([1, [2]] as TensorLike),
      ConfigError,
      /expected a number at depth 1, found an array/,
    ],
    ['strings', () => tensor(['1'] as unknown as TensorLike), ConfigError, /found the string '1'/],
    ['nothing', () => tensor(undefined as unknown as TensorLike), ConfigError, /can't make a tensor from undefined/],
    [
      'a shape that is not filled',
      () => tensor([1, 2, 3], { shape: [2, 2] }),
      ShapeError,
      /3 values do not fill shape \[2, 2\], which needs 4/,
    ],
    ['a negative shape', () => tensor([1], { shape: [-1] }), ShapeError, /\[-1\] is not a shape/],
    ['an unknown dtype', () => tensor([1], { dtype: 'f32' as 'float32' }), DTypeError, /Unknown dtype 'f32'/],
    [
      'objects it does not know',
      () => tensor({ values: [1] } as unknown as TensorLike),
      ConfigError,
      /found \[object Object\]/,
    ],
    [
      '64-bit integers',
      () => tensor(new BigInt64Array(1) as unknown as TensorLike),
      DTypeError,
      /BigInt64Array are not supported/,
    ],
    [
      'more elements than fit',
      () => zeros([2 ** 20, 2 ** 20]),
      ShapeError,
      /1099511627776 elements; at most 2\^31 - 1 fit/,
    ],
  ])('refuses %s', (_, make, type, message) => {
    expect(make).toThrow(type);
    expect(make).toThrow(message);
  });
});

describe('filled tensors', () => {
  it('have the dtype asked for', () => {
    expect(full([2], true).dtype).toBe('bool');
    expect(full([2], 300, { dtype: 'uint8' }).toArraySync()).toEqual([44, 44]);
    expect(full([0], 3).shape).toEqual([0]);
    expect(full([], 3).item()).toBe(3);
    expect(zeros([2, 2], { dtype: 'int32' }).dtype).toBe('int32');
    expect(ones([2]).dtype).toBe('float32');
    expect(full([2], 3, { dtype: 'bool' }).toArraySync()).toEqual([1, 1]);
  });

  it('go where they are told', () => {
    const backend = reference();
    expect(zeros([1], { backend }).backend).toBe(backend);
    expect(onesLike(zeros([2], { backend, dtype: 'int8' })).dtype).toBe('int8');
    expect(onesLike(zeros([2], { backend })).backend).toBe(backend);
  });

  it('count', () => {
    expect(arange(4).toArraySync()).toEqual([0, 1, 2, 3]);
    expect(arange(1, 2, 0.25).toArraySync()).toEqual([1, 1.25, 1.5, 1.75]);
    expect(arange(3, 0, -1).toArraySync()).toEqual([3, 2, 1]);
    expect(arange(3, 0).shape).toEqual([0]);
    expect(arange(3, undefined, 1, { dtype: 'int32' }).dtype).toBe('int32');
    expect(() => arange(0, 1, 0)).toThrow(ConfigError);
  });

  it('are evenly spaced', () => {
    expect(linspace(0, 1, 5).toArraySync()).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(linspace(0, 1).shape).toEqual([50]);
    expect(linspace(2, 9, 1).toArraySync()).toEqual([2]);
    expect(linspace(2, 9, 0).shape).toEqual([0]);
    expect(linspace(0, 0.1, 7, { dtype: 'float64' }).toArraySync()).toContain(0.1);
    expect(() => linspace(0, 1, -1)).toThrow(ConfigError);
  });

  it('are the identity', () => {
    expect(eye(2).toArraySync()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(eye(2, 3, { dtype: 'int8' }).toArraySync()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    expect(eye(0).shape).toEqual([0, 0]);
  });

  it('are refused by a backend without their dtype', () => {
    const floats = { ...reference(), name: 'floats', dtypes: ['float32'] as const };
    expect(() => zeros([1], { dtype: 'float64', backend: floats })).toThrow(BackendError);
    expect(() => zeros([1], { dtype: 'float64', backend: floats })).toThrow(
      /'floats' does not support float64; it has float32/,
    );
  });
});
