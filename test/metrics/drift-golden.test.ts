import { describe, expect, it } from 'vitest';
import { GaussianNB } from '../../src/bayes/index';
import { breastCancer, wine } from '../../src/data/index';
import { featureDrift, kolmogorovSmirnov, populationStabilityIndex } from '../../src/metrics/index';
import { classifierDrift } from '../../src/model-selection/index';
import { numpyRandom } from '../../src/ops/numpy-random';
import { plain } from '../preprocessing/nested';
import { expectClose, readGolden } from './close';

interface Halves {
  readonly set: 'breastCancer' | 'wine';
  readonly kind: 'halves' | 'alternate';
}

interface Golden {
  /** Per feature: statistic, p-value, stability index, drifted. */
  readonly features: (Halves & { nBins: number; rows: [number, number, number, boolean][] })[];
  readonly classifiers: (Halves & { seed: number; scores: number[]; auc: number })[];
}

const golden = readGolden<Golden>('drift');

function halves({ set, kind }: Halves): [number[][], number[][]] {
  const rows = plain((set === 'wine' ? wine() : breastCancer()).X) as number[][];
  if (kind === 'halves') return [rows.slice(0, rows.length >> 1), rows.slice(rows.length >> 1)];
  return [rows.filter((_, r) => r % 2 === 0), rows.filter((_, r) => r % 2 === 1)];
}

describe('as NumPy, SciPy and scikit-learn', () => {
  it.each(golden.features)('featureDrift of $kind of $set in $nBins bins', (row) => {
    const [a, b] = halves(row);
    const found = featureDrift(a, b, { nBins: row.nBins });
    expect(found.length).toBe(row.rows.length);
    row.rows.forEach(([statistic, pValue, stability, drifted], c) => {
      const { statistic: s, pValue: p, stabilityIndex, drifted: moved } = found[c]!;
      expectClose([s, p, stabilityIndex], [statistic, pValue, stability]);
      expect(moved).toBe(drifted);
      const [x, z] = [a, b].map((rows) => rows.map((v) => v[c]!)) as [number[], number[]];
      expectClose(kolmogorovSmirnov(x, z).pValue, pValue);
      expectClose(populationStabilityIndex(x, z, { nBins: row.nBins }), stability);
    });
  });

  it.each(golden.classifiers)('classifierDrift of $kind of $set, seed $seed', async (row) => {
    const [a, b] = halves(row);
    const { auc, scores } = await classifierDrift(new GaussianNB(), a, b, { cv: 4, seed: numpyRandom(row.seed) });
    expectClose(scores, row.scores);
    expectClose(auc, row.auc);
  });
});
