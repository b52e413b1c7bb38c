import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/core/errors';
import * as s from '../../src/core/shape';
import { forEachPosition, toContiguous, viewOf } from '../../src/core/view';

describe('strides', () => {
  it('are row-major', () => {
    expect(s.contiguousStrides([2, 3, 4])).toEqual([12, 4, 1]);
    expect(s.contiguousStrides([])).toEqual([]);
    expect(s.sizeOf([])).toBe(1);
    expect(s.sizeOf([3, 0])).toBe(0);
  });

  it('are contiguous up to axes of size 1, and when there is nothing', () => {
    expect(s.isContiguous([2, 1, 3], [3, 99, 1])).toBe(true);
    expect(s.isContiguous([2, 3], [1, 2])).toBe(false);
    expect(s.isContiguous([2, 3], [6, 2])).toBe(false);
    expect(s.isContiguous([0, 3], [7, 7])).toBe(true);
    expect(s.isContiguous([3], [-1])).toBe(false);
    expect(s.isContiguous([3], [0])).toBe(false);
  });
});

describe('broadcasting', () => {
  it('aligns at the right', () => {
    expect(s.broadcastShapes([2, 1, 3], [4, 1])).toEqual([2, 4, 3]);
    expect(s.broadcastShapes([], [5])).toEqual([5]);
    expect(s.broadcastShapes([0], [1])).toEqual([0]);
    expect(s.broadcastStrides([4, 1], [1, 1], [2, 4, 3])).toEqual([0, 1, 0]);
  });

  it('names the axis that differs', () => {
    expect(() => s.broadcastShapes([2, 3], [3, 3], 'add')).toThrow(ShapeError);
    expect(() => s.broadcastShapes([2, 3], [3, 3], 'add')).toThrow(
      'add: shapes [2, 3] and [3, 3] do not broadcast: 2 and 3 differ on axis -2',
    );
    expect(() => s.broadcastShapes([0], [2])).toThrow(ShapeError);
  });
});

describe('axes', () => {
  it('are normalised', () => {
    expect(s.normalizeAxis(-1, 3, 'x')).toBe(2);
    expect(s.normalizeAxes(undefined, 3, 'x')).toEqual([0, 1, 2]);
    expect(s.normalizeAxes([-1, 0], 3, 'x')).toEqual([0, 2]);
    expect(() => s.normalizeAxis(3, 3, 'x')).toThrow(
      'x: axis 3 is out of range for rank 3. Use an integer in [-3, 2].',
    );
    expect(() => s.normalizeAxis(NaN, 3, 'x')).toThrow(ShapeError);
    expect(() => s.normalizeAxes([1, -2], 3, 'x')).toThrow(/same axis twice/);
  });

  it('leave a shape', () => {
    expect(s.reducedShape([2, 3, 4], [0, 2], false)).toEqual([3]);
    expect(s.reducedShape([2, 3, 4], [0, 2], true)).toEqual([1, 3, 1]);
  });
});

describe('checkShape', () => {
  it('wants non-negative integers', () => {
    expect(() => s.checkShape([2, 0])).not.toThrow();
    expect(() => s.checkShape([2, 0.5], 'zeros')).toThrow('zeros: [2, 0.5] is not a shape');
    expect(() => s.checkShape([NaN])).toThrow(ShapeError);
  });
});

describe('views of host memory', () => {
  const data = Float64Array.from({ length: 6 }, (_, i) => i);

  it('are visited in row-major order', () => {
    const seen: number[][] = [];
    const layouts = [
      { strides: [3, 1], offset: 0 },
      { strides: [-1, 0], offset: 9 },
    ];
    forEachPosition([2, 2], layouts, (p) => seen.push([...p]));
    expect(seen).toEqual([
      [0, 9],
      [1, 9],
      [3, 8],
      [4, 8],
    ]);
  });

  it('of nothing are not visited, of a scalar once', () => {
    let visits = 0;
    forEachPosition([0, 3], [{ strides: [3, 1], offset: 0 }], () => visits++);
    expect(visits).toBe(0);
    forEachPosition([], [{ strides: [], offset: 4 }], ([p]) => {
      visits++;
      expect(p).toBe(4);
    });
    expect(visits).toBe(1);
  });

  it('become contiguous', () => {
    const turned = { ...viewOf(data, 'float64', [2, 3]), shape: [3, 2], strides: [1, 3] };
    expect([...toContiguous(turned)]).toEqual([0, 3, 1, 4, 2, 5]);
    const plain = viewOf(data, 'float64', [6]);
    expect(toContiguous(plain).buffer).not.toBe(data.buffer);
    expect(toContiguous(plain, false).buffer).toBe(data.buffer);
  });
});
