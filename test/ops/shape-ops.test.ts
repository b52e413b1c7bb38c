import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reference } from '../../src/backends/reference/index';
import { ConfigError, ShapeError } from '../../src/core/errors';
import { sizeOf } from '../../src/core/shape';
import type { Tensor } from '../../src/core/tensor';
import * as ops from '../../src/ops/index';

const backend = reference();
const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
const filled = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
const count = (shape: readonly number[]): Tensor =>
  ops.reshape(ops.arange(sizeOf(shape), undefined, undefined, { backend }), shape);
const same = (a: Tensor, b: Tensor) => {
  expect(a.shape).toEqual(b.shape);
  expect([...a.dataSync()]).toEqual([...b.dataSync()]);
};

describe('laws of shapes', () => {
  it('transposing twice, reversed or by a permutation and its inverse, is the identity', () => {
    fc.assert(
      fc.property(shapes, fc.integer(), (shape, seed) => {
        const x = count(shape);
        same(ops.transpose(ops.transpose(x)), x);
        const axes = [...ops.rng(seed).permutation(shape.length)];
        same(
          ops.transpose(
            ops.transpose(x, axes),
            axes.map((_, i) => axes.indexOf(i)),
          ),
          x,
        );
      }),
    );
  });

  it('reshaping keeps the order, from any layout', () => {
    fc.assert(
      fc.property(filled, fc.boolean(), fc.boolean(), (shape, turned, backwards) => {
        let x = count(shape);
        if (turned) x = ops.transpose(x);
        if (backwards) x = ops.flip(x);
        for (const to of [[x.size], [...x.shape, 1], [1, x.size, 1], [-1, x.shape.at(-1)!]]) {
          expect([...ops.reshape(x, to).dataSync()]).toEqual([...x.dataSync()]);
        }
      }),
    );
  });

  it('what is split and joined again is the same', () => {
    fc.assert(
      fc.property(filled, fc.nat(), fc.nat(), (shape, a, cut) => {
        const x = count(shape);
        const axis = a % shape.length;
        const first = cut % (shape[axis]! + 1);
        same(ops.concat(ops.split(x, [first, shape[axis]! - first], axis), axis), x);
        same(
          ops.stack(
            ops.split(x, shape[axis]!, axis).map((part) => ops.squeeze(part, axis)),
            axis,
          ),
          x,
        );
      }),
    );
  });

  it('what is padded and cut again is the same', () => {
    fc.assert(
      fc.property(shapes, fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 4, maxLength: 4 }), (shape, all) => {
        const x = count(shape);
        const pads = all.slice(0, shape.length);
        const padded = ops.pad(x, pads, { value: -1 });
        same(
          ops.slice(
            padded,
            pads.map(([before]) => before),
            pads.map(([before], i) => before + shape[i]!),
          ),
          x,
        );
        expect(ops.sum(ops.equal(padded, -1)).item()).toBe(padded.size - x.size);
      }),
    );
  });

  it('slices as arrays do', () => {
    const bound = fc.option(fc.integer({ min: -7, max: 7 }));
    fc.assert(
      fc.property(
        fc.nat(5),
        bound,
        bound,
        fc.integer({ min: -3, max: 3 }).filter((s) => s !== 0),
        (n, start, stop, step) => {
          const wanted: number[] = [];
          const resolve = (b: number): number => (b < 0 ? b + n : b);
          const from = start === null ? (step > 0 ? 0 : n - 1) : resolve(start);
          const to = stop === null ? (step > 0 ? n : -1) : Math.max(resolve(stop), -1);
          // Python moves a bound beyond an end to that end before it steps.
          const begin = step > 0 ? Math.max(from, 0) : Math.min(from, n - 1);
          for (let i = begin; step > 0 ? i < Math.min(to, n) : i > to; i += step) if (i >= 0) wanted.push(i);
          expect([...ops.slice(count([n]), [start], [stop], [step]).dataSync()]).toEqual(wanted);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('broadcasts as NumPy does: sizes equal or 1, aligned at the right', () => {
    fc.assert(
      fc.property(filled, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), fc.nat(4), (shape, ones, drop) => {
        const part = shape.map((n, i) => (ones[i] ? 1 : n)).slice(drop % (shape.length + 1));
        const a = count(part);
        same(ops.add(a, ops.zeros(shape, { backend })), ops.broadcastTo(a, shape));
        expect(ops.broadcastTo(a, shape).strides.every((s, i) => shape[i] === 1 || s >= 0)).toBe(true);
      }),
    );
  });

  it('tiles and repeats as concatenation does', () => {
    fc.assert(
      fc.property(filled, fc.integer({ min: 1, max: 3 }), (shape, n) => {
        const x = count(shape);
        same(ops.tile(x, [n, ...shape.slice(1).map(() => 1)]), ops.concat(new Array<Tensor>(n).fill(x), 0));
        same(
          ops.repeat(x, n, 0),
          ops.concat(
            ops.split(x, shape[0]!).flatMap((row) => new Array<Tensor>(n).fill(row)),
            0,
          ),
        );
      }),
    );
  });
});

describe('views', () => {
  it('share memory where nothing must move', () => {
    const x = count([2, 3, 4]);
    const views = [
      ops.transpose(x),
      ops.slice(x, [1], null, [-1]),
      ops.broadcastTo(x, [5, 2, 3, 4]),
      ops.flip(x, 1),
      ops.squeeze(ops.slice(x, [0], [1])),
      ops.expandDims(x, 1),
      ops.reshape(x, [6, 4]),
      ...ops.split(x, 2, -1),
      // Axes that stay in step merge, whatever lies between the others.
      ops.reshape(ops.transpose(x, [2, 0, 1]), [4, 6]),
      ops.reshape(ops.slice(x, [0, 0, 1]), [6, 3]),
    ];
    for (const view of views) expect(view.block).toBe(x.block);
    expect(ops.reshape(ops.transpose(x), [24]).block).not.toBe(x.block);
  });

  it('read the right elements', () => {
    const x = count([3, 4]);
    expect(ops.slice(x, [null, -1], [null, null], [-2, 1]).toArraySync()).toEqual([[11], [3]]);
    expect(ops.slice(x, 1, 2).toArraySync()).toEqual([[4, 5, 6, 7]]);
    expect(ops.reshape(ops.flip(x), [2, 6]).toArraySync()).toEqual([
      [11, 10, 9, 8, 7, 6],
      [5, 4, 3, 2, 1, 0],
    ]);
    expect(ops.transpose(ops.broadcastTo([1, 2], [2, 2])).toArraySync()).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  it('outlive what they view', () => {
    const x = count([2, 2]);
    const y = ops.transpose(x);
    x.dispose();
    expect(y.toArraySync()).toEqual([
      [0, 2],
      [1, 3],
    ]);
  });
});

describe('what does not fit', () => {
  const x = count([2, 3]);
  it.each<[string, () => unknown, RegExp]>([
    ['reshape', () => ops.reshape(x, [4]), /reshape: \[2, 3\] has 6 elements and does not fit \[4\]/],
    ['reshape with -1', () => ops.reshape(x, [-1, 4]), /The other sizes must divide it/],
    ['reshape with two -1', () => ops.reshape(x, [-1, -1]), /not a shape/],
    [
      'transpose',
      () => ops.transpose(x, [0, 0]),
      /transpose: \[0, 0\] is not a permutation of the axes of shape \[2, 3\]/,
    ],
    ['broadcastTo', () => ops.broadcastTo(x, [3, 3]), /broadcastTo: shape \[2, 3\] does not broadcast to \[3, 3\]/],
    ['broadcastTo fewer axes', () => ops.broadcastTo(x, [3]), /does not broadcast/],
    ['squeeze', () => ops.squeeze(x, 0), /squeeze: axis 0 of shape \[2, 3\] has size 2/],
    ['expandDims', () => ops.expandDims(x, 4), /expandDims: axis 4/],
    [
      'concat',
      () => ops.concat([x, ops.zeros([2, 2], { backend })]),
      /concat: shapes \[2, 3\] and \[2, 2\] do not join along axis 0/,
    ],
    ['concat of none', () => ops.concat([]), /needs at least one tensor/],
    ['stack', () => ops.stack([x, ops.zeros([3, 2], { backend })]), /stack: shapes \[2, 3\] and \[3, 2\] differ/],
    ['split', () => ops.split(x, 2, 1), /does not split into 2 equal parts/],
    ['split by sizes', () => ops.split(x, [1, 1], 1), /sizes \[1, 1\]; they must add up to it/],
    ['split into none', () => ops.split(ops.zeros([0]), 0), /split/],
    ['slice', () => ops.slice(x, [0, 0, 0]), /slice: 3 bounds given for shape \[2, 3\]/],
    ['pad', () => ops.pad(x, [[1, 1]]), /pad: \[\[1,1\]\] does not pad shape \[2, 3\]/],
    ['pad by less than nothing', () => ops.pad(x, -1), /non-negative/],
    ['tile', () => ops.tile(x, -1), /counts must be non-negative integers/],
    ['repeat', () => ops.repeat(x, 1.5), /counts must be non-negative integers/],
  ])('%s says so', (_, call, message) => {
    expect(call).toThrow(ShapeError);
    expect(call).toThrow(message);
  });

  it('in the bounds of a slice is a matter of configuration', () => {
    expect(() => ops.slice(x, [0], [1], [0])).toThrow(ConfigError);
    expect(() => ops.slice(x, [0.5])).toThrow(ConfigError);
  });
});

describe('an axis may be given in options', () => {
  const x = ops.reshape(ops.arange(6), [1, 2, 3]);

  it.each<[string, (axis: 1 | { axis: 1 }) => Tensor]>([
    ['concat', (axis) => ops.concat([x, x], axis)],
    ['stack', (axis) => ops.stack([x, x], axis)],
    ['split', (axis) => ops.split(x, 2, axis)[1]!],
    ['squeeze', (axis) => ops.squeeze(ops.transpose(x, [1, 0, 2]), axis)],
    ['expandDims', (axis) => ops.expandDims(x, axis)],
    ['flip', (axis) => ops.flip(x, axis)],
    ['repeat', (axis) => ops.repeat(x, 2, axis)],
  ])('to %s', (_, call) => {
    const [plain, named] = [call(1), call({ axis: 1 })];
    expect(named.shape).toEqual(plain.shape);
    expect(named.toArraySync()).toEqual(plain.toArraySync());
  });

  it('and no other option', () => {
    expect(() => ops.concat([x, x], { dim: 1 } as never)).toThrow(/concat: unknown option 'dim'/);
  });
});
