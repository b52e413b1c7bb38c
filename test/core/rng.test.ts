import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors';
import { Rng, toRng } from '../../src/core/rng';

const draw = (rng: Rng, n = 1000) => Array.from({ length: n }, () => rng.random());

describe('a stream', () => {
  it('is the same for a seed, and another for another', () => {
    expect(draw(new Rng(7))).toEqual(draw(new Rng(7)));
    expect(draw(new Rng(7))).not.toEqual(draw(new Rng(8)));
    expect(draw(new Rng('7'))).toEqual(draw(new Rng(7)));
    expect(new Rng(0).random()).toBe(new Rng(0).random());
  });

  it('is pinned: no release changes what a seed gives', () => {
    const rng = new Rng(42);
    expect([rng.random(), rng.random(), rng.integer(100), rng.gaussian()]).toMatchInlineSnapshot(`
      [
        0.6848634963389486,
        0.5463244677521288,
        84,
        -1.3637837509391506,
      ]
    `);
  });

  it('splits into streams that do not depend on what was drawn', () => {
    const fresh = new Rng(1);
    const used = new Rng(1);
    draw(used, 17);
    expect(draw(fresh.split())).toEqual(draw(used.split()));
    // The second child of each.
    expect(draw(fresh.split())).toEqual(draw(used.split()));
    const [a, b] = [new Rng(1).split(), new Rng(1)];
    expect(draw(a)).not.toEqual(draw(b));
    const parent = new Rng(1);
    expect(draw(parent.split())).not.toEqual(draw(parent.split()));
  });

  it('drawing from a child leaves its parent alone', () => {
    const [with_, without] = [new Rng(3), new Rng(3)];
    draw(with_.split());
    without.split();
    expect(draw(with_)).toEqual(draw(without));
  });

  it('children are not correlated with each other', () => {
    const parent = new Rng(5);
    const [a, b] = [draw(parent.split(), 20_000), draw(parent.split(), 20_000)];
    const covariance = a.reduce((s, x, i) => s + (x - 0.5) * (b[i]! - 0.5), 0) / a.length;
    // Five standard errors of the product of two independent uniforms.
    expect(Math.abs(covariance)).toBeLessThan(5 / 12 / Math.sqrt(a.length));
  });
});

describe('what is drawn', () => {
  it('is uniform in [0, 1)', () => {
    const xs = draw(new Rng(2), 50_000);
    expect(xs.every((x) => x >= 0 && x < 1)).toBe(true);
    expect(Math.abs(xs.reduce((a, b) => a + b) / xs.length - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / xs.length));
  });

  it('is normal with mean 0 and deviation 1', () => {
    const rng = new Rng(3);
    const n = 50_000;
    const xs = Array.from({ length: n }, () => rng.gaussian());
    const mean = xs.reduce((a, b) => a + b) / n;
    const variance = xs.reduce((s, x) => s + x * x, 0) / n;
    const inside = xs.filter((x) => Math.abs(x) < 1).length / n;
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(inside - 0.6826895)).toBeLessThan(5 * Math.sqrt(0.217 / n));
  });

  it('covers the integers below a bound evenly', () => {
    const counts = new Array<number>(7).fill(0);
    for (const i of new Rng(4).integers(14_000, 7)) counts[i]!++;
    for (const c of counts) expect(Math.abs(c - 2000)).toBeLessThan(5 * Math.sqrt(2000));
    expect(() => new Rng(1).integer(0)).toThrow(ConfigError);
    expect(() => new Rng(1).integer(2.5)).toThrow('rng: max must be a positive integer, got 2.5.');
  });

  it('permutes, every order as often', () => {
    const rng = new Rng(6);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const key = rng.permutation(3).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const c of counts.values()) expect(Math.abs(c - 1000)).toBeLessThan(5 * Math.sqrt(1000));
    expect([...rng.permutation(0)]).toEqual([]);
    expect([...rng.permutation(100)].sort((a, b) => a - b)).toEqual([...Array(100).keys()]);
  });
});

describe('seeds', () => {
  it('may be streams themselves, numbers, strings, or left out', () => {
    const rng = new Rng(1);
    expect(toRng(rng)).toBe(rng);
    expect(toRng(9).random()).toBe(new Rng(9).random());
    expect(toRng(undefined).random()).not.toBe(toRng(undefined).random());
    expect(() => new Rng(NaN)).toThrow(ConfigError);
  });
});
