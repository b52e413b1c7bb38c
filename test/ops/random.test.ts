import { describe, expect, it } from 'vitest';
import { reference } from '../../src/backends/reference/index';
import { ConfigError, DTypeError, ShapeError } from '../../src/core/errors';
import { Rng } from '../../src/core/rng';
import type { Tensor } from '../../src/core/tensor';
import { rng, TensorRng } from '../../src/ops/random';

const backend = reference();
const n = 20_000;

function moments(t: Tensor): { mean: number; std: number; skew: number } {
  const x = [...t.dataSync()];
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  const std = Math.sqrt(x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length);
  return { mean, std, skew: x.reduce((a, b) => a + ((b - mean) / std) ** 3, 0) / x.length };
}

describe('rng', () => {
  it('gives the same tensors for a seed, other ones for another', () => {
    const draw = (seed: number | string) => [...rng(seed).uniform([5]).dataSync()];
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(draw('seven')).not.toEqual(draw(7));
    expect([...rng().uniform([5]).dataSync()]).not.toEqual([...rng().uniform([5]).dataSync()]);
  });

  it('never changes what a seed gives', () => {
    const r = rng(42);
    expect([r.uniform([2], { dtype: 'float64' }).toArraySync(), [...r.permutation(5)], [...r.integers(4, 10)]]).toEqual(
      [
        [0.6848634963389486, 0.5463244677521288],
        [3, 2, 1, 0, 4],
        [0, 6, 8, 3],
      ],
    );
  });

  it('uniform fills [min, max) evenly', () => {
    const t = rng(1).uniform([n], { min: -2, max: 4, backend });
    const { mean, std, skew } = moments(t);
    expect(Math.abs(mean - 1)).toBeLessThan(0.05);
    expect(Math.abs(std - 6 / Math.sqrt(12))).toBeLessThan(0.03);
    expect(Math.abs(skew)).toBeLessThan(0.05);
    const data = t.dataSync();
    expect(Math.min(...data)).toBeGreaterThanOrEqual(-2);
    expect(Math.max(...data)).toBeLessThanOrEqual(4);
    expect(t.backend).toBe(backend);
  });

  it('normal has the mean, spread and symmetry asked for', () => {
    const { mean, std, skew } = moments(rng(2).normal([100, n / 100], { mean: 3, std: 2 }));
    expect(Math.abs(mean - 3)).toBeLessThan(0.05);
    expect(Math.abs(std - 2)).toBeLessThan(0.04);
    expect(Math.abs(skew)).toBeLessThan(0.06);
  });

  it('bernoulli draws ones with probability p', () => {
    expect(Math.abs(moments(rng(3).bernoulli([n], 0.2)).mean - 0.2)).toBeLessThan(0.01);
    expect(moments(rng(3).bernoulli([50], 1)).mean).toBe(1);
    expect(moments(rng(3).bernoulli([50], 0)).mean).toBe(0);
  });

  it('split gives streams that do not depend on what was drawn before', () => {
    const [a, b] = [rng(5), rng(5)];
    a.uniform([100]);
    const [first, second] = [a.split(), a.split()];
    expect(first).toBeInstanceOf(TensorRng);
    expect(first.normal([8]).toArraySync()).toEqual(b.split().normal([8]).toArraySync());
    const x = [...second.uniform([n]).dataSync()];
    const y = [...a.uniform([n]).dataSync()];
    const correlation = x.reduce((s, v, i) => s + (v - 0.5) * (y[i]! - 0.5), 0) / n / (1 / 12);
    expect(Math.abs(correlation)).toBeLessThan(0.03);
  });

  it('permutation holds every number once and is evenly spread', () => {
    expect([...rng(6).permutation(50)].sort((p, q) => p - q)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    const counts = new Array<number>(6).fill(0);
    const r = rng(7);
    for (let i = 0; i < 6000; i++) {
      const [a, b] = r.permutation(3);
      counts[a! * 2 + (b! > a! ? b! - 1 : b!)]!++;
    }
    for (const c of counts) expect(Math.abs(c - 1000)).toBeLessThan(150);
    expect(rng(6).permutation(0).length).toBe(0);
  });

  it('is an Rng, so that it can be given wherever a seed can', () => {
    expect(rng(1)).toBeInstanceOf(Rng);
    expect(rng(1).random()).toBe(new Rng(1).random());
  });

  it('refuses parameters out of range', () => {
    expect(() => rng(NaN)).toThrow(ConfigError);
    expect(() => rng(1).uniform([2], { min: 1, max: 0 })).toThrow(ConfigError);
    expect(() => rng(1).uniform([-1])).toThrow(ShapeError);
    expect(() => rng(1).normal([2], { std: -1 })).toThrow(ConfigError);
    expect(() => rng(1).normal([2], { std: NaN })).toThrow(ConfigError);
    expect(() => rng(1).bernoulli([2], 1.1)).toThrow(ConfigError);
    expect(() => rng(1).integers(3, 0)).toThrow(ConfigError);
    expect(() => rng(1).normal([2], { dtype: 'int32' })).toThrow(DTypeError);
  });

  it('makes empty and scalar tensors', () => {
    expect(rng(1).normal([0, 3]).shape).toEqual([0, 3]);
    expect(rng(1).uniform([]).shape).toEqual([]);
    expect(rng(1).uniform([3], { dtype: 'float64' }).dtype).toBe('float64');
  });
});
