import { describe, expect, it } from 'vitest';
import * as d from '../../src/core/dtype';
import { DTypeError } from '../../src/core/errors';

describe('promotion', () => {
  it('goes to the higher of two, and to int32 where neither byte holds both', () => {
    expect(d.promote('bool', 'uint8')).toBe('uint8');
    expect(d.promote('uint8', 'int8')).toBe('int32');
    expect(d.promote('int8', 'uint8')).toBe('int32');
    expect(d.promote('int32', 'float32')).toBe('float32');
    expect(d.promote('float64', 'int8')).toBe('float64');
  });

  it('is symmetric, idempotent and associative but for bytes of both signs', () => {
    for (const a of d.DTYPES) {
      expect(d.promote(a, a)).toBe(a);
      for (const b of d.DTYPES) {
        expect(d.promote(a, b)).toBe(d.promote(b, a));
        for (const c of d.DTYPES) expect(d.promote(d.promote(a, b), c)).toBe(d.promote(a, d.promote(b, c)));
      }
    }
  });

  it('to floating keeps floats', () => {
    expect(d.DTYPES.map(d.toFloating)).toEqual(['float32', 'float32', 'float32', 'float32', 'float32', 'float64']);
    expect(d.DTYPES.filter(d.isFloating)).toEqual(['float32', 'float64']);
  });
});

describe('elements', () => {
  it('are stored as the dtype holds them', () => {
    const stored = (dtype: d.DType, value: number) => {
      const data = d.allocateTyped(dtype, 1);
      d.storeValue(data, 0, value, dtype);
      return data[0];
    };
    expect(stored('uint8', 257)).toBe(1);
    expect(stored('int8', 200)).toBe(-56);
    expect(stored('bool', NaN)).toBe(1);
    expect(stored('bool', 256)).toBe(1);
    expect(stored('int32', -1.9)).toBe(-1);
    expect(stored('float32', 0.1)).toBe(Math.fround(0.1));
  });

  it('have their size, and a typed array has its dtype', () => {
    expect(d.DTYPES.map(d.bytesPerElement)).toEqual([1, 1, 1, 4, 4, 8]);
    expect(d.dtypeOf(new Uint8ClampedArray(1))).toBe('uint8');
    expect(() => d.dtypeOf(new Uint16Array(1))).toThrow(DTypeError);
    expect(() => d.dtypeOf(new Uint16Array(1))).toThrow(/Arrays of type Uint16Array are not supported/);
    expect(() => d.checkDType('toString')).toThrow(DTypeError);
    expect([...d.viewTyped('int32', new Int32Array([1, 2, 3]).buffer, 4, 2)]).toEqual([2, 3]);
  });
});
