import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/core/errors';
import type { Tensor } from '../../src/core/tensor';
import { threefry } from '../../src/core/threefry';
import { tensor } from '../../src/ops/create';
import { randomUniform } from '../../src/ops/random-uniform';

const hex = (pair: Int32Array): string[] => Array.from(pair, (x) => (x >>> 0).toString(16).padStart(8, '0'));

const keyOf = (...words: number[]): Tensor => tensor(Int32Array.from(words));

describe('threefry', () => {
  // The known answers of Random123 (kat_vectors: threefry2x32, 20 rounds).
  it.each<[counter: [number, number], key: [number, number], string[]]>([
    [
      [0, 0],
      [0, 0],
      ['6b200159', '99ba4efe'],
    ],
    [
      [-1, -1],
      [-1, -1],
      ['1cb996fc', 'bb002be7'],
    ],
    [
      [0x243f6a88, 0x85a308d3],
      [0x13198a2e, 0x03707344],
      ['c4923a9c', '483df7a0'],
    ],
  ])('of %j under %j', (counter, key, expected) => {
    const out = new Int32Array(2);
    threefry(key, counter, out);
    expect(hex(out)).toEqual(expected);
  });
});

describe('randomUniform', () => {
  it('takes first words and second words of four counters in turn', () => {
    const key = [7, -9] as const;
    const expected: number[] = [];
    for (let block = 0; block < 3; block++) {
      const pairs = [0, 1, 2, 3].map((lane) => {
        const out = new Int32Array(2);
        threefry(key, [4 * block + lane, 5], out);
        return out;
      });
      for (const word of [0, 1]) for (const pair of pairs) expected.push((pair[word]! >>> 8) / 2 ** 24);
    }
    for (const size of [24, 23, 17, 9, 8, 3, 1]) {
      const x = randomUniform(keyOf(...key), { shape: [size], stream: 5 });
      expect([...x.dataSync()]).toEqual(expected.slice(0, size));
    }
  });

  it('is uniform, and independent from key to key, from stream to stream and from neighbour to neighbour', () => {
    const n = 100_000;
    const draws = [
      [1, 2, 0],
      [1, 2, 1],
      [2, 2, 0],
      [1, 3, 0],
    ].map(([a, b, stream]) => randomUniform(keyOf(a!, b!), { shape: [n], stream: stream! }).dataSync());
    const centred = draws.map((x) => Float64Array.from(x, (u) => (u - 0.5) * Math.sqrt(12)));
    const product = (x: Float64Array, y: Float64Array, lag = 0): number => {
      let sum = 0;
      for (let i = 0; i + lag < n; i++) sum += x[i]! * y[i + lag]!;
      return sum / Math.sqrt(n);
    };
    // Each is near a standard normal variable, where the numbers are independent and uniform.
    centred.forEach((x, i) => {
      expect(Math.abs(x.reduce((a, b) => a + b, 0)) / Math.sqrt(n)).toBeLessThan(4);
      for (const lag of [1, 4, 8]) expect(Math.abs(product(x, x, lag))).toBeLessThan(4);
      for (const y of centred.slice(i + 1)) expect(Math.abs(product(x, y))).toBeLessThan(4);
    });
    for (const x of draws) {
      const counts = new Float64Array(256);
      for (const u of x) counts[Math.floor(u * 256)]!++;
      const chiSquare = counts.reduce((sum, c) => sum + (c - n / 256) ** 2 / (n / 256), 0);
      expect(Math.abs(chiSquare - 255) / Math.sqrt(2 * 255)).toBeLessThan(4);
    }
  });

  it('refuses what is no key', () => {
    expect(() => randomUniform(tensor([1, 2]), { shape: [1], stream: 0 })).toThrow(ShapeError);
    expect(() => randomUniform(keyOf(1, 2, 3), { shape: [1], stream: 0 })).toThrow(/two int32 numbers.*\[3\]/);
  });
});
