import { describe, expect, it } from 'vitest';
import { ConfigError, ShapeError } from '../../src/core/errors';
import { Rng } from '../../src/core/rng';
import { augmentImages, augmentTokens, prefetch } from '../../src/nn/index';
import { tensor } from '../../src/ops/create';

const image = tensor(
  Array.from({ length: 2 * 4 * 5 * 3 }, (_, i) => i),
  { shape: [2, 4, 5, 3] },
);
const valuesOf = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());

describe('augmentImages', () => {
  it('changes nothing without options, and is the same for a seed', () => {
    expect(valuesOf(augmentImages(image))).toEqual(valuesOf(image));
    const options = {
      flip: 'both',
      shift: 0.2,
      rotation: 0.1,
      zoom: 0.2,
      contrast: 0.2,
      brightness: 1,
      seed: 5,
    } as const;
    expect(valuesOf(augmentImages(image, options))).toEqual(valuesOf(augmentImages(image, options)));
    expect(valuesOf(augmentImages(image, options))).not.toEqual(
      valuesOf(augmentImages(image, { ...options, seed: 6 })),
    );
  });

  it('moves by whole pixels exactly, and fills in what it is told to', () => {
    // A stream whose numbers say: no other change, and as far as possible to one side.
    const far = Object.assign(new Rng(0), { random: () => 1 });
    const line = tensor([1, 2, 3, 4], { shape: [1, 1, 4, 1] });
    const shifted = (fillMode: 'constant' | 'nearest' | 'reflect') =>
      valuesOf(augmentImages(line, { shift: [0, 0.5], fillMode, fillValue: 9, seed: far }));
    const seeds = toShift(far);
    expect(seeds).toBe(1);
    expect(shifted('constant')).toEqual([3, 4, 9, 9]);
    expect(shifted('nearest')).toEqual([3, 4, 4, 4]);
    expect(shifted('reflect')).toEqual([3, 4, 4, 3]);
  });

  it('rotates by a half turn as two mirrors do', () => {
    const half = Object.assign(new Rng(0), { random: () => 1 });
    const turned = augmentImages(image, { rotation: 0.5, seed: half });
    const flat = valuesOf(image);
    const expected = [0, 1].flatMap((i) => {
      const pixels = Array.from({ length: 20 }, (_, p) => flat.slice(i * 60 + p * 3, i * 60 + p * 3 + 3));
      return pixels.reverse().flat();
    });
    valuesOf(turned).forEach((v, i) => expect(v).toBeCloseTo(expected[i]!, 4));
  });

  it.each([
    [() => augmentImages([[1]]), ShapeError],
    [() => augmentImages(image, { zoom: 1 }), ConfigError],
    [() => augmentImages(image, { flip: 'sideways' as 'both' }), ConfigError],
    [() => augmentImages(image, { fillMode: 'wrap' as 'reflect' }), ConfigError],
    [() => augmentImages(image, { rotate: 1 } as object), ConfigError],
  ])('refuses %s', (run, error) => {
    expect(run).toThrow(error);
  });
});

const toShift = (rng: Rng): number => 2 * rng.random() - 1;

describe('augmentTokens', () => {
  const words = Array.from({ length: 200 }, (_, i) => `w${i}`);

  it('leaves out, exchanges and replaces as many as it is told to, about', () => {
    expect(augmentTokens(words)).toEqual(words);
    const fewer = augmentTokens(words, { deletion: 0.5, seed: 1 });
    expect(fewer.length).toBeGreaterThan(70);
    expect(fewer.length).toBeLessThan(130);
    expect(fewer.every((w, i) => i === 0 || words.indexOf(w) > words.indexOf(fewer[i - 1]!))).toBe(true);
    const swapped = augmentTokens(words, { swap: 0.3, seed: 1 });
    expect([...swapped].sort()).toEqual([...words].sort());
    expect(swapped).not.toEqual(words);
    const replaced = augmentTokens(words, { replacement: 1, synonyms: (w) => (w === 'w3' ? [] : ['x']), seed: 1 });
    expect(new Set(replaced)).toEqual(new Set(['x', 'w3']));
    expect(augmentTokens(['only'], { deletion: 1, seed: 1 })).toEqual(['only']);
    expect(() => augmentTokens(words, { replacement: 0.5 })).toThrow(/needs synonyms/);
    expect(() => augmentTokens(words, { swap: 2 })).toThrow(ConfigError);
  });
});

describe('prefetch', () => {
  it('gives the same in order, runs ahead no further than told, and begins anew each time', async () => {
    let made = 0;
    const source = async function* () {
      for (let i = 0; i < 6; i++) {
        made++;
        yield i;
      }
    };
    const ahead = prefetch(source, 2);
    for (let epoch = 0; epoch < 2; epoch++) {
      made = 0;
      const got: number[] = [];
      for await (const i of ahead()) {
        got.push(i);
        await new Promise((resolve) => setTimeout(resolve, 1));
        expect(made).toBeLessThanOrEqual(Math.min(6, got.length + 2));
      }
      expect(got).toEqual([0, 1, 2, 3, 4, 5]);
    }
  });

  it('hands on errors in their place, and closes the source when it is left early', async () => {
    let closed = false;
    const source = function* () {
      try {
        yield 1;
        yield 2;
        throw new Error('unreadable');
      } finally {
        closed = true;
      }
    };
    const got: number[] = [];
    await expect(
      (async () => {
        for await (const i of prefetch(source, 3)()) got.push(i);
      })(),
    ).rejects.toThrow('unreadable');
    expect([got, closed]).toEqual([[1, 2], true]);
    closed = false;
    for await (const _ of prefetch(source, 1)()) break;
    expect(closed).toBe(true);
    expect(() => prefetch(source, 0)).toThrow(ConfigError);
  });
});
