import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { breastCancer, digits, iris, wine } from '../../src/data/index';

interface Golden {
  readonly shape: number[];
  readonly X: string;
  readonly y: string;
  readonly firstRow: number[];
  readonly featureNames: string[];
  readonly targetNames: string[];
}
const goldens = JSON.parse(readFileSync(new URL('../fixtures/data/datasets.json', import.meta.url), 'utf8')) as Record<
  string,
  Golden
>;

const digest = (data: ArrayBufferView): string =>
  createHash('sha256')
    .update(data as Uint8Array)
    .digest('hex');

describe('embedded data sets equal scikit-learn’s to the bit', () => {
  for (const [name, load] of Object.entries({ iris, wine, breastCancer, digits })) {
    it(name, () => {
      const set = load();
      const golden = goldens[name]!;
      expect(set.X.shape).toEqual(golden.shape);
      expect(Array.from(set.X.data.subarray(0, golden.shape[1]))).toEqual(golden.firstRow);
      expect(digest(set.X.data)).toBe(golden.X);
      expect(set.y).toBeInstanceOf(Int32Array);
      expect(digest(set.y)).toBe(golden.y);
      expect(set.featureNames).toEqual(golden.featureNames);
      expect(set.targetNames).toEqual(golden.targetNames);
      expect(set.description.length).toBeGreaterThan(50);
    });
  }

  it('are fresh copies at every call', () => {
    iris().X.data.fill(0);
    iris().y.fill(7);
    expect(iris().X.data[0]).toBe(5.1);
    expect(iris().y[0]).toBe(0);
  });
});
