import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors';
import { flattenNest, mapNest, type Nest, tensorsIn } from '../../src/core/nest';
import { zeros } from '../../src/ops/create';

describe('a nest', () => {
  it('comes apart in order and is built again around other leaves', () => {
    const nest: Nest<number> = { b: [1, { c: 2 }], a: 3, none: [] };
    const flat = flattenNest<number>(nest);
    expect(flat.leaves).toEqual([1, 2, 3]);
    expect(flat.rebuild(['x', 'y', 'z'])).toEqual({ b: ['x', { c: 'y' }], a: 'z', none: [] });
    expect(() => flat.rebuild([1])).toThrow(ConfigError);
    expect(() => flat.rebuild([1])).toThrow('nest: 1 leaves given for a structure of 3.');
  });

  it('may be one leaf; tensors, typed arrays and instances are leaves', () => {
    const x = zeros([2]);
    expect(flattenNest(x).leaves).toEqual([x]);
    const data = new Float32Array(2);
    const date = new Date(0);
    expect(flattenNest([data, date] as Nest<unknown>).leaves).toEqual([data, date]);
    expect(mapNest<number, number>({ a: [1, 2] }, (n) => n + 1)).toEqual({ a: [2, 3] });
  });

  it('keeps keys that objects inherit', () => {
    const bare = Object.assign(Object.create(null) as Record<string, number>, { hasOwnProperty: 1 });
    expect(flattenNest(bare).leaves).toEqual([1]);
  });
});

describe('tensorsIn', () => {
  it('finds each tensor once, through cycles', () => {
    const [a, b] = [zeros([1]), zeros([1])];
    const loop: Record<string, unknown> = { a, again: [a], map: new Map([[b, 1]]) };
    loop.self = loop;
    expect(tensorsIn(loop)).toEqual(new Set([a, b]));
    expect(tensorsIn(3).size).toBe(0);
  });
});
