import { describe, expect, it } from 'vitest';
import { observer } from '../../src/compress/observer';
import { affineParams, symmetricParams } from '../../src/compress/quantization-params';
import { polynomialDecay } from '../../src/compress/schedule';

const normal = (n: number): Float64Array => {
  let s = 1;
  const next = () => {
    s = (s * 48271) % 2147483647;
    return s / 2147483647;
  };
  return Float64Array.from({ length: n }, () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next()));
};

describe('quantisation parameters', () => {
  it('widen the range to hold 0', () => {
    expect(affineParams(2, 5)).toEqual({ scale: 5 / 255, zeroPoint: -128, qmin: -128, qmax: 127 });
    expect(affineParams(-5, -2).zeroPoint).toBe(127);
  });

  it('represent 0 exactly', () => {
    const { scale, zeroPoint } = affineParams(-0.7, 2.1);
    expect(Number.isInteger(zeroPoint)).toBe(true);
    expect(scale * (zeroPoint - zeroPoint)).toBe(0);
  });

  it('are symmetric for weights, and never degenerate', () => {
    expect(symmetricParams(1.27)).toEqual({ scale: 0.01, zeroPoint: 0, qmin: -127, qmax: 127 });
    expect(symmetricParams(0).scale).toBe(2 ** -23);
  });

  it('refuse a range that is none', () => {
    expect(() => affineParams(Number.NaN, 1)).toThrow(/not a range/);
    expect(() => affineParams(1, Infinity)).toThrow(/not a range/);
  });
});

describe('observers', () => {
  it('minmax sees the extremes of all batches', () => {
    const o = observer();
    o.observe([-1, 0]);
    o.observe([0, 3]);
    expect(o.params()).toEqual(affineParams(-1, 3));
  });

  it('movingAverage moves by its constant', () => {
    const o = observer({ kind: 'movingAverage', averagingConstant: 0.1 });
    o.observe([-1, 1]);
    o.observe([-2, 3]);
    expect(o.params().scale).toBeCloseTo((1 + 0.2 - (-1 - 0.1)) / 255, 12);
  });

  it.each(['percentile', 'entropy'] as const)('%s clips a lone outlier away from a bell', (kind) => {
    const samples = normal(20_000);
    const o = observer({ kind, percentile: 99.9, symmetric: true });
    o.observe(samples);
    o.observe([80]);
    const reach = o.params().scale * 127;
    expect(reach).toBeGreaterThan(1.5);
    expect(reach).toBeLessThan(40);
  });

  it('mse has no more squared error than minmax', () => {
    const samples = [...normal(5000), 12];
    const error = (p: { scale: number; zeroPoint: number; qmin: number; qmax: number }): number =>
      samples.reduce((sum, x) => {
        const q = Math.min(p.qmax, Math.max(p.qmin, Math.round(x / p.scale) + p.zeroPoint));
        return sum + ((q - p.zeroPoint) * p.scale - x) ** 2;
      }, 0);
    const [full, best] = (['minmax', 'mse'] as const).map((kind) => {
      const o = observer({ kind });
      o.observe(samples);
      return error(o.params());
    });
    expect(best!).toBeLessThanOrEqual(full! * 1.001);
  });

  it('say what is wrong', () => {
    expect(() => observer().params()).toThrow(/before any sample/);
    expect(() => observer().observe([1, Number.NaN])).toThrow(/sample 1 is NaN/);
    expect(() => observer({ kind: 'guess' as 'minmax' })).toThrow(/unknown kind 'guess'/);
    expect(() => observer({ kind: 'mse', bins: 3 })).toThrow(/bins must be/);
  });
});

describe('polynomialDecay', () => {
  const s = polynomialDecay({ initialSparsity: 0.2, finalSparsity: 0.8, beginStep: 10, endStep: 110, frequency: 20 });

  it('starts and ends where it should and never falls', () => {
    expect(s.sparsity(0)).toBeCloseTo(0.2);
    expect(s.sparsity(10)).toBeCloseTo(0.2);
    expect(s.sparsity(60)).toBeCloseTo(0.8 - 0.6 * 0.125);
    expect(s.sparsity(200)).toBeCloseTo(0.8);
    for (let t = 0; t < 120; t++) expect(s.sparsity(t + 1)).toBeGreaterThanOrEqual(s.sparsity(t));
  });

  it('is itself the sparsity of a step, exactly that asked for at both ends', () => {
    expect([s(0), s(10), s(110), s(200)]).toEqual([0.2, 0.2, 0.8, 0.8]);
    expect(s(60)).toBe(s.sparsity(60));
  });

  it('prunes every so many steps between begin and end', () => {
    expect([9, 10, 11, 30, 110, 130].map((t) => s.prunes(t))).toEqual([false, true, false, true, true, false]);
  });

  it('refuses steps out of order and sparsities out of range', () => {
    const ok = { initialSparsity: 0, finalSparsity: 0.5, beginStep: 0, endStep: 10 };
    expect(() => polynomialDecay({ ...ok, endStep: 0 })).toThrow(/beginStep < endStep/);
    expect(() => polynomialDecay({ ...ok, finalSparsity: 1 })).toThrow(/finalSparsity must be in/);
    expect(() => polynomialDecay({ ...ok, frequency: 0 })).toThrow(/frequency/);
  });
});
