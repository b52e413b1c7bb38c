import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors';
import { Rng } from '../../src/core/rng';
import * as init from '../../src/nn/initializers';

/** Standard deviation of a normal cut off at two of its own. */
const CUT = 0.87962566103423978;

function statistics(spec: init.Initializer, shape: readonly number[]) {
  const w = init.initialize(spec, shape, new Rng(3), { dtype: 'float64' }).dataSync() as Float64Array;
  const mean = w.reduce((a, b) => a + b, 0) / w.length;
  const variance = w.reduce((a, b) => a + (b - mean) ** 2, 0) / w.length;
  return { mean, std: Math.sqrt(variance), largest: w.reduce((a, b) => Math.max(a, Math.abs(b)), 0) };
}

describe('distributions', () => {
  // A kernel of 3 × 3 pixels, 40 inputs and 60 outputs: fans of 360 and 540.
  const conv = [3, 3, 40, 60];
  const uniform = (limit: number) => ({ std: limit / Math.sqrt(3), largest: limit });
  const cut = (std: number) => ({ std, largest: (2 * std) / CUT });

  it.each([
    ['glorotUniform', uniform(Math.sqrt(6 / 900))],
    ['heUniform', uniform(Math.sqrt(6 / 360))],
    ['lecunUniform', uniform(Math.sqrt(3 / 360))],
    ['glorotNormal', cut(Math.sqrt(2 / 900))],
    ['heNormal', cut(Math.sqrt(2 / 360))],
    ['lecunNormal', cut(Math.sqrt(1 / 360))],
    ['randomUniform', uniform(0.05)],
    ['truncatedNormal', { std: 0.05 * CUT, largest: 0.1 }],
    ['randomNormal', { std: 0.05, largest: 0.3 }],
  ] as const)('%s', (name, { std, largest }) => {
    const got = statistics(name, conv);
    expect(Math.abs(got.mean)).toBeLessThan((5 * std) / Math.sqrt(21600));
    expect(got.std / std).toBeCloseTo(1, 1.7);
    expect(got.largest).toBeLessThanOrEqual(largest);
    if (name !== 'randomNormal') expect(got.largest).toBeGreaterThan(0.98 * largest);
  });

  it.each([
    [{ scale: 3, mode: 'fanOut', distribution: 'uniform' }, uniform(Math.sqrt(9 / 540))],
    [{ scale: 2, mode: 'fanAvg' }, cut(Math.sqrt(2 / 450))],
    [{ distribution: 'untruncatedNormal' }, { std: Math.sqrt(1 / 360), largest: 1 }],
    [{}, cut(Math.sqrt(1 / 360))],
  ] as const)('varianceScaling %j', (options, { std, largest }) => {
    const got = statistics(init.varianceScaling(options), conv);
    expect(got.std / std).toBeCloseTo(1, 1.7);
    expect(got.largest).toBeLessThanOrEqual(largest);
    if (!('distribution' in options) || options.distribution === 'uniform')
      expect(got.largest).toBeGreaterThan(0.97 * largest);
    else expect(got.largest).toBeGreaterThan((2 * std) / CUT);
  });

  it('identity is one', () => {
    const w = init.initialize(init.identityInitializer({ gain: 2 }), [2, 3], new Rng(0));
    expect(w.toArraySync()).toEqual([
      [2, 0, 0],
      [0, 2, 0],
    ]);
    expect(() => init.initialize('identity', [2], new Rng(0))).toThrow(/needs a matrix/);
  });

  it('take the fans of matrices and vectors', () => {
    expect(statistics('glorotUniform', [300, 200]).largest).toBeCloseTo(Math.sqrt(6 / 500), 3);
    expect(statistics('lecunUniform', [10000]).largest).toBeCloseTo(Math.sqrt(3 / 10000), 4);
  });

  it('take options', () => {
    expect(statistics(init.randomNormal({ mean: 2, stddev: 0.1 }), [10000]).mean).toBeCloseTo(2, 2);
    expect(statistics(init.truncatedNormal({ stddev: 1 }), [10000]).largest).toBeLessThanOrEqual(2);
    expect(statistics(init.randomUniform({ minval: 1, maxval: 3 }), [10000]).mean).toBeCloseTo(2, 1);
    expect([...init.initialize(init.constant({ value: 1.5 }), [2], new Rng(0)).dataSync()]).toEqual([1.5, 1.5]);
    expect([...init.initialize('ones', [2], new Rng(0)).dataSync()]).toEqual([1, 1]);
    expect([...init.initialize('zeros', [2], new Rng(0)).dataSync()]).toEqual([0, 0]);
  });
});

describe('orthogonal', () => {
  it.each([[[6, 4]], [[4, 6]], [[5, 5]], [[2, 3, 4]], [[1, 3]]])(
    'has orthonormal rows or columns in shape %j',
    (shape) => {
      const w = init.initialize(init.orthogonal({ gain: 2 }), shape, new Rng(1), { dtype: 'float64' }).dataSync();
      const columns = shape.at(-1)!;
      const rows = w.length / columns;
      const [few, many] = rows >= columns ? [columns, rows] : [rows, columns];
      const at = (i: number, k: number): number => (rows >= columns ? w[k * columns + i]! : w[i * columns + k]!);
      for (let i = 0; i < few; i++) {
        for (let j = 0; j < few; j++) {
          let dot = 0;
          for (let k = 0; k < many; k++) dot += at(i, k) * at(j, k);
          expect(dot).toBeCloseTo(i === j ? 4 : 0, 12);
        }
      }
    },
  );

  it('needs two axes', () => {
    expect(() => init.initialize('orthogonal', [3], new Rng(0))).toThrow(/at least two axes/);
  });
});

it('the same seed gives the same weights', () => {
  const draw = (seed: number) => [...init.initialize('heNormal', [3, 3], new Rng(seed)).dataSync()];
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
});

it.each([
  ['glorot', /"glorot" is not an initializer/],
  ['toString', /not an initializer/],
  [null, /not an initializer/],
  [{ name: 'heNormal', gain: 2 }, /heNormal does not take gain = 2; it takes no options/],
  [{ name: 'varianceScaling', mode: 'fan_in' }, /does not take mode = "fan_in"; it takes .*fanIn, fanOut, fanAvg/],
  [{ name: 'varianceScaling', scale: 0 }, /scale must be positive, got 0/],
  [{ name: 'constant', value: '1' }, /does not take value = "1"/],
  [{ name: 'constant', value: Number.POSITIVE_INFINITY }, /value/],
])('%j is refused', (spec, message) => {
  expect(() => init.initialize(spec as never, [2], new Rng(0))).toThrow(ConfigError);
  expect(() => init.initialize(spec as never, [2], new Rng(0))).toThrow(message);
});
