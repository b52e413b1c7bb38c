import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors';
import { everyLeaf, flattenNest, mapNest, markTensors, type Nest, tensorsIn } from '../../src/core/nest';
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
    const odd = mapNest<number, number>(JSON.parse('{"__proto__":{"a":1},"b":2}') as Nest<number>, (n) => n + 1);
    expect(JSON.stringify(odd)).toBe('{"__proto__":{"a":2},"b":3}');
    expect(Object.getPrototypeOf(odd)).toBe(Object.prototype);
  });

  it('tells whether something holds of every leaf', () => {
    expect(everyLeaf({ a: [1, 2], b: { c: 3 } }, (n) => (n as number) > 0)).toBe(true);
    expect(everyLeaf({ a: [1, -2], b: { c: 3 } }, (n) => (n as number) > 0)).toBe(false);
    expect(everyLeaf({ a: [1, 2], b: { c: -3 } }, (n) => (n as number) > 0)).toBe(false);
    expect(everyLeaf([], () => false)).toBe(true);
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

  it('ends where many objects all refer to each other', () => {
    const [first, last] = [zeros([1]), zeros([1])];
    const crowd: unknown[][] = Array.from({ length: 300 }, () => []);
    for (const own of crowd) own.push(...crowd);
    crowd[0]!.unshift(first);
    crowd[299]!.push(new Set([{ last }]));
    expect(tensorsIn(crowd)).toEqual(new Set([first, last]));
  });

  it('marks them with a number that nothing else is marked with', () => {
    const [a, b, c] = [zeros([1]), zeros([1]), zeros([1])];
    const old = markTensors({ a, c });
    const mark = markTensors([a, { b }]);
    expect(mark).not.toBe(old);
    expect([a.mark, b.mark, c.mark]).toEqual([mark, mark, old]);
  });
});
