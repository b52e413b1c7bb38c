import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { SMOTE } from '../../src/imbalanced/index';
import { LogisticRegression } from '../../src/linear/index';
import { recallScore, rocAucScore } from '../../src/metrics/index';
import { StratifiedKFold } from '../../src/model-selection/index';

const shared = process.env.KOMPAKT_SHARED ?? join(import.meta.dirname, '../../../shared');
const file = join(shared, 'data/tabular/mammography.csv.gz');
const isThere = existsSync(file);
if (!isThere)
  console.log(`Skipping the mammography test: there is no ${file}. Set KOMPAKT_SHARED to a folder that has it.`);

function read(): { X: number[][]; y: number[] } {
  const lines = gunzipSync(readFileSync(file)).toString().trim().split('\n');
  const fields = lines.map((line) => line.trim().split(','));
  return {
    X: fields.map((f) => f.slice(0, -1).map(Number)),
    y: fields.map((f) => Number(f.at(-1)!.replaceAll("'", ''))),
  };
}

const mean = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0) / v.length;

describe.skipIf(!isThere)('the SMOTE paper’s own set, mammography', () => {
  it('has its recall raised and its ranking left as good', async () => {
    const { X, y } = read();
    expect([X.length, y.filter((v) => v === 1).length]).toEqual([11183, 260]);
    const plain = { recall: [] as number[], area: [] as number[] };
    const resampled = { recall: [] as number[], area: [] as number[] };
    for (const { train, test } of new StratifiedKFold({ nSplits: 3, shuffle: true, seed: 1 }).split(X, y)) {
      const pick = <T>(rows: readonly T[], at: Int32Array): T[] => Array.from(at, (i) => rows[i]!);
      const [XTest, yTest] = [pick(X, test), pick(y, test)];
      const given = { X: pick(X, train), y: pick(y, train) };
      const balanced = await new SMOTE({ seed: 1 }).fitResample(given.X, given.y);
      expect(balanced.y.filter((v) => v === 1).length).toBe(balanced.y.length / 2);
      for (const [data, scores] of [
        [given, plain],
        [balanced, resampled],
      ] as const) {
        const model = await new LogisticRegression().fit(data.X, data.y);
        scores.recall.push(recallScore(yTest, model.predict(XTest)));
        scores.area.push(rocAucScore(yTest, model.decisionFunction(XTest)));
      }
    }
    // Measured: recall 0.41 → 0.85, area 0.921 → 0.924. SMOTE moves recall and little else.
    expect(mean(plain.recall)).toBeLessThan(0.5);
    expect(mean(resampled.recall)).toBeGreaterThan(0.8);
    expect(mean(plain.area)).toBeGreaterThan(0.9);
    expect(Math.abs(mean(resampled.area) - mean(plain.area))).toBeLessThan(0.02);
  });
});
